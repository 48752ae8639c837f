"""What each command of the local socket does: from untrusted parameters to calls of the engine."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Protocol

from encoder.daemon_call import call_in_daemon_thread
from encoder.engine import Engine
from encoder.errors import EngineError
from encoder.picture import PictureSize
from encoder.preview import LARGEST_SIDE, Preview
from encoder.sources.opener import list_devices, parse_audio, parse_video
from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import PREVIEW_SLOT_COUNT, Command, Fault, status_to_wire

_MAX_GAIN_DB = 30.0
_MAX_TEXT = 4096

_Params = dict[str, Any]


class PreviewDesk(Protocol):
    """The preview of the client that asks."""

    def start(self, box: PictureSize) -> Preview: ...
    def stop(self) -> None: ...
    def release(self, slot: int) -> bool: ...


class Dispatcher:
    """Runs the commands of one client."""

    def __init__(self, engine: Engine, preview: PreviewDesk, shutdown_requested: asyncio.Event) -> None:
        self._engine = engine
        self._preview = preview
        self._shutdown_requested = shutdown_requested
        self._handlers: dict[Command, Callable[[_Params], Awaitable[_Params]]] = {
            Command.STATUS: self._status,
            Command.LIST_DEVICES: self._list_devices,
            Command.SET_SOURCES: self._set_sources,
            Command.SET_QUALITY: self._set_quality,
            Command.SET_AUDIO: self._set_audio,
            Command.GO_LIVE: self._go_live,
            Command.STOP: self._stop,
            Command.RETRY_NOW: self._retry_now,
            Command.PREVIEW_START: self._preview_start,
            Command.PREVIEW_STOP: self._preview_stop,
            Command.PREVIEW_RELEASE: self._preview_release,
            Command.SHUTDOWN: self._shutdown,
        }

    async def run(self, message: _Params) -> _Params:
        """The result of a request.

        Raises:
            EngineError: what the command refused, or `engine.bad_request`.
        """
        params = message.get("params", {})
        try:
            handler = self._handlers[Command(str(message.get("command")))]
        except ValueError:
            raise _bad("command") from None
        if not isinstance(params, dict):
            raise _bad("params")
        return await handler(params)

    async def _status(self, params: _Params) -> _Params:
        return status_to_wire(self._engine.status())

    async def _list_devices(self, params: _Params) -> _Params:
        cameras, microphones = await call_in_daemon_thread(list_devices)
        return {"cameras": [asdict(one) for one in cameras], "microphones": [asdict(one) for one in microphones]}

    async def _set_sources(self, params: _Params) -> _Params:
        video, audio = _optional_text(params, "video"), _optional_text(params, "audio")
        await self._engine.set_sources(parse_video(video) if video else None, parse_audio(audio) if audio else None)
        return {}

    async def _set_quality(self, params: _Params) -> _Params:
        try:
            quality = Quality(str(params.get("quality")))
        except ValueError:
            raise _bad("quality") from None
        self._engine.set_quality(quality)
        return {}

    async def _set_audio(self, params: _Params) -> _Params:
        gain_db, is_muted = params.get("gain_db"), params.get("is_muted")
        if gain_db is not None and not _is_number(gain_db, -120.0, _MAX_GAIN_DB):
            raise _bad("gain_db")
        if is_muted is not None and not isinstance(is_muted, bool):
            raise _bad("is_muted")
        self._engine.set_audio(gain_db=gain_db, is_muted=is_muted)
        return {}

    async def _go_live(self, params: _Params) -> _Params:
        url, key = _optional_text(params, "url"), _optional_text(params, "key")
        if not key:
            raise EngineError(Fault("key.missing"))
        if not url:
            raise _bad("url")
        await self._engine.go_live(url, key)
        return {}

    async def _stop(self, params: _Params) -> _Params:
        await self._engine.stop()
        return {}

    async def _retry_now(self, params: _Params) -> _Params:
        self._engine.retry_now()
        return {}

    async def _preview_start(self, params: _Params) -> _Params:
        width, height = params.get("width"), params.get("height")
        if not (_is_whole(width, 2, LARGEST_SIDE) and _is_whole(height, 2, LARGEST_SIDE)):
            raise _bad("width, height")
        preview = self._preview.start(PictureSize(int(params["width"]), int(params["height"])))
        return {
            "path": str(preview.path),
            "slot_count": PREVIEW_SLOT_COUNT,
            "slot_bytes": preview.slot_bytes,
            "width": preview.size.width,
            "height": preview.size.height,
        }

    async def _preview_stop(self, params: _Params) -> _Params:
        self._preview.stop()
        return {}

    async def _preview_release(self, params: _Params) -> _Params:
        slot = params.get("slot")
        if not _is_whole(slot, 0, PREVIEW_SLOT_COUNT - 1) or not self._preview.release(int(params["slot"])):
            raise _bad("slot")
        return {}

    async def _shutdown(self, params: _Params) -> _Params:
        self._shutdown_requested.set()
        return {}


def _bad(reason: str) -> EngineError:
    return EngineError(Fault("engine.bad_request", {"reason": reason}))


def _optional_text(params: _Params, name: str) -> str | None:
    value = params.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > _MAX_TEXT or "\0" in value:
        raise _bad(name)
    return value


def _is_number(value: Any, low: float, high: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and low <= value <= high


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
