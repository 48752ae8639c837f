"""The engine's link as the use cases see it: reports as dataclasses, refusals as `ClientError`s."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gshop_studio.client.engine_link import EngineGone, EngineLink, EngineRefused, EngineStartFailed
from gshop_studio.client.errors import ClientError
from gshop_studio.engine_protocol import (
    Command,
    Device,
    EngineEvent,
    EngineStatus,
    Fault,
    Meters,
    PreviewFrame,
    ProtocolError,
    status_from_wire,
)

_log = logging.getLogger(__name__)


class EngineLost(ClientError):
    """The engine's process is gone, or does not answer."""

    def __init__(self) -> None:
        super().__init__("engine.lost")


@dataclass(frozen=True, slots=True)
class Devices:
    """What can be chosen on this machine."""

    cameras: tuple[Device, ...] = ()
    microphones: tuple[Device, ...] = ()
    screens: tuple[Device, ...] = ()

    @classmethod
    def from_wire(cls, data: dict[str, Any]) -> Devices:
        """From what LIST_DEVICES answers and the `devices` event tells.

        Raises:
            KeyError, TypeError: it is not such a list.
        """
        cameras, microphones, screens = (
            tuple(Device(str(row["id"]), str(row["name"])) for row in data.get(kind, ()))
            for kind in ("cameras", "microphones", "screens")
        )
        return cls(cameras, microphones, screens)


class EngineListener(Protocol):
    """Who is told what the engine reports. Called on the asyncio thread."""

    def status_came(self, status: EngineStatus) -> None: ...
    def meters_came(self, meters: Meters) -> None: ...
    def preview_came(self, frame: PreviewFrame) -> None: ...
    def devices_came(self, devices: Devices) -> None: ...
    def notice_came(self, fault: Fault) -> None: ...
    def engine_lost(self) -> None: ...


class EngineClient:
    """The one engine of a control directory.

    Args:
        control_dir: where the engine's address lies.
        command: what starts an engine, if not this program.
    """

    def __init__(self, control_dir: Path, command: Sequence[str] | None = None) -> None:
        self._listener: EngineListener | None = None
        self._link = EngineLink(control_dir, on_event=self._on_event, on_lost=self._on_lost, command=command)

    @property
    def pid(self) -> int | None:
        """The engine's process, while connected."""
        return self._link.pid

    async def open(self, listener: EngineListener) -> bool:
        """Find the running engine or start one, and connect. True: it was running already.

        Raises:
            ClientError: it did not start.
        """
        self._listener = listener
        try:
            return not await self._link.start()
        except EngineStartFailed as error:
            raise ClientError(error.fault.code, **error.fault.params) from error

    async def request(self, command: Command, **params: Any) -> dict[str, Any]:
        """Ask and wait for the answer.

        Raises:
            ClientError: refused, with the fault's code, or `EngineLost`.
        """
        try:
            return await self._link.request(command, params)
        except EngineRefused as error:
            raise ClientError(error.fault.code, **error.fault.params) from error
        except EngineGone as error:
            raise EngineLost from error

    async def shutdown(self) -> None:
        """End the broadcast and the process, also one not yet connected to; done when it is gone."""
        with contextlib.suppress(EngineStartFailed):  # there is none of ours
            await self._link.attach()
        await self._link.shutdown()

    async def close(self) -> None:
        """Disconnect; the engine runs on."""
        await self._link.close()

    def _on_event(self, event: EngineEvent, data: dict[str, Any]) -> None:
        if self._listener is None:
            return
        handle: dict[EngineEvent, Callable[[], None]] = {
            EngineEvent.STATUS: lambda: self._tell_status(data),
            EngineEvent.METERS: lambda: self._tell_meters(data),
            EngineEvent.PREVIEW: lambda: self._tell_preview(data),
            EngineEvent.DEVICES: lambda: self._tell_devices(data),
            EngineEvent.NOTICE: lambda: self._tell_notice(data),
        }
        try:
            if (tell := handle.get(event)) is not None:
                tell()
        except (ProtocolError, AttributeError, KeyError, TypeError, ValueError):
            _log.warning("a report of the engine is not understood: %s", event)

    def _tell_status(self, data: dict[str, Any]) -> None:
        assert self._listener is not None
        self._listener.status_came(status_from_wire(data))

    def _tell_meters(self, data: dict[str, Any]) -> None:
        assert self._listener is not None
        peak, rms = data["peak_dbfs"], data["rms_dbfs"]
        self._listener.meters_came(Meters((float(peak[0]), float(peak[1])), (float(rms[0]), float(rms[1]))))

    def _tell_preview(self, data: dict[str, Any]) -> None:
        assert self._listener is not None
        numbers = (int(data[name]) for name in ("slot", "width", "height", "captured_at_ms", "memory"))
        self._listener.preview_came(PreviewFrame(*numbers))

    def _tell_devices(self, data: dict[str, Any]) -> None:
        assert self._listener is not None
        self._listener.devices_came(Devices.from_wire(data))

    def _tell_notice(self, data: dict[str, Any]) -> None:
        assert self._listener is not None
        params = {str(name): str(value) for name, value in (data.get("params") or {}).items()}
        self._listener.notice_came(Fault(str(data["code"]), params))

    def _on_lost(self) -> None:
        if self._listener is not None:
            self._listener.engine_lost()
