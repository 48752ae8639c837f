"""uvicorn's WebSocket, which also takes frames that are ready: an event is framed once for all who hear it.

It hands itself to the application in the scope, so that middleware between the two changes nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

_SCOPE_KEY = "gshop.websocket"
_FINAL_TEXT = 0x81
_ONE_BYTE_LENGTH, _TWO_BYTES, _EIGHT_BYTES = 125, 126, 127


class FrameWebSocket(WebSocketsSansIOProtocol):
    """Give it to uvicorn as `ws`. Compression must be off: a ready frame is the same for everybody."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if (scope := getattr(self, "scope", None)) is not None:  # none, where the handshake was refused
            scope[_SCOPE_KEY] = self

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> FrameWebSocket | None:
        """The connection of an ASGI scope; None behind another server."""
        found = scope.get(_SCOPE_KEY)
        return found if isinstance(found, cls) else None


def text_frame(text: str) -> bytes:
    """The frame of a whole text message from a server (RFC 6455, 5.2): final, unmasked."""
    payload = text.encode()
    length = len(payload)
    if length <= _ONE_BYTE_LENGTH:
        head = struct.pack("!BB", _FINAL_TEXT, length)
    elif length < 2**16:
        head = struct.pack("!BBH", _FINAL_TEXT, _TWO_BYTES, length)
    else:
        head = struct.pack("!BBQ", _FINAL_TEXT, _EIGHT_BYTES, length)
    return head + payload
