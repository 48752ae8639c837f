"""The engine as the studio uses it: found or started, steered, and replaced with the same show when it dies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gshop_studio.client.engine_client import Devices, EngineLost
from gshop_studio.client.errors import ClientError
from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import (
    ChannelStatus,
    Command,
    DestinationStatus,
    Device,
    EngineStatus,
    Fault,
    MediaState,
    Meters,
    PreviewFrame,
    ProtocolError,
    RecordingStatus,
    status_from_wire,
)
from gshop_studio.settings import DEFAULT_AUDIO, DEFAULT_VIDEO, SettingsFile
from gshop_studio.studio.engine_port import EnginePort
from gshop_studio.studio.observable import Observable
from gshop_studio.studio.show_set_up import (
    LANDSCAPE,
    MAIN_DESTINATION,
    MICROPHONE,
    ON_AIR_STATES,
    Destination,
    InputWish,
    RecordingWish,
    Request,
    SceneWish,
    ShowSetUp,
    go_live_request,
    is_at_work,
)
from gshop_studio.studio.trouble import Trouble

PREVIEW_WIDTH, PREVIEW_HEIGHT = 854, 480
_RESTART_S = (0.1, 0.5, 1.0, 2.0)
_STEADY_S = 10.0
"""An engine that lived for so long is replaced at once when it dies; one that dies sooner, after a growing pause."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EngineSnapshot:
    is_up: bool = False
    status: EngineStatus | None = None
    cameras: tuple[Device, ...] = ()
    microphones: tuple[Device, ...] = ()
    screens: tuple[Device, ...] = ()
    video_source: str = ""
    audio_source: str = ""
    quality: str = ""
    orientation: str = LANDSCAPE
    encoder: str = ""
    """The one that works now."""
    gain_db: float = 0.0
    is_muted: bool = False
    scene: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, ChannelStatus] = field(default_factory=dict)
    overlays: tuple[str, ...] = ()
    recording: RecordingStatus | None = None
    destinations: Mapping[str, DestinationStatus] = field(default_factory=dict)
    trouble: Trouble | None = None
    """Why the engine is not up, why the last wish was refused, or what the engine noticed."""

    @property
    def is_on_air(self) -> bool:
        """Whether it sends, or is about to."""
        return self.status is not None and self.status.state in ON_AIR_STATES


