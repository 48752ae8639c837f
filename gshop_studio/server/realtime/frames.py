"""The frames we take from a WebSocket: text, beginning with one of the protocol's types. ASGI middleware.

The library's handler dies of any other with a traceback, and forgets the client only when its pings run out; here
such a frame is passed over.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TYPES = frozenset("0123456")
MAX_PASSED_OVER = 100
"""Who sends more of them is no client of ours."""


class FrameGuard:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return

        passed_over = 0

        async def receive_frame() -> Message:
            nonlocal passed_over
            while True:
                message = await receive()
                if message["type"] != "websocket.receive" or (message.get("text") or "")[:1] in _TYPES:
                    return message
                passed_over += 1
                if passed_over > MAX_PASSED_OVER:
                    return {"type": "websocket.disconnect", "code": 1002}

        await self._app(scope, receive_frame, send)
