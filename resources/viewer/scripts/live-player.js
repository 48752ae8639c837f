/**
 * The picture: plays a live HLS playlist near its edge, for as long as it is wanted, whatever happens to network and server.
 *
 * Faults end in one place, `#tryAgain`: wait a little longer each time, ask for the playlist until it answers, start over
 * with a fresh hls.js. A watchdog does the same for a picture that stands still though its show goes on.
 * Dispatches `state`: `idle`, `loading`, `playing`, `stalled`, `ended`, and `blocked` when the browser wants a tap first.
 */

const LIVE_SETTINGS = {
  // Segments of 1 s: the newest one, one in hand, and half a second for an uneven network.
  liveSyncDuration: 2.5,
  liveMaxLatencyDuration: 8,
  maxLiveSyncPlaybackRate: 1.08,
  lowLatencyMode: true,
  enableWorker: false, // fMP4 passes through as it is: there is no work for one
  preferManagedMediaSource: true,
  backBufferLength: 20,
  maxBufferLength: 10,
  manifestLoadPolicy: loadPolicy(1),
  playlistLoadPolicy: loadPolicy(2),
  fragLoadPolicy: loadPolicy(3),
};
const WATCH_EVERY_MS = 500;
const STANDS_STILL_MS = 5_000;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 4_000;
const PAUSE_MEANT_MS = 300;

/** @typedef {"idle" | "loading" | "playing" | "stalled" | "ended" | "blocked"} PlayerState */

export class LivePlayer extends EventTarget {
  /** @type {PlayerState} */
  state = "idle";
  #Hls;
  #video;
  #url;
  /** @type {any} */
  #hls = null;
  #isWanted = false;
  #attempt = 0;
  /** @type {number | undefined} */
  #retryTimer;
  /** @type {number | undefined} */
  #watchTimer;
  #lastTime = 0;
  #lastMoveAt = 0;
  #mediaRecoveredAt = -Infinity;