@dataclass(frozen=True, slots=True)
class PreviewMemory:
    """Where the preview's frames lie: a file of equal slots, BGRA without padding."""

    path: Path
    slot_count: int
    slot_bytes: int
    width: int
    height: int
    number: int = 0
    """Frames that name another one lie elsewhere."""


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
        self._set_up = ShowSetUp(
            quality=chosen.quality,
            orientation=chosen.orientation,
            encoder=chosen.encoder,
            gain_db=chosen.gain_db,
        )
        self.snapshot = Observable(
            EngineSnapshot(quality=chosen.quality, orientation=chosen.orientation, gain_db=chosen.gain_db)
        )
        self.on_restarted: Callable[[], Awaitable[None]] | None = None
        """Told when an engine that died has been replaced and the key of what was on air is not known here: whoever
        knows it must put it on air again."""
        self._preview_size = (PREVIEW_WIDTH, PREVIEW_HEIGHT)
        self._keeper: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._lost = asyncio.Event()
        self._is_first_open = True
        self._settled = asyncio.Event()
        self._is_ready = False
        """The engine has everything: from now on what it reports is how things are, not how they began."""
        self._given_way: frozenset[str] = frozenset()
        """Kinds of source (`video`, `audio`) that could not be opened, so that another one stands in."""
        self._notice: Trouble | None = None

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
        tasks = [*self._tasks, *([keeper] if keeper is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if leave_running:
            await self._engine.close()  # and with the connection the preview
        else:
            await self._engine.shutdown()

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        attempt, up_since_s = 0, -_STEADY_S
        while True:
            await self._lost.wait()
            self._lost.clear()
            if loop.time() - up_since_s >= _STEADY_S:
                attempt = 0
            if attempt > 0:
                await asyncio.sleep(_RESTART_S[min(attempt, len(_RESTART_S)) - 1])
            attempt += 1
            try:
                await self._bring_up()
            except ClientError as error:
                _log.warning("the engine is not up: %s", error.code)
                self._change(trouble=Trouble.of_error(error))
                self._settled.set()
                self._lost.set()
            up_since_s = loop.time()

    async def _bring_up(self) -> None:
        """From no engine to the whole show. What is on air comes first: nobody waits for a preview or a list."""
        self._is_ready = False
        was_running = await self._engine.open(self)
        try:
            status = status_from_wire(await self._engine.request(Command.STATUS))
            self._change(is_up=True, status=status, trouble=None)
            if was_running and is_at_work(status):
                self._take_over(status)
            else:
                await self._give_everything()
                if not self._is_first_open:
                    await self._put_on_air_again()
            self._is_ready = True
            self._on_preview_opened(await self._open_preview())
            await self._devices()
        except (ProtocolError, AttributeError, KeyError, TypeError, ValueError) as error:
            _log.exception("an answer of the engine is not understood")
            raise ClientError("engine.start_failed", reason=type(error).__name__) from error
        self._is_first_open = False
        self._settled.set()

    def _take_over(self, status: EngineStatus) -> None:
        """The engine went on without us: it is as it says."""
        self._set_up = self._set_up.taken_over(status)
        self._is_ready = True
        self._change(
            video_source=status.video_source,
            audio_source=status.audio_source,
            quality=status.quality,
            gain_db=status.gain_db,
        )
        self._mirror(status)

    async def _give_everything(self) -> None:
        """Give a fresh engine what was chosen, but for what goes out."""
        video = self._set_up.video or self._settings.value.video_source
        audio = self._set_up.audio or self._settings.value.audio_source
        if not (video and audio):
            devices = await self._devices()
            cameras, microphones = devices.cameras, devices.microphones
            video = video or (f"camera:{cameras[0].id}" if cameras else DEFAULT_VIDEO)
            audio = audio or (f"microphone:{microphones[0].id}" if microphones else DEFAULT_AUDIO)
        self._set_up = replace(self._set_up, video=video, audio=audio)
        await self._give(self._set_up.before_sources())
        await self._give_sources()
        await self._give(self._set_up.after_sources())

    async def _give_sources(self) -> None:
        """A device that is gone gives way to a source that always works."""
        self._given_way = frozenset()
        for kind, wish, fallback in (
            ("video", self._set_up.video, DEFAULT_VIDEO), ("audio", self._set_up.audio, DEFAULT_AUDIO)
        ):  # fmt: skip
            try:
                await self._engine.request(Command.SET_SOURCES, **{kind: wish})
            except EngineLost:
                raise
            except ClientError as error:
                if wish == fallback:
                    raise
                await self._engine.request(Command.SET_SOURCES, **{kind: fallback})
                self._given_way |= {kind}
                self._change(**{f"{kind}_source": fallback, "trouble": Trouble.of_error(error)})
            else:
                self._change(**{f"{kind}_source": wish})

    async def _put_on_air_again(self) -> None:
        set_up = self._set_up
        await self._give(set_up.outputs())
        if MAIN_DESTINATION not in set_up.destinations and self.on_restarted is not None:
            await self.on_restarted()

    async def _give(self, requests: list[Request]) -> None:
        """One that is refused is told, and stands in the way of no other."""
        for command, params in requests:
            try:
                await self._engine.request(command, **params)
            except EngineLost:
                raise
            except ClientError as error:
                _log.warning("the engine refused %s: %s", command.value, error.code)
                self._change(trouble=Trouble.of_error(error))

    async def _open_preview(self) -> PreviewMemory:
        width, height = self._preview_size
        answer = await self._engine.request(Command.PREVIEW_START, width=width, height=height)
        numbers = (int(answer[name]) for name in ("slot_count", "slot_bytes", "width", "height", "number"))
        return PreviewMemory(Path(str(answer["path"])), *numbers)

    # --- wishes: sources and picture ------------------------------------------------------------------------------

    async def choose_video(self, spec: str) -> None:
        """Take the picture from elsewhere; what was there stays when that cannot be opened."""
        if await self._wish(Command.SET_SOURCES, video=spec):
            self._given_way -= {"video"}
            self._set_up = replace(self._set_up, video=spec)
            if "://" not in spec:  # a network camera's address may hold a password, and the settings hold none
                self._settings.change(video_source=spec)
            self._change(video_source=spec, trouble=None)

    async def choose_audio(self, spec: str) -> None:
        """Take the sound from elsewhere."""
        if await self._wish(Command.SET_SOURCES, audio=spec):
            self._given_way -= {"audio"}
            self._set_up = replace(self._set_up, audio=spec)
            self._settings.change(audio_source=spec)
            self._change(audio_source=spec, trouble=None)

    async def choose_quality(self, quality: Quality) -> None:
        """Another quality; refused on air."""
        if await self._wish(Command.SET_QUALITY, quality=quality.value):
            self._set_up = replace(self._set_up, quality=quality.value)
            self._settings.change(quality=quality)
            self._change(quality=quality.value, trouble=None)

    async def choose_orientation(self, orientation: str) -> None:
        """`landscape` or `portrait`; refused on air."""
        if await self._wish(Command.SET_QUALITY, quality=self._set_up.quality, orientation=orientation):
            self._set_up = replace(self._set_up, orientation=orientation)
            self._settings.change(orientation=orientation)
            self._change(orientation=orientation, trouble=None)

    async def choose_encoder(self, encoder: str) -> None:
        """Another video encoder, by its id; refused on air."""
        if await self._wish(Command.SET_ENCODER, encoder=encoder):
            self._set_up = replace(self._set_up, encoder=encoder)
            self._settings.change(encoder=encoder)
            self._change(encoder=encoder, trouble=None)

    async def set_input(self, name: str, spec: str | None, *, with_sound: bool = False) -> None:
        """A further picture for scenes, or none any more; with its sound on the channel of the same name."""
        optional = {"with_sound": True} if with_sound else {}
        if await self._wish(Command.SET_INPUT, input=name, source=spec, **optional):
            self._set_up = self._set_up.with_input(name, InputWish(spec, with_sound) if spec is not None else None)
            self._change(trouble=None)

    async def set_scene(
        self,
        scene: str | dict[str, Any],
        parameters: dict[str, Any] | None = None,
        transition: dict[str, Any] | None = None,
    ) -> None:
        """Put a scene on: a ready-made one by its name, or its layers."""
        optional = {"parameters": parameters, "transition": transition}
        given = {name: value for name, value in optional.items() if value is not None}
        if await self._wish(Command.SET_SCENE, scene=scene, **given):
            wish = SceneWish(scene, parameters)
            self._set_up = replace(self._set_up, scene=wish)
            self._change(scene=wish.name, trouble=None)

    async def set_overlay(self, name: str, layer: dict[str, Any] | None) -> None:
        """Burn a layer in over whichever scene is on, or no more."""
        if await self._wish(Command.SET_OVERLAY, name=name, layer=layer):
            self._set_up = self._set_up.with_overlay(name, layer)
            self._change(trouble=None)

    async def media_control(
        self, source: str, action: str | None = None, position_s: float | None = None
    ) -> MediaState | None:
        """Steer a media file, or only ask how it stands; None when that was refused."""
        optional = {"action": action, "position_s": position_s}
        try:
            answer = await self._engine.request(
                Command.MEDIA_CONTROL, source=source, **{n: v for n, v in optional.items() if v is not None}
            )
            return MediaState(**{name: answer[name] for name in MediaState.__dataclass_fields__})
        except ClientError as error:
            self._change(trouble=Trouble.of_error(error))
        except (KeyError, TypeError):
            _log.warning("a media state is not understood")
        return None

    # --- wishes: sound --------------------------------------------------------------------------------------------

    async def set_gain(self, gain_db: float) -> None:
        """Louder or softer."""
        if await self._wish(Command.SET_AUDIO, gain_db=gain_db):
            self._set_up = replace(self._set_up, gain_db=gain_db)
            self._settings.change(gain_db=gain_db)
            self._change(gain_db=gain_db)

    async def set_muted(self, is_muted: bool) -> None:
        """Silence in place of the sound, or the sound again. Never remembered for the next run."""
        if await self._wish(Command.SET_AUDIO, is_muted=is_muted):
            self._set_up = replace(self._set_up, is_muted=is_muted)
            self._change(is_muted=is_muted)

    async def set_channel(self, name: str, **changes: Any) -> None:
        """Change a channel of the mixer.

        Args:
            changes: of `source` (None takes the channel away), `gain_db`, `is_muted`, `delay_ms`, `effects`.
        """
        if await self._wish(Command.SET_CHANNEL, channel=name, **changes):
            self._set_up = self._set_up.with_channel(name, changes)
            now = self._set_up
            if name == MICROPHONE:
                self._change(audio_source=now.audio, gain_db=now.gain_db, is_muted=now.is_muted)
            self._change(trouble=None)

    async def refresh_devices(self) -> None:
        """Look again for cameras, microphones and screens."""
        try:
            await self._devices()
        except ClientError as error:
            self._change(trouble=Trouble.of_error(error))

    # --- wishes: what goes out ------------------------------------------------------------------------------------

    async def go_live(self, url: str, key: str, destination: str = MAIN_DESTINATION) -> None:
        """Send to an ingest; destinations besides the main one ride along on the same encoding.

        Raises:
            ClientError: the engine refused, or is gone.
        """
        wish = Destination(url, key)
        command, params = go_live_request(destination, wish)
        await self._engine.request(command, **params)
        self._set_up = self._set_up.with_destination(destination, wish)

    async def stop(self, destination: str | None = None) -> None:
        """Stop sending, to one destination or to all; preview and recording go on. A dead engine is not to send again.

        Raises:
            ClientError: the engine is gone.
        """
        if destination is None:
            self._set_up = replace(self._set_up, destinations={})
        else:
            self._set_up = self._set_up.with_destination(destination, None)
        if self.snapshot.value.is_up:
            await self._engine.request(Command.STOP, **({"destination": destination} if destination else {}))

    async def retry_now(self, destination: str | None = None) -> None:
        """Do not wait for the next attempt."""
        await self._wish(Command.RETRY_NOW, **({"destination": destination} if destination else {}))

    async def start_recording(self, folder: Path, name: str) -> Path | None:
        """Record, with or without a broadcast. The file's path; None when that was refused."""
        wish = RecordingWish(str(folder), name)
        path = await self._wish_for_path(Command.RECORD_START, folder=wish.folder, name=name)
        if path is not None:
            self._set_up = replace(self._set_up, recording=wish)
        return path

    async def stop_recording(self) -> tuple[Path, ...]:
        """End the recording. Its files, whole now."""
        self._set_up = replace(self._set_up, recording=None)
        try:
            answer = await self._engine.request(Command.RECORD_STOP)
        except ClientError as error:
            self._change(trouble=Trouble.of_error(error))
            return ()
        paths = answer.get("paths")
        return tuple(Path(str(path)) for path in paths) if isinstance(paths, list) else ()

    async def set_replay(self, seconds: float) -> None:
        """Keep the last seconds of what is on for a clip; 0: nothing."""
        if await self._wish(Command.SET_REPLAY, seconds=seconds):
            self._set_up = replace(self._set_up, replay_s=seconds)

    async def save_replay(self, folder: Path, name: str, seconds: float | None = None) -> Path | None:
        """Keep what was just on as a file. Its path; None when that was refused."""
        optional = {} if seconds is None else {"seconds": seconds}
        return await self._wish_for_path(Command.SAVE_REPLAY, folder=str(folder), name=name, **optional)

    async def preflight(self, **params: Any) -> dict[str, Any]:
        """Have the engine look at everything a show needs; the report as it comes over the wire.

        Raises:
            ClientError: refused, or the engine is gone.
        """
        return await self._engine.request(Command.PREFLIGHT, **params)

    async def choose_preview_size(self, width: int, height: int) -> None:
        """Have frames of the size they are shown at: scaling once costs less than twice."""
        if (width, height) == self._preview_size:
            return
        self._preview_size = (width, height)
        if self._is_ready:
            try:
                self._on_preview_opened(await self._open_preview())
            except ClientError:
                return  # the engine is gone; the next one is asked for this size

    # --- reports --------------------------------------------------------------------------------------------------

    def status_came(self, status: EngineStatus) -> None:
        if self._is_ready:
            self._set_up = self._set_up.as_reported(status)
        if self._notice is not None and not _still_holds(self._notice, status):
            if self.snapshot.value.trouble == self._notice:
                self._change(trouble=None)
            self._notice = None
        self._mirror(status)

    def meters_came(self, meters: Meters) -> None:
        self._on_meters(meters)

    def preview_came(self, frame: PreviewFrame) -> None:
        self._on_preview_frame(frame)

    def devices_came(self, devices: Devices) -> None:
        self._list(devices)
        present = {f"camera:{one.id}" for one in devices.cameras}
        present |= {f"microphone:{one.id}" for one in devices.microphones}
        if "video" in self._given_way and self._set_up.video in present:
            self._later(self.choose_video(self._set_up.video))
        if "audio" in self._given_way and self._set_up.audio in present:
            self._later(self.choose_audio(self._set_up.audio))

    def notice_came(self, fault: Fault) -> None:
        if fault.code == "source.back":
            return  # the status no longer names it as lost, and that took the trouble away
        self._notice = Trouble.of_fault(fault)
        self._change(trouble=self._notice)

    def engine_lost(self) -> None:
        self._is_ready = False
        self._change(is_up=False, status=None, recording=None, destinations={})
        self._lost.set()

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _wish(self, command: Command, **params: Any) -> bool:
        try:
            await self._engine.request(command, **params)
        except ClientError as error:
            self._change(trouble=Trouble.of_error(error))
            return False
        return True

    async def _wish_for_path(self, command: Command, **params: Any) -> Path | None:
        try:
            answer = await self._engine.request(command, **params)
        except ClientError as error:
            self._change(trouble=Trouble.of_error(error))
            return None
        self._change(trouble=None)
        return Path(str(answer.get("path", "")))

    async def _devices(self) -> Devices:
        devices = Devices.from_wire(await self._engine.request(Command.LIST_DEVICES))
        self._list(devices)
        return devices

    def _list(self, devices: Devices) -> None:
        self._change(cameras=devices.cameras, microphones=devices.microphones, screens=devices.screens)

    def _mirror(self, status: EngineStatus) -> None:
        """Show what the engine reports; what was chosen is shown while an engine is only coming up."""
        told: dict[str, Any] = {"status": status}
        if self._is_ready:
            told |= {
                "is_muted": status.is_muted,
                "scene": status.scene,
                "inputs": status.inputs,
                "channels": status.channels,
                "overlays": status.overlays,
                "recording": status.recording,
                "destinations": status.destinations,
                "orientation": status.orientation,
                "encoder": status.encoder or self._set_up.encoder,
            }
        self._change(**told)

    def _later(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name="engine-wish")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _change(self, **changes: Any) -> None:
        self.snapshot.set(replace(self.snapshot.value, **changes))


def _still_holds(notice: Trouble, status: EngineStatus) -> bool:
    """Whether what was noticed is still so. What the status does not tell stays until the next wish."""
    if notice.code == "source.lost":
        return bool(status.lost)
    if notice.code.startswith("overload."):
        return bool(status.overload)
    return True
