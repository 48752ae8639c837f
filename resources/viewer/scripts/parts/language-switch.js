/** A small switch of the page's language; each language is written in itself. */

import { LANGUAGES } from "../texts.js";

/** @type {Record<string, string>} */
const NAMES = { en: "English", es: "Español", pt: "Português" };

export class LanguageSwitch extends HTMLElement {
  /** @param {import("../texts.js").Texts} texts */
  connect(texts) {
    const select = document.createElement("select");
    select.className = "language-select";
    for (const language of LANGUAGES) {
      const option = new Option(NAMES[language], language);
      option.lang = language;
      select.append(option);
    }
    const short = document.createElement("span");
    short.className = "language-short";
    short.setAttribute("aria-hidden", "true");
    this.append(short, select);
    texts.label(select, "language.choose");
    const show = () => {
      select.value = texts.language;
      short.textContent = texts.language.toUpperCase();
    };
    texts.addEventListener("change", show);
    select.addEventListener("change", () => texts.choose(select.value).catch(show));
    show();
  }
}

customElements.define("language-switch", LanguageSwitch);
