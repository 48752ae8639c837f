"""The engine as the studio uses it: found or started, its sources kept, restarted with them when it dies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from gshop_studio.client.engine_client import EngineListener
from gshop_studio.client.errors import ClientError
from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import (
    Command,
    Device,
    EngineState,
    EngineStatus,
    Meters,
    PreviewFrame,
    status_from_wire,
)
from gshop_studio.settings import DEFAULT_AUDIO, DEFAULT_VIDEO, SettingsFile
from gshop_studio.studio.observable import Observable
from gshop_studio.studio.trouble import Trouble

PREVIEW_WIDTH, PREVIEW_HEIGHT = 854, 480
_RESTART_S = (0.1, 0.5, 1.0, 2.0)
_ON_AIR = (EngineState.CONNECTING, EngineState.LIVE, EngineState.RECONNECTING)
_log = logging.getLogger(__name__)


class EnginePort(Protocol):
    """The engine's process at the other end of its socket."""

    async def open(self, listener: EngineListener) -> bool:
        """Find the running engine or start one, and connect. True: it was running already.

        Raises:
            ClientError: it did not start or does not answer.
        """

    async def request(self, command: Command, **params: Any) -> dict[str, Any]:
        """Ask and wait for the answer.

        Raises:
            ClientError: refused by the engine (with its fault's code), or the engine is gone.
        """

    async def shutdown(self) -> None:
        """End the broadcast and the process; done when it is gone."""

    async def close(self) -> None:
        """Disconnect; the engine runs on."""


@dataclass(frozen=True, slots=True)
class EngineSnapshot:
    is_up: bool = False
    status: EngineStatus | None = None
    cameras: tuple[Device, ...] = ()
    microphones: tuple[Device, ...] = ()
    video_source: str = ""
    audio_source: str = ""
    quality: str = ""
    gain_db: float = 0.0
    is_muted: bool = False
    trouble: Trouble | None = None
    """Why the engine is not up, or why the last wish was refused."""

    @property
    def is_on_air(self) -> bool:
        """Whether it sends, or is about to."""
        return self.status is not None and self.status.state in _ON_AIR


@dataclass(frozen=True, slots=True)
class PreviewMemory:
    """Where the preview's frames lie: a file of equal slots, BGRA without padding."""

    path: Path
    slot_count: int
    slot_bytes: int
    width: int
    height: int


