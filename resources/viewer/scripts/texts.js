/**
 * What a person reads, in their language: one JSON catalogue a language, the same keys in each.
 *
 * Elements that were given a text remember its key, so that switching the language rewrites the page where it stands.
 */

export const LANGUAGES = ["en", "es", "pt"];
const STORAGE_KEY = "gshop.language";

/** @typedef {Record<string, string | number>} Values */

/**
 * The first language we have among wishes such as `es`, `pt-BR`; English otherwise.
 * @param {(string | null | undefined)[]} wishes
 */
export function bestLanguage(wishes) {
  for (const wish of wishes) {
    const tag = (wish ?? "").toLowerCase().split("-")[0];
    if (LANGUAGES.includes(tag)) return tag;
  }
  return "en";
}

/** The language asked for by the address, else chosen here before, else the browser's. */
export function wantedLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  return bestLanguage([asked, readStored(), ...navigator.languages]);
}

export class Texts extends EventTarget {
  language = "en";
  /** @type {Record<string, string>} */
  #words = {};
  /** @type {WeakMap<Element, Map<string, Values | undefined>>} */
  #values = new WeakMap();
  #plural = new Intl.PluralRules("en");

  /** The language as this browser's person writes numbers, dates and money: es-AR rather than es. */
  get locale() {
    return navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === this.language) ?? this.language;
  }

  /** Take up a language; `change` is dispatched and every element with a text is rewritten.
   * @param {string} language */
  async use(language) {
    const answer = await fetch(`/assets/translations/${language}.json`);
    if (!answer.ok) throw new Error(`texts of ${language}: HTTP ${answer.status}`);
    this.#words = await answer.json();
    this.language = language;
    this.#plural = new Intl.PluralRules(language);
    document.documentElement.lang = language;
    this.apply(document);
    this.dispatchEvent(new Event("change"));
  }

  /** The person chose a language: it is kept for the next visit, and a `?lang=` no longer stands against it.
   * @param {string} language */
  async choose(language) {
    try {
      localStorage.setItem(STORAGE_KEY, language);
    } catch {
      // storage may be forbidden; the choice then lasts as long as the page
    }
    const address = new URL(location.href);
    if (address.searchParams.has("lang")) {
      address.searchParams.set("lang", language);
      history.replaceState(null, "", address);
    }
    await this.use(language);
  }

  /** The text of a key, its {placeholders} filled in.
   * @param {string} key
   * @param {Values} [values] */
  text(key, values = {}) {
    const n = values.n;
    const form = typeof n === "number" && !(key in this.#words) ? this.#formOf(key, n) : key;
    const text = this.#words[form] ?? form;
    return text.replace(/\{(\w+)\}/g, (whole, name) => {
      const value = values[name];
      if (value === undefined) return whole;
      return typeof value === "number" ? value.toLocaleString(this.locale) : value;
    });
  }

  /** Give an element a text that follows the language.
   * @param {Element} element
   * @param {string} key
   * @param {Values} [values] */
  say(element, key, values) {
    this.#bind(element, "text", key, values);
  }

  /** Give an element an accessible name that follows the language.
   * @param {Element} element
   * @param {string} key
   * @param {Values} [values] */
  label(element, key, values) {
    this.#bind(element, "label", key, values);
  }

  /** Take back what `say` gave.
   * @param {Element} element */
  hush(element) {
    element.removeAttribute("data-text");
    element.textContent = "";
  }

  /** Write every text of a part of the page, as its `data-text`, `data-label` and `data-placeholder` say.
   * @param {ParentNode} root */
  apply(root) {
    for (const element of root.querySelectorAll("[data-text], [data-label], [data-placeholder]")) {
      for (const kind of ["text", "label", "placeholder"]) this.#write(element, kind);
    }
  }

  /** @param {Element} element @param {string} kind @param {string} key @param {Values} [values] */
  #bind(element, kind, key, values) {
    const known = this.#values.get(element) ?? new Map();
    this.#values.set(element, known.set(kind, values));
    element.setAttribute(`data-${kind}`, key);
    this.#write(element, kind);
  }

  /** @param {Element} element @param {string} kind */
  #write(element, kind) {
    const key = element.getAttribute(`data-${kind}`);
    if (key === null) return;
    const text = this.text(key, this.#values.get(element)?.get(kind));
    if (kind === "label") element.setAttribute("aria-label", text);
    else if (kind === "placeholder") element.setAttribute("placeholder", text);
    else if (element.textContent !== text) element.textContent = text;
  }

  /** @param {string} key @param {number} n */
  #formOf(key, n) {
    return this.#plural.select(n) === "one" ? `${key}.one` : `${key}.other`;
  }
}

function readStored() {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}
