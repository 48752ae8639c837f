/** The server's clock, from the time stamps of its events: the least delayed of the latest ones counts. */
export class ServerClock {
  /** @type {number[]} ms this machine's clock is ahead of the server's, plus the way here */
  #samples = [];

  /** @param {unknown} at server time, ms, of something that has just arrived */
  hear(at) {
    if (typeof at !== "number") return;
    this.#samples.push(Date.now() - at);
    if (this.#samples.length > 50) this.#samples.shift();
  }

  now() {
    return Date.now() - (this.#samples.length > 0 ? Math.min(...this.#samples) : 0);
  }
}
