"""Putting a show on air and ending it: the shop's show, the engine's broadcast and the room, as one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from gshop_studio.client.errors import ApiError, ClientError
from gshop_studio.contract.events import ServerEvent, Snapshot
from gshop_studio.contract.rest import EndAnswer, StartAnswer, Stream, StreamCreate
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.engine_protocol import EngineState
from gshop_studio.studio.engine_room import EngineRoom, EngineSnapshot
from gshop_studio.studio.observable import Observable
from gshop_studio.studio.running_show import RunningShow, RunningShowFile
from gshop_studio.studio.trouble import Trouble


class ShowPhase(StrEnum):
    NONE = "none"
    READY = "ready"
    """Chosen, not on air."""
    STARTING = "starting"
    ON_AIR = "on_air"
    ENDING = "ending"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ShowSnapshot:
    phase: ShowPhase = ShowPhase.NONE
    stream_id: str = ""
    title: str = ""
    watch_url: str = ""
    started_at_ms: int = 0
    """UTC; when the ingest first accepted it, 0 before that."""
    ended_at_ms: int = 0
    is_connected: bool = False
    """Whether the show's events flow."""
    trouble: Trouble | None = None


class ShowApi(Protocol):
    """What going live asks of the shop."""

    url: str

    async def create_stream(self, body: StreamCreate) -> Stream: ...
    async def stream(self, stream_id: str) -> Stream: ...
    async def start_stream(self, stream_id: str) -> StartAnswer: ...
    async def end_stream(self, stream_id: str) -> EndAnswer: ...


