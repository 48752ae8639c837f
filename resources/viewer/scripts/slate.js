/** What stands over the picture when there is none to see: which words, which sign, which way out, by phase. */

import { setIcon } from "./parts/elements.js";
import { isFinal } from "./show.js";

/** @typedef {{title: string, text?: string, icon?: string}} Words */

/** @type {Record<string, Words>} */
const WORDS = {
  loading: { title: "phase.loading" },
  startingSoon: { title: "phase.startingSoon", text: "phase.startingSoonText", icon: "clock" },
  waiting: { title: "phase.waiting", text: "phase.waitingText" },
  live: { title: "phase.loadingPicture" },
  interrupted: { title: "phase.interrupted", text: "phase.interruptedText", icon: "pause" },
  ended: { title: "phase.ended", text: "phase.endedText", icon: "end" },
  cancelled: { title: "phase.cancelled", text: "phase.endedText", icon: "end" },
  notFound: { title: "phase.notFound", text: "phase.notFoundText", icon: "lost" },
  private: { title: "phase.private", text: "phase.privateText", icon: "lock" },
  unreachable: { title: "phase.unreachable", text: "phase.unreachableText", icon: "offline" },
};

export class Slate {
  #texts;
  #element;
  /** @type {Record<string, HTMLElement>} */
  #part = {};
  #use;

  /** @param {import("./texts.js").Texts} texts @param {HTMLElement} element */
  constructor(texts, element) {
    this.#texts = texts;
    this.#element = element;
    for (const name of ["title", "text", "link"]) {
      this.#part[name] = /** @type {HTMLElement} */ (element.querySelector(`#slate-${name}`));
    }
    this.#use = /** @type {Element} */ (element.querySelector("use"));
  }

  /** @param {import("./show.js").PhaseName} phase @param {Date | null} beginsAt */
  show(phase, beginsAt) {
    const { title, text, icon } = WORDS[phase];
    const { text: textPart, title: titlePart, link } = this.#part;
    this.#element.classList.toggle("has-icon", icon !== undefined);
    if (icon !== undefined) setIcon(this.#use, icon);
    this.#texts.say(titlePart, title);
    if (phase === "startingSoon" && beginsAt !== null) {
      const at = beginsAt.toLocaleString(this.#texts.locale, { dateStyle: "full", timeStyle: "short" });
      this.#texts.say(textPart, "phase.beginsAt", { at });
    } else if (text !== undefined) this.#texts.say(textPart, text);
    else this.#texts.hush(textPart);
    link.hidden = !isFinal(phase) && phase !== "private";
  }
}
