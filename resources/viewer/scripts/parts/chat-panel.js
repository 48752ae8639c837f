/**
 * The chat: a list that follows the newest line until one reads back, and a field to write in.
 *
 * It knows nothing of sockets: `send` is handed in. Own lines stand there at once and tell how far they are.
 */

import { ChatLine } from "./chat-message.js";
import { icon, make } from "./elements.js";

const LONGEST_MESSAGE = 500;
const COUNT_FROM = 400;
const MAX_LINES = 200;
const MAX_LINES_READING_BACK = 1_000; // nothing should jump under the eyes of one who reads back
const NEAR_THE_END_PX = 48;

/** @typedef {(message: string, clientMessageId: string) => Promise<void>} Send */
/** @typedef {{author: () => Promise<{username: string, userId: string | null} | null>, send: Send, explain: (problem: unknown) => any}} Parts */

export class ChatPanel extends HTMLElement {
  /** @type {import("../texts.js").Texts} */
  #texts;
  /** @type {Parts} */
  #parts;
  /** @type {Map<string, ChatLine>} by message id, and by client id while unconfirmed */
  #lines = new Map();
  #list = make("ol", "lines");
  #empty = make("p", "chat-empty");
  #newPill = make("button", "new-lines");
  #form = make("form", "composer");
  #input = make("input", "field");
  #count = make("span", "composer-count");
  #submit = make("button", "send-button", icon("send"));
  #newCount = 0;
  #isFollowing = true;

  /** @param {import("../texts.js").Texts} texts @param {Parts} parts */
  connect(texts, parts) {
    this.#texts = texts;
    this.#parts = parts;
    const heading = make("h2", "chat-heading");
    texts.say(heading, "chat.heading");
    this.#list.setAttribute("role", "log");
    this.#list.setAttribute("aria-live", "polite");
    this.#list.tabIndex = 0;
    texts.label(this.#list, "chat.log");
    texts.say(this.#empty, "chat.empty");
    this.#newPill.type = "button";
    this.#newPill.hidden = true;
    this.#buildComposer();
    this.append(heading, make("div", "lines-frame", this.#empty, this.#list, this.#newPill), this.#form);
    this.#list.addEventListener("scroll", () => this.#onScroll());
    this.#newPill.addEventListener("click", () => this.#follow());
    new ResizeObserver(() => this.#isFollowing && this.#scrollDown()).observe(this.#list);
  }

  /** Whether one can write. @param {"open" | "later" | "closed"} state */
  setOpen(state) {
    this.#input.disabled = this.#submit.disabled = state !== "open";
    this.#input.dataset.placeholder = { open: "chat.write", later: "chat.opensLater", closed: "chat.closed" }[state];
    this.#texts.apply(this.#form);
    if (state === "closed") this.#input.value = "";
    this.#showCount();
  }

  /** A message of the room, also one's own coming back. @param {any} message `ChatMessage` */
  add(message) {
    if (message.isDeleted) return;
    const own = message.clientMessageId ? this.#lines.get(message.clientMessageId) : undefined;
    if (own !== undefined || this.#lines.has(message.id)) {
      own?.update(message);
      own?.setState("sent");
      if (own !== undefined) this.#lines.set(message.id, own);
      return;
    }
    const line = new ChatLine(this.#texts, message);
    this.#lines.set(message.id, line);
    this.#append(line);
  }

  /** The recent messages of a snapshot. @param {any[]} messages oldest first */
  fill(messages) {
    for (const message of messages) this.add(message);
  }

  #buildComposer() {
    const texts = this.#texts;
    this.#input.id = "message";
    this.#input.maxLength = LONGEST_MESSAGE;
    this.#input.autocomplete = "off";
    this.#input.enterKeyHint = "send";
    this.#input.dataset.placeholder = "chat.write";
    texts.label(this.#input, "chat.message");
    texts.label(this.#submit, "chat.send");
    texts.apply(this.#form);
    this.#count.setAttribute("aria-live", "polite");
    this.#form.append(this.#input, this.#count, this.#submit);
    texts.apply(this.#form);
    this.#input.addEventListener("input", () => this.#showCount());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#write();
    });
    this.#showCount();
  }

  #showCount() {
    const length = this.#input.value.length;
    this.#count.textContent = length >= COUNT_FROM ? String(LONGEST_MESSAGE - length) : "";
    this.#form.classList.toggle("has-text", length > 0);
  }

  async #write() {
    const message = this.#input.value.trim();
    if (message === "") return;
    const author = await this.#parts.author();
    if (author === null) return this.#input.focus();
    this.#input.value = "";
    this.#showCount();
    const clientMessageId = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    const line = new ChatLine(this.#texts, { ...author, message });
    line.element.classList.add("is-own");
    this.#lines.set(clientMessageId, line);
    this.#append(line);
    this.#follow();
    this.#input.focus({ preventScroll: true });
    await this.#send(line, message, clientMessageId);
  }

  /** @param {ChatLine} line @param {string} message @param {string} clientMessageId */
  async #send(line, message, clientMessageId) {
    line.setState("sending");
    try {
      await this.#parts.send(message, clientMessageId);
      line.setState("sent");
    } catch (problem) {
      if (line.element.dataset.state === "sent") return; // it came back through the room meanwhile
      line.setState("failed", this.#parts.explain(problem), () => this.#send(line, message, clientMessageId));
    }
    if (this.#isFollowing) this.#scrollDown();
  }

  /** @param {ChatLine} line */
  #append(line) {
    this.#empty.hidden = true;
    this.#list.append(line.element);
    this.#dropOldest(this.#isFollowing ? MAX_LINES : MAX_LINES_READING_BACK);
    if (this.#isFollowing) return this.#scrollDown();
    this.#newCount += 1;
    this.#newPill.hidden = false;
    const words = make("span");
    this.#texts.say(words, "chat.new", { n: this.#newCount });
    this.#newPill.replaceChildren(icon("down"), words);
  }

  /** @param {number} most */
  #dropOldest(most) {
    while (this.#list.childElementCount > most) {
      const oldest = this.#list.firstElementChild;
      for (const [id, line] of this.#lines) if (line.element === oldest) this.#lines.delete(id);
      oldest?.remove();
    }
  }

  #onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    this.#isFollowing = scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PX;
    if (this.#isFollowing) this.#hidePill();
  }

  #follow() {
    this.#isFollowing = true;
    this.#hidePill();
    this.#scrollDown();
  }

  #hidePill() {
    this.#newCount = 0;
    this.#newPill.hidden = true;
  }

  #scrollDown() {
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}

customElements.define("chat-panel", ChatPanel);
