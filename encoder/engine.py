"""The engine: the stage, what is on air, and what watches over both. Lives on its process's event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from encoder.clock import Clock
from encoder.doctor.in_use import InUse
from encoder.doctor.instruments import real_instruments
from encoder.doctor.preflight import Preflight
from encoder.engine_report import EngineReport
from encoder.errors import BUGS, EngineError, SourceError
from encoder.on_air import MAIN_DESTINATION, OnAir, OnAirHooks
from encoder.outputs.rtmp import RtmpTimings
from encoder.outputs.target import RtmpTarget
from encoder.picture import Picture, PictureSize
from encoder.rate_keeper import RateKeeper
from encoder.sound.settings import ChannelSettings
from encoder.sources.opener import SourceName, SourceOpener
from encoder.stage import MAIN_INPUT, Stage
from gshop_studio import paths
from gshop_studio.domain.quality import DEFAULT_QUALITY, Orientation, Quality, QualitySettings, settings_for
from gshop_studio.domain.scene import Layer, Scene, Transition
from gshop_studio.engine_protocol import EngineState, EngineStatus, Fault

SceneChoice: TypeAlias = Callable[[Orientation], Scene]

_log = logging.getLogger(__name__)

_STATUS_INTERVAL_S = 1.0
DEFAULT_ENCODER = "libx264"


@dataclass(frozen=True, slots=True)
class EngineHooks:
    """Who hears what happens. Called on the event loop's thread."""

    on_status: Callable[[EngineStatus], None]
    on_notice: Callable[[Fault], None]
    on_preview_fps: Callable[[int], None] = lambda _fps: None
    """How many previews a second the machine can afford."""