class EngineRoom:
    """Steers the one engine.

    Args:
        on_meters, on_preview_opened, on_preview_frame: the fast reports, not kept in the snapshot.
    """

    def __init__(
        self,
        engine: EnginePort,
        settings: SettingsFile,
        *,
        on_meters: Callable[[Meters], None] = lambda _meters: None,
        on_preview_opened: Callable[[PreviewMemory], None] = lambda _memory: None,
        on_preview_frame: Callable[[PreviewFrame], None] = lambda _frame: None,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._on_meters = on_meters
        self._on_preview_opened = on_preview_opened
        self._on_preview_frame = on_preview_frame
        chosen = settings.value
        self.snapshot = Observable(EngineSnapshot(quality=chosen.quality, gain_db=chosen.gain_db))
        self.on_restarted: Callable[[], Awaitable[None]] | None = None
        """Told when an engine that died has been replaced; what was on air must be put there again."""
        self._keeper: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._is_first_open = True
        self._settled = asyncio.Event()

    # --- life -----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Find or start the engine, now and whenever it dies."""
        if self._keeper is None:
            self._lost.set()
            self._keeper = asyncio.create_task(self._keep(), name="engine-keeper")

    async def settled(self) -> None:
        """Until the engine is up, or has failed to come up once."""
        await self._settled.wait()

    async def close(self, *, leave_running: bool) -> None:
        """Let go of the engine; shut it down unless it is to go on."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        if leave_running:
            await self._engine.close()  # and with the connection the preview
        else:
            await self._engine.shutdown()

    async def _keep(self) -> None:
        attempt = 0
        while True:
            await self._lost.wait()
            self._lost.clear()
            try:
                await self._bring_up()
                attempt = 0
            except ClientError as error:
                _log.warning("the engine is not up: %s", error.code)
                self._change(trouble=Trouble.of_error(error))
                self._settled.set()
                await asyncio.sleep(_RESTART_S[min(attempt, len(_RESTART_S) - 1)])
                attempt += 1
                self._lost.set()

    async def _bring_up(self) -> None:
        was_running = await self._engine.open(self)
        status = status_from_wire(await self._engine.request(Command.STATUS))
        self._change(is_up=True, status=status, trouble=None)
        devices = await self._devices()
        if was_running and self.snapshot.value.is_on_air:
            self._change(
                video_source=status.video_source,
                audio_source=status.audio_source,
                quality=status.quality,
                gain_db=status.gain_db,
                is_muted=status.is_muted,
            )
        else:
            await self._set_up(*devices)
        self._on_preview_opened(await self._open_preview())
        if not self._is_first_open and not was_running and self.on_restarted is not None:
            await self.on_restarted()
        self._is_first_open = False
        self._settled.set()

    async def _set_up(self, cameras: tuple[Device, ...], microphones: tuple[Device, ...]) -> None:
        """Give a fresh engine what was chosen; a device that is gone gives way to a source that always works."""
        now, chosen = self.snapshot.value, self._settings.value
        video = now.video_source or chosen.video_source or (f"camera:{cameras[0].id}" if cameras else DEFAULT_VIDEO)
        audio = (
            now.audio_source
            or chosen.audio_source
            or (f"microphone:{microphones[0].id}" if microphones else DEFAULT_AUDIO)
        )
        await self._engine.request(Command.SET_QUALITY, quality=str(now.quality))
        await self._engine.request(Command.SET_AUDIO, gain_db=now.gain_db, is_muted=now.is_muted)
        for kind, wish, fallback in (("video", video, DEFAULT_VIDEO), ("audio", audio, DEFAULT_AUDIO)):
            try:
                await self._engine.request(Command.SET_SOURCES, **{kind: wish})
            except ClientError as error:
                if wish == fallback:
                    raise
                await self._engine.request(Command.SET_SOURCES, **{kind: fallback})
                self._change(**{f"{kind}_source": fallback, "trouble": Trouble.of_error(error)})
            else:
                self._change(**{f"{kind}_source": wish})

    async def _open_preview(self) -> PreviewMemory:
        answer = await self._engine.request(Command.PREVIEW_START, width=PREVIEW_WIDTH, height=PREVIEW_HEIGHT)
        numbers = (int(answer[name]) for name in ("slot_count", "slot_bytes", "width", "height"))
        return PreviewMemory(Path(str(answer["path"])), *numbers)

    # --- wishes ---------------------------------------------------------------------------------------------------

    async def choose_video(self, spec: str) -> None:
        """Take the picture from elsewhere; what was there stays when that cannot be opened."""
        if await self._wish(Command.SET_SOURCES, video=spec):
            self._settings.change(video_source=spec)
            self._change(video_source=spec, trouble=None)

    async def choose_audio(self, spec: str) -> None:
        """Take the sound from elsewhere."""
        if await self._wish(Command.SET_SOURCES, audio=spec):
            self._settings.change(audio_source=spec)
            self._change(audio_source=spec, trouble=None)

    async def choose_quality(self, quality: Quality) -> None:
        """Another quality; refused on air."""
        if await self._wish(Command.SET_QUALITY, quality=quality.value):
            self._settings.change(quality=quality)
            self._change(quality=quality.value, trouble=None)

    async def set_gain(self, gain_db: float) -> None:
        """Louder or softer."""
        if await self._wish(Command.SET_AUDIO, gain_db=gain_db):
            self._settings.change(gain_db=gain_db)
            self._change(gain_db=gain_db)

    async def set_muted(self, is_muted: bool) -> None:
        """Silence in place of the sound, or the sound again. Never remembered for the next run."""
        if await self._wish(Command.SET_AUDIO, is_muted=is_muted):
            self._change(is_muted=is_muted)

    async def refresh_devices(self) -> None:
        """Look again for cameras and microphones."""
        try:
            await self._devices()
        except ClientError as error:
            self._change(trouble=Trouble.of_error(error))

    async def go_live(self, url: str, key: str) -> None:
        """Send to an ingest.

        Raises:
            ClientError: the engine refused, or is gone.
        """
        await self._engine.request(Command.GO_LIVE, url=url, key=key)

    async def stop(self) -> None:
        """Stop sending; the preview goes on.

        Raises:
            ClientError: the engine is gone.
        """
        await self._engine.request(Command.STOP)

    async def retry_now(self) -> None:
        """Do not wait for the next attempt."""
        await self._wish(Command.RETRY_NOW)

    async def release(self, slot: int) -> None:
        """Give a slot of the preview back."""
        try:
            await self._engine.request(Command.PREVIEW_RELEASE, slot=slot)
        except ClientError:
            return  # the engine is gone, its slots with it

    # --- reports --------------------------------------------------------------------------------------------------

    def status_came(self, status: EngineStatus) -> None:
        self._change(status=status, is_muted=status.is_muted)

    def meters_came(self, meters: Meters) -> None:
        self._on_meters(meters)

    def preview_came(self, frame: PreviewFrame) -> None:
        self._on_preview_frame(frame)

    def engine_lost(self) -> None:
        self._change(is_up=False, status=None)
        self._lost.set()

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _wish(self, command: Command, **params: Any) -> bool:
        try:
            await self._engine.request(command, **params)
        except ClientError as error:
            self._change(trouble=Trouble.of_error(error))
            return False
        return True

    async def _devices(self) -> tuple[tuple[Device, ...], tuple[Device, ...]]:
        answer = await self._engine.request(Command.LIST_DEVICES)
        cameras, microphones = (
            tuple(Device(str(row["id"]), str(row["name"])) for row in answer.get(kind, ()))
            for kind in ("cameras", "microphones")
        )
        self._change(cameras=cameras, microphones=microphones)
        return cameras, microphones

    def _change(self, **changes: Any) -> None:
        self.snapshot.set(replace(self.snapshot.value, **changes))
