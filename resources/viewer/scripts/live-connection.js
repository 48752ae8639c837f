/**
 * The socket to a show's room: join, what happened meanwhile, what happens now, in order and each thing once.
 *
 * Lasting events carry `seq`, rising by one. After a reconnect, and whenever one is missing, the gap is asked for by
 * `live:resume`; what arrives in the meantime is held back. Those of the room of the host and the moderators
 * (`room: "staff"`) have a sequence of their own. Dispatches:
 * `snapshot` (the state anew), `live` ({event, data}), `presence` (viewers, stream), `status`, `refused` ({code, detail}).
 */

import { Problem } from "./api.js";
import { COME_IN_ANEW } from "./problem-words.js";
import { isLasting } from "./show.js";

const PING_EVERY_MS = 30_000;
const ANSWER_WITHIN_MS = 8_000;
const MAX_HELD = 1_000;
const COME_BACK_AFTER_MS = 1_000;
const NOT_FOR_THE_PAGE = new Set(["live:joined", "live:pong"]);

/** @typedef {"connecting" | "connected" | "lost"} Status */

export class LiveConnection extends EventTarget {
  /** @type {Status} */
  status = "connecting";
  #socket;
  #streamId;
  #guest;
  /** @type {string | undefined} */
  #sessionId;
  /** @type {number | null} */
  #seq = null;
  /** @type {number | null} the place a gap was asked for from */
  #askedAfter = null;
  #isCatchingUp = false;
  /** @type {{event: string, data: any}[]} */
  #held = [];
  /** @type {number | null} in the staff's room; null for who is not in it */
  #staffSeq = null;
  /** @type {number | null} */
  #staffAskedAfter = null;
  #joinNumber = 0;
  /** @type {number | undefined} */
  #pingTimer;
  #isClosed = false;

