"""A client in a show's room that folds what it is told, loses its connection, and comes back."""

from __future__ import annotations

from typing import Any

from tests.gshop_studio.server.realtime.room_fold import RoomFold
from tests.gshop_studio.server.shop import Listener, Person, Shop, eventually


class Watcher:
    def __init__(self, shop: Shop, who: Person | None, stream_id: str) -> None:
        self._shop = shop
        self.who = who
        self._stream_id = stream_id
        self._listener: Listener | None = None
        self._read = 0
        self.fold: RoomFold | None = None

    @property
    def is_connected(self) -> bool:
        return self._listener is not None and self._listener.client.connected

    async def join(self) -> None:
        """Come in for the first time."""
        listener = await self._connect()
        self.fold = RoomFold(await listener.join(self._stream_id))

    async def cut(self) -> None:
        """Be gone, without a goodbye."""
        if self._listener is not None:
            listener, self._listener = self._listener, None
            response = listener.client.eio.ws._response
            if response.connection is not None:  # the server has not closed it before
                response.connection.transport.abort()
            await listener.client.disconnect()

    async def come_back(self, after_seq: int | None = None) -> str | None:
        """On a new connection, be told what was missed; the code, if it is refused. `after_seq` claims to have seen
        more, or less, than was."""
        await self.cut()
        listener, fold = await self._connect(), self.fold
        assert fold is not None
        wish = {"streamId": self._stream_id, "afterSeq": fold.seq if after_seq is None else after_seq}
        if fold.staff_seq is not None:
            wish["afterStaffSeq"] = fold.staff_seq
        answer = await listener.call("live:resume", wish)
        if not answer["ok"]:
            await self.cut()
            return str(answer["error"]["code"])
        if answer.get("reset"):
            self.fold = RoomFold(answer["snapshot"])
            return None
        missed = [*answer["events"], *answer.get("staffEvents", ())]
        for logged in missed:
            self._apply(logged["event"], logged["data"])
        assert fold.seq == answer["seq"] and fold.staff_seq == answer.get("staffSeq")
        return None

    async def catch_up(self, seq: int) -> None:
        """Read what came, up to this place at least."""

        def has_come() -> bool:
            self.read()
            assert self.fold is not None
            return self.fold.seq >= seq

        await eventually(has_come, f"seq {seq}")

    def read(self) -> None:
        """Apply what came meanwhile."""
        if self._listener is None:
            return
        events, self._read = self._listener.events[self._read :], len(self._listener.events)
        for event, data in events:
            if "seq" in data and event != "live:joined":
                self._apply(event, data)

    def _apply(self, event: str, data: dict[str, Any]) -> None:
        """Pass over what a snapshot or a replay held already; nothing may be left out."""
        assert self.fold is not None
        known = self.fold.staff_seq if data.get("room") == "staff" else self.fold.seq
        if known is None or data["seq"] > known:
            self.fold.apply(event, data)

    async def _connect(self) -> Listener:
        self._listener, self._read = await self._shop.listener(self.who), 0
        return self._listener