class ShowRoom(Protocol):
    """The show's realtime room."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def send_message(self, text: str, client_message_id: str) -> None: ...


class ShowCrew(Protocol):
    """Who works while a show is on: told before its first event and after its last one."""

    def show_began(self, stream_id: str, room: ShowRoom) -> None: ...
    def show_ended(self) -> None: ...
    def joined(self, snapshot: Snapshot) -> None: ...
    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None: ...
    def connection_changed(self, is_connected: bool) -> None: ...


class GoingLive:
    """The one show of this studio.

    Args:
        api: of the shop one is signed in to, when it is asked for.
        make_room: a room, given the stream and who is told of its events.
        now_ms: UTC, milliseconds.
    """

    def __init__(
        self,
        engine: EngineRoom,
        memory: RunningShowFile,
        api: Callable[[], ShowApi],
        make_room: Callable[[str, GoingLive], ShowRoom],
        crew: ShowCrew,
        now_ms: Callable[[], int],
    ) -> None:
        self.snapshot = Observable(ShowSnapshot())
        self._engine = engine
        self._memory = memory
        self._api = api
        self._make_room = make_room
        self._crew = crew
        self._now_ms = now_ms
        self._room: ShowRoom | None = None
        self._busy = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        engine.snapshot.listen(self._on_engine)
        engine.on_restarted = self._send_again

    async def go_live_new(self, title: str, product_ids: list[str]) -> None:
        """Create a show and put it on air; trouble is in the snapshot."""
        await self._go_live(None, title, product_ids)

    async def go_live(self, stream_id: str, title: str) -> None:
        """Put a show of the seller's on air."""
        await self._go_live(stream_id, title, [])

    async def end(self) -> None:
        """End the show: first the picture, then the show at the shop."""
        async with self._busy:
            if self.snapshot.value.phase not in (ShowPhase.ON_AIR, ShowPhase.READY):
                return
            self._change(phase=ShowPhase.ENDING, trouble=None)
            trouble = await self._stop_engine()
            try:
                await self._api().end_stream(self.snapshot.value.stream_id)
            except ClientError as error:
                trouble = Trouble("show.end_not_told", params={"reason": error.detail or error.code})
            await self._finish(trouble)

    async def retry_now(self) -> None:
        """Try again at once: the engine's connection, or the whole broadcast where the engine gave up."""
        status = self._engine.snapshot.value.status
        if status is not None and status.state is EngineState.RECONNECTING:
            await self._engine.retry_now()
        else:
            await self._send_again()

    async def restore(self) -> None:
        """Find the show that the last run left on air, after signing in."""
        remembered = self._memory.load()
        if remembered is None or self.snapshot.value.phase is ShowPhase.ON_AIR:
            return
        async with self._busy:
            try:
                api = self._api()
                if remembered.server_url != api.url:
                    return
                stream = await api.stream(remembered.stream_id)
                if stream.status is not StreamStatus.LIVE:
                    await self._stop_engine()
                    self._memory.forget()
                    return
                self._choose(stream, remembered.started_at_ms)
                if self._engine.snapshot.value.is_on_air:
                    await self._enter(stream.id)
                    self._change(phase=ShowPhase.ON_AIR)
                else:
                    self._change(trouble=Trouble("show.interrupted"))
            except ApiError:
                self._memory.forget()
            except ClientError as error:
                self._change(trouble=Trouble.of_error(error))

    def dismiss(self) -> None:
        """Put an ended show away."""
        if self.snapshot.value.phase in (ShowPhase.ENDED, ShowPhase.READY):
            self.snapshot.set(ShowSnapshot())

    async def close(self) -> None:
        """Let go of the room; what is on air stays on air."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        room, self._room = self._room, None
        if room is not None:
            await room.close()

    # --- the room's events ----------------------------------------------------------------------------------------

    def joined(self, snapshot: Snapshot) -> None:
        self._crew.joined(snapshot)
        if snapshot.stream.status is StreamStatus.ENDED:
            self._later(self._on_ended_elsewhere())

    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None:
        self._crew.happened(event, data)
        if event is ServerEvent.STREAM_ENDED:
            self._later(self._on_ended_elsewhere())

    def connection_changed(self, is_connected: bool) -> None:
        self._change(is_connected=is_connected)
        self._crew.connection_changed(is_connected)

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _go_live(self, stream_id: str | None, title: str, product_ids: list[str]) -> None:
        async with self._busy:
            if self.snapshot.value.phase in (ShowPhase.STARTING, ShowPhase.ON_AIR, ShowPhase.ENDING):
                return
            before = self.snapshot.value
            self.snapshot.set(ShowSnapshot(ShowPhase.STARTING, stream_id or "", title))
            try:
                api = self._api()
                if stream_id is None:
                    stream = await api.create_stream(StreamCreate(title=title, product_ids=product_ids))
                else:
                    stream = await api.stream(stream_id)
                same = stream.id == before.stream_id
                self._choose(stream, before.started_at_ms if same else 0, ShowPhase.STARTING)
                started = await api.start_stream(stream.id)
                await self._enter(stream.id)
                await self._engine.go_live(started.rtmp_ingest_url, started.stream_key)
            except ClientError as error:
                await self._leave()
                is_chosen = bool(self.snapshot.value.stream_id)
                phase = ShowPhase.READY if is_chosen else ShowPhase.NONE
                self._change(phase=phase, trouble=Trouble.of_error(error))
                return
            except asyncio.CancelledError:
                await self._leave()
                self._change(phase=ShowPhase.READY if self.snapshot.value.stream_id else ShowPhase.NONE)
                raise
            self._change(phase=ShowPhase.ON_AIR)
            self._remember()
            self._on_engine(self._engine.snapshot.value)  # it may have been accepted already

    async def _send_again(self) -> None:
        """A new engine, or one that gave up: the same show again. The shop hands out the same key."""
        async with self._busy:
            show = self.snapshot.value
            if show.phase is not ShowPhase.ON_AIR:
                return
            try:
                started = await self._api().start_stream(show.stream_id)
                await self._engine.go_live(started.rtmp_ingest_url, started.stream_key)
                self._change(trouble=None)
            except ClientError as error:
                self._change(trouble=Trouble.of_error(error))

    async def _on_ended_elsewhere(self) -> None:
        async with self._busy:
            if self.snapshot.value.phase is ShowPhase.ON_AIR:
                await self._stop_engine()
                await self._finish(Trouble("show.ended_by_shop"))

    async def _finish(self, trouble: Trouble | None) -> None:
        await self._leave()
        self._memory.forget()
        self._change(phase=ShowPhase.ENDED, ended_at_ms=self._now_ms(), trouble=trouble)

    async def _stop_engine(self) -> Trouble | None:
        try:
            await self._engine.stop()  # one that is dead is told too: it must not come back on air
        except ClientError as error:
            return Trouble.of_error(error)
        return None

    async def _enter(self, stream_id: str) -> None:
        await self._leave()
        room = self._make_room(stream_id, self)
        self._crew.show_began(stream_id, room)
        try:
            await room.open()
        except BaseException:
            self._crew.show_ended()
            raise
        self._room = room

    async def _leave(self) -> None:
        room, self._room = self._room, None
        if room is not None:
            await room.close()
            self._crew.show_ended()
            self._change(is_connected=False)

    def _choose(self, stream: Stream, started_at_ms: int, phase: ShowPhase = ShowPhase.READY) -> None:
        watch_url = f"{self._api().url}/watch/{stream.id}"
        self.snapshot.set(ShowSnapshot(phase, stream.id, stream.title, watch_url, started_at_ms))

    def _on_engine(self, engine: EngineSnapshot) -> None:
        show = self.snapshot.value
        is_live = engine.status is not None and engine.status.state is EngineState.LIVE
        if is_live and show.phase is ShowPhase.ON_AIR and show.started_at_ms == 0:
            self._change(started_at_ms=self._now_ms())
            self._remember()

    def _remember(self) -> None:
        show = self.snapshot.value
        self._memory.save(RunningShow(self._api().url, show.stream_id, show.title, show.started_at_ms))

    def _later(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name="going-live")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _change(self, **changes: Any) -> None:
        self.snapshot.set(replace(self.snapshot.value, **changes))
