/** What the watch page does: brings together what the server says, what the picture does and what the person sees. */

import { ownPath } from "./api.js";
import { Backdrop } from "./backdrop.js";
import { initialOf, setIcon, toneOf } from "./parts/elements.js";
import { PlayheadSchedule } from "./playhead-schedule.js";
import { isAboutIdentity } from "./problem-words.js";
import { ServerClock } from "./server-clock.js";
import { isFinal, mayPlay, phaseOf } from "./show.js";
import { Slate } from "./slate.js";

const SLATE_AFTER_MS = 3_000; // the picture is that far behind what the server says
const POLL_EVERY_MS = 5_000;
const LOST_AFTER_MS = 1_500;

const part = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

export class WatchPage {
  #texts;
  #api;
  #guest;
  #player;
  #connection;
  #streamId;
  #schedule;
  #slate;
  #backdrop;
  #clock = new ServerClock();
  /** @type {any} */
  #stream = null;
  /** @type {string | null} */
  #problem = null;
  #hadMedia = false;
  /** @type {import("./show.js").PhaseName} */
  #phase = "loading";
  /** @type {number | undefined} */
  #phaseTimer;
  /** @type {number | undefined} */
  #lostTimer;

  /**
   * @param {{
   *   texts: import("./texts.js").Texts, api: import("./api.js").Api, guest: import("./guest.js").Guest,
   *   player: import("./live-player.js").LivePlayer, connection: import("./live-connection.js").LiveConnection,
   *   streamId: string,
   * }} parts
   */
  constructor({ texts, api, guest, player, connection, streamId }) {
    this.#texts = texts;
    this.#api = api;
    this.#guest = guest;
    this.#player = player;
    this.#connection = connection;
    this.#streamId = streamId;
    this.#schedule = new PlayheadSchedule(() => (player.state === "idle" ? null : player.playheadMs));
    this.#slate = new Slate(texts, part("slate"));
    this.#backdrop = new Backdrop(part("video"), part("backdrop"));
  }