class Engine:
    """What the command line and the control socket steer."""

    def __init__(
        self,
        clock: Clock,
        opener: SourceOpener,
        hooks: EngineHooks,
        *,
        burns_time_code: bool = False,
        gives_up_before_live: bool = False,
        timings: RtmpTimings | None = None,
    ) -> None:
        self._hooks = hooks
        self._loop = asyncio.get_running_loop()
        self._quality = DEFAULT_QUALITY
        self._orientation = Orientation.LANDSCAPE
        self._encoder_id = DEFAULT_ENCODER
        self._scene: SceneChoice | None = None
        self.stage = Stage(
            clock, opener, self._size, self._tell_on_loop, self._tell_on_loop, burns_time_code=burns_time_code
        )
        self.on_air = OnAir(
            self.stage,
            clock,
            OnAirHooks(on_change=self._report, on_notice=self._notice),
            timings or RtmpTimings(),
            gives_up_before_live=gives_up_before_live,
        )
        self._preflight = Preflight(clock, opener, real_instruments(), paths.recordings_dir())
        self._keeper = RateKeeper(self.stage, self.on_air, clock, self._notice, hooks.on_preview_fps)
        self._status = EngineReport(clock, self.stage, self.on_air, self._keeper)
        self._ticker = asyncio.create_task(self._tick(), name="status")
        self._keeper.start()

    @property
    def state(self) -> EngineState:
        return self.on_air.state

    @property
    def is_busy(self) -> bool:
        """Whether it publishes or records: then it goes on without a studio, for a while."""
        return self.on_air.is_publishing or self.on_air.is_recording

    @property
    def orientation(self) -> Orientation:
        return self._orientation

    @property
    def _settings(self) -> QualitySettings:
        return settings_for(self._quality, self._orientation)

    @property
    def _size(self) -> PictureSize:
        return PictureSize(self._settings.width, self._settings.height)

    # --- before the camera ---

    async def set_sources(self, video: SourceName | None = None, audio: SourceName | None = None) -> None:
        """Switch to what is named; None leaves that one as it is. When it fails, what was on stays on.

        Raises:
            SourceError: any `source.*` fault.
        """
        await self.stage.set_sources(video, audio)
        self._report()

    async def set_input(self, name: str, source: SourceName | None, *, with_sound: bool = False) -> None:
        """A further picture for scenes, or none any more.

        Raises:
            EngineError: any `source.*` fault, or `engine.bad_request` for too many.
        """
        await self.stage.set_input(name, source, with_sound=with_sound)
        self._report()

    async def set_channel_source(self, name: str, source: SourceName | None) -> None:
        """What a channel of the mixer sounds.

        Raises:
            EngineError: any `source.*` fault, or `engine.bad_request` for too many.
        """
        await self.stage.set_channel_source(name, source)
        self._report()

    async def show(self, scene: SceneChoice, transition: Transition) -> None:
        """Put a scene on, on air too.

        Args:
            scene: makes the scene for the way the canvas stands; asked again when that changes.

        Raises:
            EngineError: `source.unreadable`, for a picture of the scene, or what `scene` raises.
        """
        await self.stage.show(scene(self._orientation), transition)
        self._scene = scene
        self._report()

    async def set_overlay(self, name: str, layer: Layer | None) -> None:
        """Burn something in over whichever scene is on, or no more.

        Raises:
            SourceError: `source.unreadable`, for its picture.
        """
        await self.stage.set_overlay(name, layer)
        self._report()

    def configure_channel(self, name: str, changes: dict[str, Any]) -> None:
        """How a channel is heard, on air too: what is named is changed.

        Raises:
            EngineError: `engine.bad_request`, with the field that is wrong.
        """
        mixer = self.stage.mixer
        mixer.configure(name, ChannelSettings.from_wire(changes, mixer.settings(name)))
        self._report()

    async def set_quality(self, quality: Quality, orientation: Orientation | None = None) -> None:
        """Another picture size and bit rate.

        Raises:
            EngineError: `engine.busy` on air or recording.
        """
        async with self.on_air.beginning:  # what begins now begins with the one size or with the other
            self._refuse_when_busy()
            before = self._orientation
            self._quality, self._orientation = quality, orientation or before
            await self.stage.resize(self._size)
            if self._scene is not None and self._orientation is not before:
                await self.stage.show(self._scene(self._orientation), Transition())
        self._report()

    def set_encoder(self, encoder_id: str) -> None:
        """Another video encoder from the next broadcast on.

        Raises:
            EngineError: `engine.busy` on air or recording.
        """
        self._refuse_when_busy()
        self._encoder_id = encoder_id
        self._report()

    # --- outputs ---

    async def go_live(self, url: str, key: str, destination: str = MAIN_DESTINATION) -> None:
        """Begin a broadcast. How it fares is told by the status.

        Raises:
            EngineError: `engine.busy`, `ingest.bad_url`, `source.not_found` (none chosen), `encoder.failed`.
        """
        target = RtmpTarget.parse(url)
        self._need_picture()
        await self.on_air.publish(destination, target, key, self._settings, self._encoder_id)

    async def stop(self, destination: str | None = None) -> None:
        """End one destination, or all of them. The recording goes on."""
        if destination is None:
            await self.on_air.unpublish_all()
        else:
            await self.on_air.unpublish(destination)
        self._report()

    def retry_now(self, destination: str | None = None) -> None:
        """Skip the wait before the next attempt."""
        self.on_air.retry_now(destination)

    async def record(self, folder: Path, name: str) -> Path:
        """Record what is on, with or without a broadcast. Returns the file's path.

        Raises:
            EngineError: `engine.busy`, `recording.failed`, `recording.disk_full`, `source.not_found`, `encoder.failed`.
        """
        self._need_picture()
        return await self.on_air.record(folder, name, self._settings, self._encoder_id)

    async def stop_recording(self) -> list[Path]:
        """End the recording; returns its files, whole."""
        return await self.on_air.stop_recording()

    def set_replay(self, seconds: float) -> None:
        """Keep the last seconds of what is encoded, for a clip; 0: nothing."""
        self.on_air.replay.keep(seconds)

    async def save_replay(self, folder: Path, name: str, seconds: float | None) -> Path:
        """Write what was just on. Returns the clip's path.

        Raises:
            EngineError: `replay.empty`, `recording.disk_full`, `recording.failed`.
        """
        return await self.on_air.save_replay(folder, name, seconds)

    async def preflight(self, params: dict[str, Any]) -> dict[str, Any]:
        """Look at devices, encoders, upload, disk and machine, as `gshop-studio doctor` does.

        What is open is known to work; on air, nothing is done that would take from the show.

        Raises:
            EngineError: `engine.bad_request`, `engine.busy`, `doctor.cancelled`.
        """
        sources = frozenset((*self.stage.inputs.values(), *self.stage.channel_sources.values()))
        lost = frozenset(self.stage.lost_sources)
        return await self._preflight.run(params, InUse(sources - lost, lost, self.is_busy))

    # --- who watches ---

    def watch_pictures(self, watch: Callable[[Picture], None] | None) -> None:
        """Who sees each picture besides the encoder."""
        self.stage.video_loop.use_watch(watch)

    def watch_meters(self, is_wanted: bool) -> None:
        """Measure the sound's level only while somebody reads it."""
        self.stage.mixer.wants_meters = is_wanted

    def status(self) -> EngineStatus:
        """How things stand."""
        return self._status.status(self._quality, self._orientation, self._encoder_id)

    async def close(self) -> None:
        """End everything."""
        self._ticker.cancel()
        self._keeper.stop()
        self._preflight.cancel()
        await self.on_air.close()
        await self.stage.close()

    # --- inside ---

    def _refuse_when_busy(self) -> None:
        if self.on_air.is_encoding:
            raise EngineError(Fault("engine.busy"))

    def _need_picture(self) -> None:
        if MAIN_INPUT not in self.stage.inputs:
            raise SourceError(Fault("source.not_found", {"source": "picture"}))

    def _tell_on_loop(self, fault: Fault) -> None:
        """From any thread: a source is gone, or back."""
        try:
            self._loop.call_soon_threadsafe(self._tell_of_source, fault)
        except RuntimeError:
            pass  # the event loop is closed: the process is ending

    def _tell_of_source(self, fault: Fault) -> None:
        self._report()  # so that `lost` agrees with what is told
        self._notice(fault)

    def _notice(self, fault: Fault) -> None:
        _log.warning("notice: %s", fault.code)
        self._hooks.on_notice(fault)

    async def _tick(self) -> None:
        due_s = self._loop.time()
        while True:
            due_s = max(due_s + _STATUS_INTERVAL_S, self._loop.time())
            await asyncio.sleep(due_s - self._loop.time())
            try:
                self._status.measure()
                self._report()
            except BUGS:  # the studio must not lose sight of the show by one bad report
                _log.exception("a report failed")

    def _report(self) -> None:
        self._hooks.on_status(self.status())
