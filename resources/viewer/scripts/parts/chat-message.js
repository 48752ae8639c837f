/** One line of the chat. What people wrote is text, whatever it looks like. */

import { icon, make, toneOf } from "./elements.js";

const TONES = 6;

/** @typedef {"sending" | "sent" | "failed"} SendState */

export class ChatLine {
  #texts;
  #author = make("span", "line-author");
  #text = make("span", "line-text");
  #note = make("p", "line-note");
  /** @type {HTMLButtonElement | null} */
  #retry = null;
  element = make("li", "line");

  /**
   * @param {import("../texts.js").Texts} texts
   * @param {{username: string, message: string, userId?: string | null, type?: string, metadata?: any}} message
   */
  constructor(texts, message) {
    this.#texts = texts;
    this.#note.hidden = true;
    const isOfTheShop = message.type !== undefined && message.type !== "message";
    this.element.classList.toggle("is-of-the-shop", isOfTheShop);
    this.#author.classList.add(`tone-${toneOf(message.userId ?? message.username, TONES)}`);
    const words = make("p", "line-words");
    if (!isOfTheShop) words.append(...this.#badges(message.metadata), this.#author, " ");
    words.append(this.#text);
    this.element.append(words, this.#note);
    this.update(message);
  }

  /** @param {{username: string, message: string}} message */
  update({ username, message }) {
    this.#author.textContent = username;
    this.#text.textContent = message;
  }

  /**
   * How far one's own message is.
   * @param {SendState} state
   * @param {{key: string} | {words: string}} [why]
   * @param {() => void} [onRetry]
   */
  setState(state, why, onRetry) {
    this.element.dataset.state = state;
    this.#retry?.remove();
    this.#retry = null;
    this.#note.hidden = state === "sent";
    if (state === "sending") this.#texts.say(this.#note, "chat.sending");
    if (state !== "failed" || why === undefined) return;
    if ("key" in why) this.#texts.say(this.#note, why.key);
    else {
      this.#texts.hush(this.#note);
      this.#note.textContent = why.words;
    }
    if (onRetry === undefined) return;
    const words = make("span");
    this.#texts.say(words, "chat.retry");
    this.#retry = make("button", "line-retry", icon("retry"), words);
    this.#retry.type = "button";
    this.#retry.addEventListener("click", onRetry);
    this.element.append(this.#retry);
  }

  /** @param {any} metadata */
  *#badges(metadata) {
    const badges = [
      [metadata?.isSeller, "chat.host", "is-host"],
      [metadata?.isModerator && !metadata?.isSeller, "chat.moderator", ""],
      [metadata?.isVip, "chat.vip", ""],
    ];
    for (const [has, key, className] of badges) {
      if (!has) continue;
      const badge = make("span", `badge ${className}`);
      this.#texts.say(badge, key);
      yield badge;
      yield " ";
    }
  }
}
