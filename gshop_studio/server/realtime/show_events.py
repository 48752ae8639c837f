"""What a client may ask of a show's room: join, leave, ping, resume."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gshop_studio.contract.events import JoinEvent, ResumeEvent, ServerEvent, StreamEvent
from gshop_studio.contract.wire import to_wire_time
from gshop_studio.server.accounts.rights import StreamFacts
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.realtime.client_socket import ClientSocket
from gshop_studio.server.realtime.delivery import Delivery
from gshop_studio.server.realtime.gateway import to_wire
from gshop_studio.server.realtime.presence import Presence
from gshop_studio.server.realtime.rooms import Rooms
from gshop_studio.server.realtime.sessions import ViewerSessions
from gshop_studio.server.realtime.snapshots import Snapshots, is_staff
from gshop_studio.server.refusals import Refused

MAX_SHOWS = 20
"""In so many rooms one socket may be at once."""

Tell = Callable[[ClientSocket, ServerEvent, dict[str, Any]], None]


class ShowEvents:
    def __init__(
        self,
        snapshots: Snapshots,
        presence: Presence,
        sessions: ViewerSessions,
        rooms: Rooms,
        delivery: Delivery,
        tell: Tell,
        clock: Clock,
    ) -> None:
        """`tell(socket, event, data)` sends an event to one client."""
        self._snapshots = snapshots
        self._presence = presence
        self._sessions = sessions
        self._rooms = rooms
        self._delivery = delivery
        self._tell = tell
        self._clock = clock

    async def join(self, socket: ClientSocket, wish: JoinEvent) -> dict[str, Any]:
        stream = await self._snapshots.admit(socket.caller, wish.stream_id)
        session_id = await self._session(socket, wish.session_id)
        try:
            await self._enter(socket, stream)
            key = await self._presence.enter(stream, socket, session_id, wish.referral_source)
            socket.viewer_keys[stream.id] = key
            snapshot = to_wire(await self._snapshots.snapshot(socket.caller, stream.id, session_id))
        except Refused:
            await self.leave(socket, StreamEvent(stream_id=stream.id))
            raise
        finally:
            if socket.is_gone:
                self.forget(socket)
        self._tell(socket, ServerEvent.JOINED, snapshot)
        return snapshot

    async def leave(self, socket: ClientSocket, wish: StreamEvent) -> dict[str, Any]:
        self._leave_rooms(socket, wish.stream_id)  # also after a resume without a join
        key = socket.viewer_keys.pop(wish.stream_id, None)
        if key is not None:
            await self._presence.leave(wish.stream_id, key, socket.sid)
        return {}

    async def ping(self, socket: ClientSocket, wish: StreamEvent) -> dict[str, Any]:
        if wish.stream_id not in socket.viewer_keys:
            raise Refused("stream.not_joined")
        key = socket.viewer_keys[wish.stream_id]
        if key is not None:
            self._presence.ping(wish.stream_id, key)
        now = self._clock()
        pong = {"serverTime": to_wire_time(now), "at": to_ms(now)}
        self._tell(socket, ServerEvent.PONG, pong)
        return pong

    async def resume(self, socket: ClientSocket, wish: ResumeEvent) -> dict[str, Any]:
        stream = await self._snapshots.admit(socket.caller, wish.stream_id)
        session_id = await self._session(socket)
        was_in = self._rooms.has(stream.id, socket)
        after_staff_seq = wish.after_staff_seq if is_staff(socket.caller, stream) else None
        try:
            await self._enter(socket, stream)
            replay = await self._snapshots.replay(socket.caller, stream.id, wish.after_seq, after_staff_seq)
            if replay is None:
                snapshot = await self._snapshots.snapshot(socket.caller, stream.id, session_id)
                return {"reset": True, "snapshot": to_wire(snapshot)}
        except Refused:
            if not was_in:
                self._leave_rooms(socket, stream.id)
            raise
        finally:
            if socket.is_gone:
                self.forget(socket)
        answer: dict[str, Any] = {"events": [to_wire(event) for event in replay.events], "seq": replay.seq}
        if replay.staff_events is not None:
            answer["staffEvents"] = [to_wire(event) for event in replay.staff_events]
            answer["staffSeq"] = replay.staff_seq
        return answer

    def forget(self, socket: ClientSocket) -> None:
        """The client is gone without a goodbye."""
        for stream_id in self._rooms.leave_all(socket):
            self._delivery.forget_empty(stream_id)
        for stream_id, key in socket.viewer_keys.items():
            if key is not None:
                self._presence.lose(stream_id, key, socket.sid)

    async def _session(self, socket: ClientSocket, claimed: str | None = None) -> str:
        """A socket's one session: who claims others later invents no viewers by it."""
        if socket.session_id is None:
            address = socket.address if socket.caller is None else None
            socket.session_id = await self._sessions.accept(claimed, address)
        return socket.session_id

    async def _enter(self, socket: ClientSocket, stream: StreamFacts) -> None:
        """Be in the show's rooms, and hear all that is given on from here."""
        if not self._rooms.has(stream.id, socket) and len(list(self._rooms.of(socket))) >= MAX_SHOWS:
            raise Refused("stream.too_many_joined")
        self._rooms.enter(stream.id, socket, is_staff=is_staff(socket.caller, stream))
        await self._delivery.follow(stream.id)

    def _leave_rooms(self, socket: ClientSocket, stream_id: str) -> None:
        self._rooms.leave(stream_id, socket)
        self._delivery.forget_empty(stream_id)
