"""An event in the forms it is sent in, made once for all who hear it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from engineio import packet

from gshop_studio.server.realtime import json_text
from gshop_studio.server.realtime.websocket import text_frame

_EVENT = "2"


class Broadcast:
    """A Socket.IO event of the default namespace: `42["live:message",{...}]`."""

    def __init__(self, event: str, data: dict[str, Any]) -> None:
        self._packet_text = _EVENT + json_text.dumps([event, data])

    @cached_property
    def frame(self) -> bytes:
        """For an open WebSocket."""
        return text_frame(f"{packet.MESSAGE}{self._packet_text}")

    @cached_property
    def queued(self) -> packet.Packet:
        """For the library's queue."""
        return packet.Packet(packet.MESSAGE, self._packet_text)