  /**
   * @param {{io: Function, streamId: string, guest: import("./guest.js").Guest, language: () => string}} parts
   */
  constructor({ io, streamId, guest, language }) {
    super();
    this.#streamId = streamId;
    this.#guest = guest;
    this.#socket = io({
      path: "/socket.io",
      autoConnect: false,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 400,
      reconnectionDelayMax: 4_000,
      query: { lang: language() },
      auth: (/** @type {(auth: object) => void} */ give) => give(guest.token ? { token: guest.token } : {}),
    });
    this.#socket.on("connect", () => this.#join());
    this.#socket.on("disconnect", (/** @type {string} */ reason) => this.#onDisconnect(reason));
    this.#socket.on("connect_error", (/** @type {any} */ error) => this.#onConnectError(error));
    this.#socket.onAny((/** @type {string} */ event, /** @type {any} */ data) => this.#receive(event, data));
    document.addEventListener("visibilitychange", () => document.hidden || this.#ping());
  }

  open() {
    this.#socket.connect();
  }

  close() {
    this.#isClosed = true;
    clearInterval(this.#pingTimer);
    this.#socket.disconnect();
  }

  /** Connect anew as who the guest is now. */
  async identify() {
    this.#socket.disconnect();
    this.#setStatus("connecting");
    this.#socket.connect();
    await this.#connected();
  }

  /**
   * Write into the chat; the same `clientMessageId` may be sent again without making a second message.
   * @param {string} message
   * @param {string} clientMessageId
   * @throws {Problem}
   */
  async sendMessage(message, clientMessageId) {
    await this.#connected();
    return this.#ask("live:message", { streamId: this.#streamId, message, type: "message", clientMessageId });
  }

  async #join() {
    const joinNumber = ++this.#joinNumber;
    this.#isCatchingUp = true;
    try {
      const answer = await this.#ask("live:join", { streamId: this.#streamId, sessionId: this.#sessionId });
      if (joinNumber !== this.#joinNumber) return;
      this.#sessionId = answer.sessionId;
      if (this.#seq === null) this.#start(answer);
      else {
        this.#dispatch("presence", answer);
        await this.#catchUp();
      }
      if (joinNumber !== this.#joinNumber) return;
      this.#setStatus("connected");
      clearInterval(this.#pingTimer);
      this.#pingTimer = setInterval(() => this.#ping(), PING_EVERY_MS);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (joinNumber !== this.#joinNumber || this.#isClosed) return;
      if (error.code !== "network") this.#dispatch("refused", { code: error.code, detail: error.detail });
      if (!isLasting(error.code)) this.#reconnectSoon();
    }
  }

  async #catchUp() {
    this.#isCatchingUp = true;
    const after = this.#staffSeq === null ? {} : { afterStaffSeq: this.#staffSeq };
    const answer = await this.#ask("live:resume", { streamId: this.#streamId, afterSeq: this.#seq, ...after });
    if (answer.reset) this.#start(answer.snapshot);
    else {
      for (const { event, data } of answer.events) this.#inOrder(event, data);
      for (const { event, data } of answer.staffEvents ?? []) this.#staffInOrder(event, data);
      this.#seq = Math.max(this.#seq ?? 0, answer.seq);
      if (answer.staffSeq !== undefined) this.#staffSeq = Math.max(this.#staffSeq ?? 0, answer.staffSeq);
      this.#release();
    }
  }

  /** @param {any} snapshot */
  #start(snapshot) {
    this.#seq = snapshot.seq;
    this.#staffSeq = snapshot.staffSeq ?? null;
    this.#dispatch("snapshot", snapshot);
    this.#release();
  }

  #release() {
    this.#isCatchingUp = false;
    const held = this.#held.splice(0).sort((a, b) => a.data.seq - b.data.seq);
    for (const { event, data } of held) this.#receive(event, data);
  }

  /** @param {string} event @param {any} data */
  #receive(event, data) {
    if (NOT_FOR_THE_PAGE.has(event) || (data?.streamId && data.streamId !== this.#streamId)) return;
    if (typeof data?.seq !== "number") return this.#dispatch("live", { event, data });
    if (this.#isCatchingUp) {
      if (this.#held.length < MAX_HELD) this.#held.push({ event, data });
    } else if (data.room === "staff") {
      const after = this.#staffSeq ?? data.seq - 1; // made a moderator since the snapshot
      if (data.seq > after + 1 && this.#staffAskedAfter !== after) {
        this.#staffAskedAfter = after;
        this.#held.push({ event, data });
        this.#catchUp().catch(() => this.#reconnectSoon());
      } else this.#staffInOrder(event, data);
    } else if (data.seq > (this.#seq ?? 0) + 1 && this.#askedAfter !== this.#seq) {
      this.#askedAfter = this.#seq; // once: what the log does not have does not come by asking again
      this.#held.push({ event, data });
      this.#catchUp().catch(() => this.#reconnectSoon());
    } else this.#inOrder(event, data);
  }

  /** @param {string} event @param {any} data */
  #inOrder(event, data) {
    if (data.seq <= (this.#seq ?? 0)) return;
    this.#seq = data.seq;
    this.#dispatch("live", { event, data });
  }

  /** @param {string} event @param {any} data */
  #staffInOrder(event, data) {
    if (data.seq <= (this.#staffSeq ?? 0)) return;
    this.#staffSeq = data.seq;
    this.#dispatch("live", { event, data });
  }

  /** @param {string} event @param {object} content @throws {Problem} */
  async #ask(event, content) {
    let answer;
    try {
      answer = await this.#socket.timeout(ANSWER_WITHIN_MS).emitWithAck(event, content);
    } catch {
      throw new Problem("network");
    }
    if (answer?.ok) return answer;
    throw new Problem(String(answer?.error?.code ?? "unknown"), String(answer?.error?.detail ?? ""));
  }

  /** @returns {Promise<void>} when in the room; fails after a while */
  #connected() {
    if (this.status === "connected") return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onStatus = () => this.status === "connected" && settle(resolve);
      const timer = setTimeout(() => settle(() => reject(new Problem("network"))), ANSWER_WITHIN_MS);
      const settle = (/** @type {() => void} */ end) => {
        clearTimeout(timer);
        this.removeEventListener("status", onStatus);
        end();
      };
      this.addEventListener("status", onStatus);
    });
  }

  #ping() {
    if (this.status !== "connected") return;
    this.#socket.emit("live:ping", { streamId: this.#streamId, sessionId: this.#sessionId });
  }

  /** @param {string} reason */
  #onDisconnect(reason) {
    this.#joinNumber += 1;
    clearInterval(this.#pingTimer);
    if (this.#isClosed || reason === "io client disconnect") return;
    this.#setStatus("lost");
    if (reason === "io server disconnect") this.#reconnectSoon(); // the client library leaves this one to us
  }

  /** @param {any} error */
  #onConnectError(error) {
    if (this.#isClosed) return;
    this.#setStatus("lost");
    if (this.#socket.active) return; // it tries again by itself
    if (COME_IN_ANEW.has(error.data?.code)) this.#guest.expire(); // refused with its token: come in as anybody
    this.#reconnectSoon();
  }

  #reconnectSoon() {
    if (this.#isClosed) return;
    this.#setStatus("lost");
    setTimeout(() => this.#isClosed || this.#socket.disconnect().connect(), COME_BACK_AFTER_MS * (1 + Math.random()));
  }

  /** @param {Status} status */
  #setStatus(status) {
    if (status === this.status) return;
    this.status = status;
    this.#dispatch("status", status);
  }

  /** @param {string} type @param {any} detail */
  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