  begin() {
    this.#connectParts();
    this.#showPhase();
    this.#ask();
    this.#connection.open();
    // Where sockets do not get through, the state of the show still does.
    setInterval(() => this.#connection.status !== "connected" && !isFinal(this.#phase) && this.#ask(), POLL_EVERY_MS);
  }

  /** Server's time, ms. */
  serverNow() {
    return this.#clock.now();
  }

  /** Under which name a message is written; asks for it the first time. */
  async author() {
    if (this.#guest.token === null) {
      const didSignIn = (await this.#signInAgain()) || (await part("guest").ask());
      if (!didSignIn) return null;
      this.#connection.identify().catch(() => {}); // sending waits for it, and tells when it fails
    }
    return { username: this.#guest.name ?? "", userId: this.#guest.userId };
  }

  async #signInAgain() {
    if (this.#guest.name === null) return false;
    return this.#guest.signIn(this.#guest.name).then(() => true, () => false);
  }

  /** @type {import("./parts/chat-panel.js").Send} */
  send = async (message, clientMessageId) => {
    try {
      await this.#connection.sendMessage(message, clientMessageId);
    } catch (problem) {
      if (!isAboutIdentity(problem) || this.#guest.name === null) throw problem;
      // The token has run out while we watched: come in again under the same name, once.
      await this.#guest.signIn(this.#guest.name);
      await this.#connection.identify();
      await this.#connection.sendMessage(message, clientMessageId);
    }
  };

  #connectParts() {
    const connection = this.#connection;
    connection.addEventListener("snapshot", (event) => this.#onSnapshot(/** @type {CustomEvent} */ (event).detail));
    connection.addEventListener("presence", (event) => this.#onPresence(/** @type {CustomEvent} */ (event).detail));
    connection.addEventListener("live", (event) => this.#onLive(/** @type {CustomEvent} */ (event).detail));
    connection.addEventListener("refused", (event) => this.#onRefused(/** @type {CustomEvent} */ (event).detail));
    connection.addEventListener("status", () => this.#showConnection());
    this.#player.addEventListener("state", () => this.#onPlayerState());
    this.#player.addEventListener("fault", () => this.#backdrop.holdLast());
    this.#texts.addEventListener("change", () => this.#showAll());
    part("sound-invite").addEventListener("click", () => this.#setMuted(false));
    part("mute").addEventListener("click", () => this.#setMuted(!part("video").muted));
    part("play").addEventListener("click", () => this.#player.play());
    part("video").addEventListener("volumechange", () => this.#showSound());
  }

  async #ask() {
    try {
      this.#setStream(await this.#api.get(`/live/streams/${encodeURIComponent(this.#streamId)}`));
    } catch (problem) {
      this.#onRefused(/** @type {import("./api.js").Problem} */ (problem));
    }
  }

  /** @param {any} snapshot */
  #onSnapshot(snapshot) {
    this.#schedule.clear();
    this.#onPresence(snapshot);
    part("chat").fill(snapshot.recentMessages);
    const shown = snapshot.currentProducts.find((/** @type {any} */ product) => product.isHighlighted);
    if (shown === undefined) part("card").hide();
    else this.#schedule.add(Date.parse(shown.highlightedAt ?? ""), () => part("card").show(shown.product));
  }

  /** @param {any} snapshot */
  #onPresence(snapshot) {
    this.#clock.hear(snapshot.at);
    this.#setStream({ ...snapshot.stream, viewerCount: snapshot.viewerCount });
  }

  /** @param {{event: string, data: any}} live */
  #onLive({ event, data }) {
    this.#clock.hear(data.at);
    const card = part("card");
    switch (event) {
      case "live:message":
        return part("chat").add(data);
      case "live:viewers:update":
        return this.#change({ viewerCount: data.viewerCount });
      case "live:product:highlighted":
        return this.#schedule.add(data.mediaAt, () => card.show(data.product));
      case "live:product:hidden":
        return this.#schedule.add(data.mediaAt, () => card.hide(data.productId));
      case "live:product:removed":
        return card.hide(data.productId);
      case "live:product:updated":
        return card.update(data.product.product);
      case "live:stream:started":
        return this.#change({ status: "live" });
      case "live:stream:receiving":
        return this.#change({ status: "live", isReceiving: true });
      case "live:stream:interrupted":
        return this.#change({ status: data.status ?? "live", isReceiving: false });
      case "live:stream:ended":
        return this.#change({ status: "ended", isReceiving: false });
      default: // a newer server says more than this page knows
    }
  }

  /** @param {object} fields */
  #change(fields) {
    if (this.#stream !== null) this.#setStream({ ...this.#stream, ...fields });
  }

  /** @param {any} stream */
  #setStream(stream) {
    const wasReceiving = this.#stream?.isReceiving;
    this.#stream = stream;
    this.#problem = null;
    this.#hadMedia ||= stream.isReceiving;
    if (stream.isReceiving && wasReceiving === false) this.#player.nudge();
    this.#showStream();
    this.#followPhase();
  }

  /** @param {{code: string}} problem */
  #onRefused({ code }) {
    this.#problem = code;
    this.#followPhase();
  }

  /** The picture lags behind the server: let what is on its way be seen before a slate covers it. */
  #followPhase() {
    const phase = phaseOf({ stream: this.#stream, problem: this.#problem, hadMedia: this.#hadMedia });
    clearTimeout(this.#phaseTimer);
    if (phase === this.#phase) return;
    const isBehind = this.#player.state === "playing" && phase !== "live";
    if (isBehind) this.#phaseTimer = setTimeout(() => this.#setPhase(phase), SLATE_AFTER_MS);
    else this.#setPhase(phase);
  }

  /** @param {import("./show.js").PhaseName} phase */
  #setPhase(phase) {
    this.#phase = phase;
    if (mayPlay(phase)) this.#player.start();
    else if (this.#player.state !== "idle") {
      this.#backdrop.holdLast();
      this.#player.stop();
    }
    if (isFinal(phase)) {
      this.#schedule.clear();
      part("card").hide();
    }
    if (phase === "notFound" || phase === "private") this.#connection.close();
    this.#showPhase();
  }

  #onPlayerState() {
    if (this.#player.state === "playing") this.#backdrop.start();
    else if (this.#phase !== this.#phaseNow()) this.#followPhase(); // the last of the picture has been seen
    this.#showPhase();
  }

  #phaseNow() {
    return phaseOf({ stream: this.#stream, problem: this.#problem, hadMedia: this.#hadMedia });
  }

  #showAll() {
    this.#showStream();
    this.#showPhase();
    this.#showConnection();
    this.#showSound();
  }

  #showPhase() {
    const { state } = this.#player;
    document.body.dataset.phase = this.#phase;
    document.body.dataset.picture = state;
    const beginsAt = this.#stream?.scheduledAt ? new Date(this.#stream.scheduledAt) : null;
    this.#slate.show(this.#phase, beginsAt);
    part("play").hidden = state !== "blocked";
    part("live-mark").hidden = this.#phase !== "live";
    part("viewers").hidden = this.#stream === null || isFinal(this.#phase);
    part("chat").setOpen(isFinal(this.#phase) ? "closed" : this.#phase === "startingSoon" ? "later" : "open");
    this.#showSound();
  }

  #showStream() {
    const stream = this.#stream;
    if (stream === null) return;
    const shop = stream.host.displayName;
    document.title = `${stream.title} · ${shop}`;
    part("show-title").textContent = stream.title;
    part("shop-name").textContent = shop;
    const avatar = part("avatar");
    avatar.dataset.tone = String(toneOf(stream.host.id, 6));
    const picture = ownPath(stream.host.avatarUrl);
    if (picture === null) avatar.textContent = initialOf(shop);
    else if (avatar.querySelector("img")?.getAttribute("src") !== picture) {
      const image = new Image();
      image.alt = "";
      image.src = picture;
      avatar.replaceChildren(image);
    }
    part("viewer-figure").textContent = stream.viewerCount.toLocaleString(this.#texts.locale, { notation: "compact" });
    this.#texts.say(part("viewer-words"), "watch.viewers", { n: stream.viewerCount });
  }

  /** Told only when it lasts: a short drop is nobody's business. */
  #showConnection() {
    clearTimeout(this.#lostTimer);
    const line = part("connection");
    if (this.#connection.status === "connected" || isFinal(this.#phase)) this.#texts.hush(line);
    else if (this.#connection.status === "lost") {
      this.#lostTimer = setTimeout(() => this.#texts.say(line, "watch.reconnecting"), LOST_AFTER_MS);
    }
  }

  /** @param {boolean} isMuted */
  #setMuted(isMuted) {
    const video = part("video");
    video.muted = isMuted;
    this.#player.play();
  }

  #showSound() {
    const { muted } = part("video");
    const hasPicture = mayPlay(this.#phase) && ["playing", "stalled"].includes(this.#player.state);
    part("sound-invite").hidden = !(muted && hasPicture && this.#player.state === "playing" && !this.#wasSoundOn);
    part("mute").hidden = !hasPicture;
    this.#wasSoundOn ||= hasPicture && !muted;
    setIcon(part("mute-icon"), muted ? "sound-off" : "sound-on");
    this.#texts.label(part("mute"), muted ? "watch.unmute" : "watch.mute");
  }

  #wasSoundOn = false;
}
