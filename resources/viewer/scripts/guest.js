/** Who the person is while they chat: a name, and the short-lived token the server gave for it. */

const STORAGE_KEY = "gshop.guest";
const SAFETY_MS = 30_000;

/** @typedef {{name: string, userId: string, token: string, expiresAt: number}} Identity */

export class Guest {
  #api;
  #now;
  /** @type {Identity | null} */
  #identity;

  /** @param {import("./api.js").Api} api @param {() => number} [now] */
  constructor(api, now = Date.now) {
    this.#api = api;
    this.#now = now;
    this.#identity = readStored();
  }

  get name() {
    return this.#identity?.name ?? null;
  }

  get userId() {
    return this.#identity?.userId ?? null;
  }

  /** A token that is still good, or null. */
  get token() {
    const identity = this.#identity;
    return identity !== null && identity.expiresAt - SAFETY_MS > this.#now() ? identity.token : null;
  }

  /** Become a guest of this name. @param {string} name @throws {import("./api.js").Problem} */
  async signIn(name) {
    const answer = await this.#api.post("/auth/guest", { displayName: name });
    this.#identity = {
      name: answer.user.displayName,
      userId: answer.user.id,
      token: answer.accessToken,
      expiresAt: this.#now() + answer.expiresIn * 1000,
    };
    this.#store();
  }

  /** The server no longer takes the token; the name is kept for the next one. */
  expire() {
    if (this.#identity === null) return;
    this.#identity = { ...this.#identity, token: "", expiresAt: 0 };
    this.#store();
  }

  #store() {
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(this.#identity));
    } catch {
      // storage may be forbidden; the name then lasts as long as the page
    }
  }
}

/** @returns {Identity | null} */
function readStored() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "null");
    const isWhole = typeof kept?.name === "string" && typeof kept.userId === "string"
      && typeof kept.token === "string" && typeof kept.expiresAt === "number";
    return isWhole ? kept : null;
  } catch {
    return null;
  }
}
