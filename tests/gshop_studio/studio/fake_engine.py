"""An engine without a process: remembers what it was asked, fails when told to."""

from __future__ import annotations

from typing import Any

from gshop_studio.client.engine_client import EngineListener
from gshop_studio.client.errors import ClientError
from gshop_studio.engine_protocol import Command, EngineState, EngineStatus, status_to_wire


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

    async def open(self, listener: EngineListener) -> bool:
        if self.fails_to_open:
            self.fails_to_open -= 1
            raise ClientError("engine.start_failed", reason="no")
        self.opened += 1
        self.listener = listener
        return self.was_running

    async def request(self, command: Command, **params: Any) -> dict[str, Any]:
        self.asked.append((command, params))
        for value in params.values():
            if value in self.refused:
                raise ClientError(self.refused[value], source=str(value))
        match command:
            case Command.STATUS:
                return status_to_wire(self.status())
            case Command.LIST_DEVICES:
                return {"cameras": self.cameras, "microphones": []}
            case Command.PREVIEW_START:
                return {"path": "/nowhere", "slot_count": 3, "slot_bytes": 4, "width": 1, "height": 1}
            case Command.GO_LIVE:
                self.report(EngineState.LIVE)
            case Command.STOP:
                self.report(EngineState.IDLE)
        return {}

    async def shutdown(self) -> None:
        self.is_shut_down = True

    async def close(self) -> None:
        self.listener = None

    # --- for the test ---

    def status(self) -> EngineStatus:
        return EngineStatus(self.state, at_ms=0, video_source="test", audio_source="tone", quality="720p")

    def report(self, state: EngineState) -> None:
        self.state = state
        assert self.listener is not None
        self.listener.status_came(self.status())

    def die(self) -> None:
        self.state = EngineState.IDLE
        assert self.listener is not None
        self.listener.engine_lost()

    def wishes(self, command: Command) -> list[dict[str, Any]]:
        return [params for asked, params in self.asked if asked is command]
