"""An engine without a process: remembers what it was asked, fails when told to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gshop_studio.client.engine_client import EngineListener
from gshop_studio.client.errors import ClientError
from gshop_studio.engine_protocol import (
    Command,
    DestinationStatus,
    EngineState,
    EngineStatus,
    RecordingStatus,
    status_to_wire,
)


class FakeEngine:
    def __init__(self) -> None:
        self.listener: EngineListener | None = None
        self.asked: list[tuple[Command, dict[str, Any]]] = []
        self.refused: dict[str, str] = {}
        """The text of a source, url or quality that is refused, and with which code."""
        self.state = EngineState.IDLE
        self.opened = 0
        self.was_running = False
        self.fails_to_open = 0
        self.is_shut_down = False
        self.cameras: list[dict[str, str]] = []
        self.told = EngineStatus(EngineState.IDLE, at_ms=0, video_source="test", audio_source="tone", quality="720p")
        """What the status says besides the state."""
        self.report_of_preflight: dict[str, Any] = {"results": []}

    async def open(self, listener: EngineListener) -> bool:
        if self.fails_to_open:
            self.fails_to_open -= 1
            raise ClientError("engine.start_failed", reason="no")
        self.opened += 1
        self.listener = listener
        return self.was_running

    async def request(self, command: Command, **params: Any) -> dict[str, Any]:
        self.asked.append((command, params))
        if command.value in self.refused:
            raise ClientError(self.refused[command.value])
        for value in params.values():
            if isinstance(value, str) and value in self.refused:
                raise ClientError(self.refused[value], source=str(value))
        match command:
            case Command.STATUS:
                return status_to_wire(self.status())
            case Command.LIST_DEVICES:
                return {"cameras": self.cameras, "microphones": []}
            case Command.PREVIEW_START:
                return {"path": "/nowhere", "slot_count": 3, "slot_bytes": 4, "width": 1, "height": 1, "number": 1}
            case Command.GO_LIVE if (name := params.get("destination")) is not None:
                self.tell(destinations={**self.told.destinations, name: DestinationStatus(EngineState.LIVE)})
            case Command.GO_LIVE:
                self.report(EngineState.LIVE)
            case Command.STOP if (name := params.get("destination")) is not None:
                left = {key: value for key, value in self.told.destinations.items() if key != name}
                self.tell(destinations=left)
            case Command.STOP:
                self.report(EngineState.IDLE)
            case Command.RECORD_START:
                path = f"{params['folder']}/{params['name']}.mp4"
                self.tell(recording=RecordingStatus(True, path))
                return {"path": path}
            case Command.RECORD_STOP:
                assert self.told.recording is not None
                self.tell(recording=replace(self.told.recording, is_running=False))
                return {"paths": [self.told.recording.path]}
            case Command.SAVE_REPLAY:
                return {"path": f"{params['folder']}/{params['name']}.mp4"}
            case Command.MEDIA_CONTROL:
                return {"is_playing": params.get("action") != "pause", "is_looping": False, "has_ended": False,
                        "position_s": 1.5, "duration_s": None}  # fmt: skip
            case Command.PREFLIGHT:
                return self.report_of_preflight
        return {}

    async def shutdown(self) -> None:
        self.is_shut_down = True

    async def close(self) -> None:
        self.listener = None

    # --- for the test ---

    def status(self) -> EngineStatus:
        return replace(self.told, state=self.state)

    def report(self, state: EngineState) -> None:
        self.state = state
        self.tell()

    def tell(self, **changes: Any) -> None:
        """The status changes, and is told."""
        self.told = replace(self.told, **changes)
        assert self.listener is not None
        self.listener.status_came(self.status())

    def die(self) -> None:
        self.state = EngineState.IDLE
        self.told = replace(self.told, recording=None, destinations={})
        assert self.listener is not None
        self.listener.engine_lost()

    def wishes(self, command: Command) -> list[dict[str, Any]]:
        return [params for asked, params in self.asked if asked is command]
