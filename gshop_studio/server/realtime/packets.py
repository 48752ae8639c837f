"""The packets we take: text events with names of a client's own. What is none of these becomes a harmless one.

A client may write any name into an event, those of the library's own handlers too (`connect`, `disconnect`, `*`):
they would run ours with the client's arguments. Binary is nowhere in our contract, so nothing waits for attachments.
"""

from __future__ import annotations

from typing import Any

from socketio import packet

from gshop_studio.server.realtime import json_text

MALFORMED = "malformed"
"""The event a packet becomes that is none of ours; nobody handles it, so its sender is told it is unknown."""
_RESERVED = frozenset({"connect", "disconnect", "connect_error", "*"})


class TextPacket(packet.Packet):  # type: ignore[misc] # the library has no types
    uses_binary_events = False
    json = json_text

    def __init__(self, *args: Any, encoded_packet: str | bytes | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if encoded_packet is not None and not self._is_read(encoded_packet):
            self.packet_type, self.data = packet.EVENT, [MALFORMED]

    def _is_read(self, encoded: str | bytes) -> bool:
        """Take over what was received, unless it is not for us."""
        try:
            self.decode(encoded)
        except (ValueError, TypeError, IndexError, RecursionError):
            return False
        match self.packet_type:
            case packet.EVENT:
                data = self.data
                return isinstance(data, list) and bool(data) and isinstance(data[0], str) and data[0] not in _RESERVED
            case packet.ACK:
                return isinstance(self.data, list)
            case packet.CONNECT | packet.DISCONNECT:
                return True
            case _:
                return False
