"""What each command of the local socket does: from untrusted parameters to calls of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from encoder.compositor.ready_made import ReadyMade
from encoder.compositor.scene_wire import chosen_scene, layer_from_wire, transition_from_wire
from encoder.daemon_call import call_in_daemon_thread
from encoder.encoders.catalogue import available_encoders
from encoder.engine import Engine
from encoder.errors import EngineError
from encoder.on_air import MAIN_DESTINATION
from encoder.params import Params, bad
from encoder.picture import PictureSize
from encoder.preview import LARGEST_SIDE, Preview
from encoder.sources.camera_modes import camera_modes
from encoder.sources.opener import list_sources, parse_audio, parse_video
from encoder.stage import MICROPHONE
from gshop_studio.domain.quality import Orientation, Quality
from gshop_studio.engine_protocol import PREVIEW_SLOT_COUNT, Command, Fault, status_to_wire

_MAX_GAIN_DB = 30.0
_LONGEST_MEDIA_S = 48 * 3600.0
_SHORTEST_REPLAY_S, _LONGEST_REPLAY_S = 5.0, 120.0

_Result = dict[str, Any]


class PreviewDesk(Protocol):
    """The preview of the client that asks."""

    def start(self, box: PictureSize) -> Preview: ...
    def stop(self) -> None: ...
    def release(self, slot: int) -> bool: ...


class MediaAction(StrEnum):
    PLAY = "play"
    PAUSE = "pause"
    LOOP = "loop"
    ONCE = "once"
    SEEK = "seek"


class Dispatcher:
    """Runs the commands of one client."""

    def __init__(self, engine: Engine, preview: PreviewDesk, shutdown_requested: asyncio.Event) -> None:
        self._engine = engine
        self._preview = preview
        self._shutdown_requested = shutdown_requested
        self._handlers: dict[Command, Callable[[Params], Awaitable[_Result]]] = {
            Command.STATUS: self._status,
            Command.LIST_DEVICES: self._list_devices,
            Command.CAMERA_MODES: self._camera_modes,
            Command.SET_SOURCES: self._set_sources,
            Command.SET_INPUT: self._set_input,
            Command.LIST_SCENES: self._list_scenes,
            Command.SET_SCENE: self._set_scene,
            Command.SET_OVERLAY: self._set_overlay,
            Command.MEDIA_CONTROL: self._media_control,
            Command.SET_QUALITY: self._set_quality,
            Command.SET_AUDIO: self._set_audio,
            Command.SET_CHANNEL: self._set_channel,
            Command.LIST_ENCODERS: self._list_encoders,
            Command.SET_ENCODER: self._set_encoder,
            Command.GO_LIVE: self._go_live,
            Command.STOP: self._stop,
            Command.RETRY_NOW: self._retry_now,
            Command.RECORD_START: self._record_start,
            Command.RECORD_STOP: self._record_stop,
            Command.SET_REPLAY: self._set_replay,
            Command.SAVE_REPLAY: self._save_replay,
            Command.PREFLIGHT: self._preflight,
            Command.PREVIEW_START: self._preview_start,
            Command.PREVIEW_STOP: self._preview_stop,
            Command.PREVIEW_RELEASE: self._preview_release,
            Command.SHUTDOWN: self._shutdown,
        }

    async def run(self, message: dict[str, Any]) -> _Result:
        """The result of a request.

        Raises:
            EngineError: what the command refused, or `engine.bad_request`.
        """
        try:
            handler = self._handlers[Command(str(message.get("command")))]
        except ValueError:
            raise bad("command") from None
        return await handler(Params(message.get("params", {})))

    async def _status(self, params: Params) -> _Result:
        return status_to_wire(self._engine.status())

    # --- sources and picture ---

    async def _list_devices(self, params: Params) -> _Result:
        return asdict(await call_in_daemon_thread(list_sources))

    async def _camera_modes(self, params: Params) -> _Result:
        modes = await call_in_daemon_thread(camera_modes, params.text("camera") or "")
        return {"modes": [asdict(mode) for mode in modes]}

    async def _set_sources(self, params: Params) -> _Result:
        video, audio = params.text("video"), params.text("audio")
        await self._engine.set_sources(parse_video(video) if video else None, parse_audio(audio) if audio else None)
        return {}

    async def _set_input(self, params: Params) -> _Result:
        name, spec = params.name("input"), params.text("source")
        source = parse_video(spec) if spec else None
        await self._engine.set_input(name, source, with_sound=bool(params.flag("with_sound")))
        return {}

    async def _list_scenes(self, params: Params) -> _Result:
        return {"scenes": [name.value for name in ReadyMade]}

    async def _set_scene(self, params: Params) -> _Result:
        wanted, parameters = params.values.get("scene"), params.values.get("parameters")
        await self._engine.show(
            lambda orientation: chosen_scene(wanted, parameters, orientation),
            transition_from_wire(params.values.get("transition")),
        )
        return {}

    async def _set_overlay(self, params: Params) -> _Result:
        layer = params.values.get("layer")
        await self._engine.set_overlay(params.name("name"), None if layer is None else layer_from_wire(layer))
        return {}

    async def _media_control(self, params: Params) -> _Result:
        media = self._engine.stage.media(params.name("source"))
        if media is None:
            raise bad("source")
        action = params.choice("action", MediaAction)
        if action is MediaAction.PLAY:
            media.play()
        elif action is MediaAction.PAUSE:
            media.pause()
        elif action in (MediaAction.LOOP, MediaAction.ONCE):
            media.set_looping(action is MediaAction.LOOP)
        elif action is MediaAction.SEEK:
            position_s = params.number("position_s", 0.0, _LONGEST_MEDIA_S)
            if position_s is None:
                raise bad("position_s")
            media.seek(position_s)
        return asdict(media.state())

    async def _set_quality(self, params: Params) -> _Result:
        quality = params.choice("quality", Quality)
        if quality is None:
            raise bad("quality")
        await self._engine.set_quality(quality, params.choice("orientation", Orientation))
        return {}

    # --- sound ---

    async def _set_audio(self, params: Params) -> _Result:
        changes = {name: params.values[name] for name in ("gain_db", "is_muted") if params.values.get(name) is not None}
        self._engine.configure_channel(MICROPHONE, changes)
        return {}

    async def _set_channel(self, params: Params) -> _Result:
        channel = params.name("channel")
        changes = {name: value for name, value in params.values.items() if name not in ("channel", "source", "effects")}
        effects = params.values.get("effects") or {}
        if not isinstance(effects, dict):
            raise bad("effects")
        changes |= effects
        if params.has("source"):
            spec = params.text("source")
            await self._engine.set_channel_source(channel, parse_audio(spec) if spec else None)
        if changes:
            self._engine.configure_channel(channel, changes)
        return {}

    # --- encoding and outputs ---

    async def _list_encoders(self, params: Params) -> _Result:
        return {"encoders": [asdict(one) for one in await call_in_daemon_thread(available_encoders)]}

    async def _set_encoder(self, params: Params) -> _Result:
        wanted = params.needed_text("encoder", most=64)
        if wanted not in {one.id for one in await call_in_daemon_thread(available_encoders)}:
            raise EngineError(Fault("encoder.not_available", {"encoder": wanted}))
        self._engine.set_encoder(wanted)
        return {}

    async def _go_live(self, params: Params) -> _Result:
        key = params.text("key")
        if not key:
            raise EngineError(Fault("key.missing"))
        destination = params.name("destination", MAIN_DESTINATION)
        await self._engine.go_live(params.needed_text("url"), key, destination)
        return {}

    async def _stop(self, params: Params) -> _Result:
        await self._engine.stop(params.text("destination", most=64))
        return {}

    async def _retry_now(self, params: Params) -> _Result:
        self._engine.retry_now(params.text("destination", most=64))
        return {}

    async def _record_start(self, params: Params) -> _Result:
        path = await self._engine.record(_folder(params), params.needed_text("name"))
        return {"path": str(path)}

    async def _record_stop(self, params: Params) -> _Result:
        return {"paths": [str(path) for path in await self._engine.stop_recording()]}

    async def _set_replay(self, params: Params) -> _Result:
        seconds = params.number("seconds", 0.0, _LONGEST_REPLAY_S)
        if seconds is None or 0 < seconds < _SHORTEST_REPLAY_S:
            raise bad("seconds")
        self._engine.set_replay(seconds)
        return {}

    async def _save_replay(self, params: Params) -> _Result:
        seconds = params.number("seconds", _SHORTEST_REPLAY_S, _LONGEST_REPLAY_S)
        path = await self._engine.save_replay(_folder(params), params.needed_text("name"), seconds)
        return {"path": str(path)}

    # --- before and besides ---

    async def _preflight(self, params: Params) -> _Result:
        return await self._engine.preflight(params.values)

    async def _preview_start(self, params: Params) -> _Result:
        size = PictureSize(params.whole("width", 2, LARGEST_SIDE), params.whole("height", 2, LARGEST_SIDE))
        preview = self._preview.start(size)
        return {
            "path": str(preview.path),
            "number": preview.number,
            "slot_count": PREVIEW_SLOT_COUNT,
            "slot_bytes": preview.slot_bytes,
            "width": preview.size.width,
            "height": preview.size.height,
        }

    async def _preview_stop(self, params: Params) -> _Result:
        self._preview.stop()
        return {}

    async def _preview_release(self, params: Params) -> _Result:
        if not self._preview.release(params.whole("slot", 0, PREVIEW_SLOT_COUNT - 1)):
            raise bad("slot")
        return {}

    async def _shutdown(self, params: Params) -> _Result:
        self._shutdown_requested.set()
        return {}


def _folder(params: Params) -> Path:
    """A folder of recordings. Whoever asks does not know where the engine works: what is relative is refused.

    Raises:
        EngineError: `engine.bad_request`.
    """
    folder = Path(params.needed_text("folder")).expanduser()
    if not folder.is_absolute():
        raise bad("folder")
    return folder