  /** @param {{Hls: any, video: HTMLVideoElement, url: string}} parts */
  constructor({ Hls, video, url }) {
    super();
    this.#Hls = Hls;
    this.#video = video;
    this.#url = url;
    video.addEventListener("playing", () => this.#onMoving());
    video.addEventListener("waiting", () => this.state === "playing" && this.#setState("stalled"));
    video.addEventListener("ended", () => this.#setState("ended"));
    video.addEventListener("timeupdate", () => this.#onMoving());
    video.addEventListener("pause", () => setTimeout(() => this.#onPaused(), PAUSE_MEANT_MS));
    video.addEventListener("error", () => this.#isWanted && !this.#Hls.isSupported() && this.#tryAgain());
    document.addEventListener("visibilitychange", () => document.hidden || this.#onSeenAgain());
  }

  get canPlay() {
    return this.#Hls.isSupported() || this.#video.canPlayType("application/vnd.apple.mpegurl") !== "";
  }

  /** Date of the picture seen now, ms by the server's clock; null when the playlist does not tell. */
  get playheadMs() {
    if (this.#hls !== null) return this.#hls.playingDate?.getTime() ?? null;
    const start = /** @type {any} */ (this.#video).getStartDate?.().getTime();
    return Number.isFinite(start) ? start + this.#video.currentTime * 1000 : null;
  }

  /** Begin, or go on. */
  start() {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#attempt = 0;
    this.#setState("loading");
    this.#watchTimer = setInterval(() => this.#watch(), WATCH_EVERY_MS);
    this.#open();
  }

  /** End for good, or until `start`. */
  stop() {
    this.#isWanted = false;
    clearInterval(this.#watchTimer);
    clearTimeout(this.#retryTimer);
    this.#close();
    this.#video.pause();
    this.#setState("idle");
  }

  /** Media comes again after an interruption: if the picture stands still, do not wait for the next attempt. */
  nudge() {
    if (!this.#isWanted || this.state === "playing") return;
    this.#attempt = 0;
    this.#lastMoveAt = performance.now();
    if (this.#hls === null && this.#retryTimer !== undefined) this.#probe();
  }

  /** Let the picture run; without sound if the browser insists, and else only after a tap. */
  async play() {
    try {
      await this.#video.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      if (this.#video.muted) return this.#setState("blocked");
      this.#video.muted = true;
      await this.play();
    }
  }

  #open() {
    this.#lastMoveAt = performance.now();
    this.#lastTime = 0;
    if (!this.#Hls.isSupported()) {
      this.#video.src = this.#url;
      this.play();
      return;
    }
    const { Events } = this.#Hls;
    const hls = new this.#Hls(LIVE_SETTINGS);
    this.#hls = hls;
    hls.on(Events.ERROR, (/** @type {string} */ _, /** @type {any} */ fault) => this.#hls === hls && this.#onFault(fault));
    hls.on(Events.MANIFEST_PARSED, () => this.play());
    hls.loadSource(this.#url);
    hls.attachMedia(this.#video);
  }

  #close() {
    const hls = this.#hls;
    this.#hls = null;
    if (hls !== null) hls.destroy();
    else this.#video.removeAttribute("src");
  }

  /** @param {any} fault */
  #onFault(fault) {
    if (!fault.fatal) return;
    const now = performance.now();
    if (fault.type === this.#Hls.ErrorTypes.MEDIA_ERROR && now - this.#mediaRecoveredAt > 5_000) {
      this.#mediaRecoveredAt = now;
      this.#hls.recoverMediaError();
      this.play();
      return;
    }
    this.#tryAgain();
  }

  #tryAgain() {
    this.dispatchEvent(new Event("fault"));
    this.#close();
    if (this.state !== "loading") this.#setState("stalled");
    const wait = Math.min(FIRST_WAIT_MS * 1.6 ** this.#attempt, LONGEST_WAIT_MS) * (0.8 + Math.random() * 0.4);
    this.#attempt += 1;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#probe(), wait);
  }

  /** Start over only when there is a playlist with media: a player full of failed requests helps nobody. */
  async #probe() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    let isThere = false;
    try {
      const answer = await fetch(this.#url, { cache: "no-store", signal: AbortSignal.timeout(5_000) });
      isThere = answer.ok && /#EXTINF|#EXT-X-STREAM-INF/.test(await answer.text());
    } catch {
      isThere = false;
    }
    if (!this.#isWanted || this.#hls !== null || this.#retryTimer !== undefined) return;
    if (isThere) this.#open();
    else this.#tryAgain();
  }

  #watch() {
    const now = performance.now();
    const mayStand = document.hidden || this.state === "blocked";
    if (mayStand || this.#retryTimer !== undefined) this.#lastMoveAt = now;
    else if (now - this.#lastMoveAt > STANDS_STILL_MS) this.#tryAgain();
    else if (this.state === "playing" && now - this.#lastMoveAt > 3 * WATCH_EVERY_MS) this.#setState("stalled");
  }

  #onMoving() {
    const time = this.#video.currentTime;
    if (time === this.#lastTime || this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.#lastTime = time;
    this.#lastMoveAt = performance.now();
    this.#attempt = 0;
    if (this.#isWanted && !this.#video.paused) this.#setState("playing");
  }

  /** Somebody else paused it: a key of the headphones, the browser, a telephone call. Offer to go on. */
  #onPaused() {
    const { paused, ended, readyState } = this.#video;
    const isMeant = paused && !ended && readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    if (this.#isWanted && isMeant && !document.hidden && this.state === "playing") this.#setState("blocked");
  }

  #onSeenAgain() {
    this.#lastMoveAt = performance.now();
    if (this.#isWanted && this.#video.paused && this.state !== "blocked") this.play();
  }

  /** @param {PlayerState} state */
  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

/** @param {number} retries */
function loadPolicy(retries) {
  const retry = { maxNumRetry: retries, retryDelayMs: 300, maxRetryDelayMs: 1_000, backoff: "linear" };
  return {
    default: { maxTimeToFirstByteMs: 4_000, maxLoadTimeMs: 8_000, timeoutRetry: retry, errorRetry: retry },
  };
}
