// The peer of the fan-out benchmark: Node's socket.io, which relays the same messages and stores and checks nothing.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { perMessageDeflate: false });
let seq = 0;

io.on("connection", (socket) => {
  socket.on("live:join", ({ streamId }, acknowledge) => {
    socket.join(streamId);
    acknowledge({ ok: true });
  });
  socket.on("live:message", ({ streamId, message }, acknowledge) => {
    seq += 1;
    const at = Date.now();
    const said = {
      id: `019ab3c1-0000-7000-8000-${String(seq).padStart(12, "0")}`,
      streamId,
      userId: "019ab3c1-0000-7000-8000-000000000000",
      username: "Guest 1",
      message,
      type: "message",
      metadata: { isVip: false, isModerator: false, isSeller: false },
      isPinned: false,
      isDeleted: false,
      timestamp: new Date(at).toISOString(),
      seq,
      at,
    };
    io.to(streamId).emit("live:message", said);
    acknowledge({ ok: true, message: said });
  });
});

http.listen(0, "127.0.0.1", () => console.log(`ready http=http://127.0.0.1:${http.address().port}`));
