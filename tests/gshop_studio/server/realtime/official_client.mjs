// The official client of the protocol: comes in by polling, changes over, talks, is cut off, comes back, catches up.
// Usage: node official_client.mjs URL STREAM_ID TOKEN OTHER_TOKEN. Says what it saw as JSON.

import { io } from "socket.io-client";

const [url, streamId, token, otherToken] = process.argv.slice(2);
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
const seen = { seqs: [] };
const within = setTimeout(() => fail("too slow"), 30_000);

function fail(what) {
  console.log(JSON.stringify({ ...seen, failed: String(what) }));
  process.exit(1);
}

process.on("unhandledRejection", fail);

const socket = io(url, { auth: { token }, reconnectionDelay: 50, reconnectionDelayMax: 50 });
socket.on("live:message", ({ seq }) => seen.seqs.push(seq));
await once(socket, "connect");
seen.firstTransport = socket.io.engine.transport.name;
const upgraded = seen.firstTransport === "websocket" ? null : once(socket.io.engine, "upgrade");
const snapshot = await socket.emitWithAck("live:join", { streamId });
seen.snapshotSeq = snapshot.seq;
seen.joinedAs = snapshot.sessionId;
await upgraded;
seen.transport = socket.io.engine.transport.name;

const heard = once(socket, "live:message");
seen.said = await socket.emitWithAck("live:message", { streamId, message: "hello from the official client" });
seen.heard = (await heard).seq;

seen.binary = await socket.emitWithAck("live:message", { streamId, message: Buffer.from("bytes") });
seen.unknown = await socket.emitWithAck("live:nonsense", {});

const other = io(url, { auth: { token: otherToken }, transports: ["polling"], forceNew: true });
await once(other, "connect");
const back = once(socket, "connect");
socket.io.engine.close();
await other.emitWithAck("live:message", { streamId, message: "said by polling, while the other was away" });
await back;
const replay = await socket.emitWithAck("live:resume", { streamId, afterSeq: seen.heard });
seen.replayed = replay.events.map(({ event, data }) => [event, data.seq]);
const last = once(socket, "live:message");
await other.emitWithAck("live:message", { streamId, message: "and this one it hears" });
seen.after = (await last).seq;

const refused = io(url, { auth: { token: "nonsense" }, forceNew: true });
seen.refused = (await once(refused, "connect_error")).data.code;
for (const client of [socket, other, refused]) client.disconnect();
clearTimeout(within);
console.log(JSON.stringify(seen));
