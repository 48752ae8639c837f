/** Every event of a show once and in order, whatever the socket does. The socket is played by the test. */

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document ??= new EventTarget();
const { LiveConnection } = await import("../../../../../resources/viewer/scripts/live-connection.js");

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const event = (seq) => ({ event: "live:message", data: { streamId: "s", seq, message: `m${seq}` } });

/** A socket whose server answers as `answers` says. */
class Socket {
  active = true;
  asked = [];
  answers = {};
  #listeners = new Map();
  #any = () => {};

  on(name, listener) {
    this.#listeners.set(name, listener);
  }

  onAny(listener) {
    this.#any = listener;
  }

  connect() {
    queueMicrotask(() => this.#listeners.get("connect")());
    return this;
  }

  disconnect() {
    this.#listeners.get("disconnect")("io client disconnect");
    return this;
  }

  drop() {
    this.#listeners.get("disconnect")("transport close");
  }

  refuse(error) {
    this.active = false;
    this.#listeners.get("connect_error")(error);
  }

  say({ event, data }) {
    this.#any(event, data);
  }

  emit() {}

  timeout() {
    return {
      emitWithAck: async (name, content) => {
        this.asked.push([name, content]);
        const answer = this.answers[name];
        if (answer === undefined) throw new Error("no answer");
        return typeof answer === "function" ? answer(content) : answer;
      },
    };
  }
}

async function joined(snapshot = {}) {
  const socket = new Socket();
  socket.answers["live:join"] = { ok: true, seq: 10, sessionId: "signed", ...snapshot };
  const guest = { token: null, expired: 0, expire: () => (guest.expired += 1) };
  const connection = new LiveConnection({ io: () => socket, streamId: "s", guest, language: () => "en" });
  const seen = { live: [], snapshots: 0, refused: [] };
  connection.addEventListener("live", ({ detail }) => seen.live.push(detail.data.seq ?? detail.event));
  connection.addEventListener("snapshot", () => (seen.snapshots += 1));
  connection.addEventListener("refused", ({ detail }) => seen.refused.push(detail.code));
  connection.open();
  await settled();
  return { socket, guest, connection, seen };
}

test("events after the snapshot come once and in order", async () => {
  const { socket, connection, seen } = await joined();
  for (const seq of [9, 10, 11, 11, 12]) socket.say(event(seq));
  assert.deepEqual(seen.live, [11, 12]);
  assert.equal(connection.status, "connected");
  connection.close();
});

test("a gap is asked for, and what came meanwhile follows it", async () => {
  const { socket, connection, seen } = await joined();
  socket.answers["live:resume"] = async () => {
    socket.say(event(14));
    return { ok: true, events: [event(11), event(12)], seq: 12 };
  };
  socket.say(event(13));
  await settled();
  assert.deepEqual(seen.live, [11, 12, 13, 14]);
  assert.deepEqual(socket.asked.at(-1), ["live:resume", { streamId: "s", afterSeq: 10 }]);
  connection.close();
});

test("a gap that the server cannot fill is asked for once, and life goes on", async () => {
  const { socket, connection, seen } = await joined();
  socket.answers["live:resume"] = { ok: true, events: [], seq: 10 };
  socket.say(event(13));
  await settled();
  socket.say(event(14));
  assert.deepEqual(seen.live, [13, 14]);
  assert.equal(socket.asked.filter(([name]) => name === "live:resume").length, 1);
  connection.close();
});

test("a reconnect comes back as the same viewer and catches up", async () => {
  const { socket, connection, seen } = await joined();
  socket.say(event(11));
  socket.drop();
  assert.equal(connection.status, "lost");
  socket.answers["live:resume"] = { ok: true, events: [event(12), event(13)], seq: 13 };
  socket.connect();
  await settled();
  assert.deepEqual(seen.live, [11, 12, 13]);
  assert.equal(seen.snapshots, 1);
  assert.deepEqual(socket.asked.at(-2), ["live:join", { streamId: "s", sessionId: "signed" }]);
  assert.equal(connection.status, "connected");
  connection.close();
});

test("where the log does not reach back, the state is told anew", async () => {
  const { socket, connection, seen } = await joined();
  socket.drop();
  socket.answers["live:resume"] = { ok: true, reset: true, snapshot: { seq: 500 } };
  socket.connect();
  await settled();
  assert.equal(seen.snapshots, 2);
  socket.say(event(501));
  assert.deepEqual(seen.live, [501]);
  connection.close();
});

test("aggregates have no place in the order, and other shows are not ours", async () => {
  const { socket, connection, seen } = await joined();
  socket.say({ event: "live:viewers:update", data: { streamId: "s", viewerCount: 3 } });
  socket.say({ event: "live:message", data: { streamId: "another", seq: 11 } });
  socket.say({ event: "live:joined", data: { streamId: "s", seq: 11 } });
  assert.deepEqual(seen.live, ["live:viewers:update"]);
  connection.close();
});

test("a message keeps its client id, and a refusal is told with its code", async () => {
  const { socket, connection } = await joined();
  socket.answers["live:message"] = { ok: false, error: { code: "chat.rate_limited", detail: "Slow down" } };
  await assert.rejects(connection.sendMessage("hi", "c1"), { code: "chat.rate_limited", detail: "Slow down" });
  assert.equal(socket.asked.at(-1)[1].clientMessageId, "c1");
  delete socket.answers["live:message"];
  await assert.rejects(connection.sendMessage("hi", "c1"), { code: "network" });
  connection.close();
});

test("a show that is not there is said to be so; a refused token is given up", async () => {
  const { connection, seen } = await joined({ ok: false, error: { code: "stream.not_found" } });
  assert.deepEqual(seen.refused, ["stream.not_found"]);
  connection.close();

  const other = await joined();
  other.socket.refuse({ data: { code: "connection.too_many" } });
  assert.equal(other.guest.expired, 0);
  other.socket.refuse({ data: { code: "auth.token_expired" } });
  assert.equal(other.guest.expired, 1);
  other.connection.close();
});

test("the staff's events have an order of their own", async () => {
  const staff = (seq) => ({ event: "live:sale", data: { streamId: "s", room: "staff", seq, message: `s${seq}` } });
  const { socket, connection } = await joined({ staffSeq: 3 });
  const heard = [];
  connection.addEventListener("live", ({ detail }) => heard.push(detail.data.message));
  for (const said of [staff(3), staff(4), event(11), staff(4), event(12)]) socket.say(said);
  assert.deepEqual(heard, ["s4", "m11", "m12"]);
  socket.answers["live:resume"] = { ok: true, events: [], seq: 12, staffEvents: [staff(5), staff(6)], staffSeq: 6 };
  socket.say(staff(6));
  await settled();
  assert.deepEqual(socket.asked.at(-1), ["live:resume", { streamId: "s", afterSeq: 12, afterStaffSeq: 4 }]);
  assert.deepEqual(heard, ["s4", "m11", "m12", "s5", "s6"]);
  connection.close();
});

test("who is made a moderator meanwhile hears the staff's events from there", async () => {
  const { socket, connection, seen } = await joined();
  socket.say({ event: "live:sale", data: { streamId: "s", room: "staff", seq: 40 } });
  socket.say(event(11));
  assert.deepEqual(seen.live, [40, 11]);
  connection.close();
});
