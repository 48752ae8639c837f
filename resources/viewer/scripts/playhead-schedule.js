/**
 * Things that belong to a moment of the picture, done when the viewer's playhead reaches it.
 *
 * A thing is done at once when the playhead's date is not known, and never later than `latestMs` after it was handed in.
 */
export class PlayheadSchedule {
  /** @type {{mediaAt: number, until: number, run: () => void}[]} */
  #waiting = [];
  #playheadMs;
  #now;
  #latestMs;
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {() => number | null} playheadMs date of the picture that is seen now, server's clock
   * @param {() => number} [now]
   * @param {number} [latestMs]
   */
  constructor(playheadMs, now = () => performance.now(), latestMs = 10_000) {
    this.#playheadMs = playheadMs;
    this.#now = now;
    this.#latestMs = latestMs;
  }

  /** @param {number} mediaAt @param {() => void} run */
  add(mediaAt, run) {
    this.#waiting.push({ mediaAt, until: this.#now() + this.#latestMs, run });
    this.tick();
  }

  /** Forget what waits: a snapshot has told the state anew. */
  clear() {
    this.#waiting = [];
  }

  /** Do what is due. What was handed in first is done first: a hiding never overtakes the showing before it. */
  tick() {
    clearTimeout(this.#timer);
    while (this.#waiting.length > 0) {
      const { mediaAt, until, run } = this.#waiting[0];
      const playhead = this.#playheadMs();
      if (playhead !== null && playhead < mediaAt && this.#now() < until) break;
      this.#waiting.shift();
      run();
    }
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.tick(), 30);
  }
}
