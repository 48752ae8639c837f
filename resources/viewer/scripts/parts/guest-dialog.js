/** Asks once, when somebody first writes, under which name. */

import { make } from "./elements.js";

const LONGEST_NAME = 40;

export class GuestDialog extends HTMLElement {
  #dialog = make("dialog", "guest-dialog");
  #input = make("input", "field");
  #error = make("p", "form-error");
  #submit = make("button", "button is-primary");
  /** @type {import("../texts.js").Texts} */
  #texts;
  /** @type {import("../guest.js").Guest} */
  #guest;
  #explain;
  /** @type {(didSignIn: boolean) => void} */
  #answer = () => {};

  /**
   * @param {import("../texts.js").Texts} texts
   * @param {import("../guest.js").Guest} guest
   * @param {(problem: unknown) => {key: string} | {words: string}} explain
   */
  connect(texts, guest, explain) {
    this.#texts = texts;
    this.#guest = guest;
    this.#explain = explain;
    const title = make("h2", "dialog-title");
    title.id = "guest-title";
    const label = make("label", "field-label");
    label.htmlFor = this.#input.id = "guest-name";
    this.#input.maxLength = LONGEST_NAME;
    this.#input.autocomplete = "nickname";
    this.#input.required = true;
    this.#error.id = "guest-error";
    this.#error.setAttribute("role", "alert");
    const cancel = make("button", "button");
    cancel.type = "button";
    this.#submit.type = "submit";
    const hint = make("p", "dialog-hint");
    const form = make("form", "dialog-form", title, hint, label, this.#input, this.#error,
      make("div", "dialog-buttons", cancel, this.#submit));
    form.noValidate = true;
    this.#dialog.setAttribute("aria-labelledby", title.id);
    this.#dialog.append(form);
    this.append(this.#dialog);
    texts.say(title, "guest.title");
    texts.say(hint, "guest.hint");
    texts.say(label, "guest.name");
    texts.say(cancel, "guest.cancel");
    texts.say(this.#submit, "guest.enter");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter();
    });
    cancel.addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#answer(false));
  }

  /** @returns {Promise<boolean>} whether there is a guest now */
  ask() {
    this.#texts.hush(this.#error);
    this.#input.value = this.#guest.name ?? "";
    this.#dialog.showModal();
    this.#input.focus();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  async #enter() {
    const name = this.#input.value.trim();
    if (name === "") {
      this.#texts.say(this.#error, "guest.nameMissing");
      this.#input.focus();
      return;
    }
    this.#submit.disabled = true;
    try {
      await this.#guest.signIn(name);
      this.#answer(true);
      this.#dialog.close();
    } catch (problem) {
      const told = this.#explain(problem);
      if ("key" in told) this.#texts.say(this.#error, told.key);
      else {
        this.#texts.hush(this.#error);
        this.#error.textContent = told.words;
      }
    } finally {
      this.#submit.disabled = false;
    }
  }
}

customElements.define("guest-dialog", GuestDialog);
