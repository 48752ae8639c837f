"""Bodies that are too large are refused before they are read (case 40): ASGI middleware."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gshop_studio.server.catalog.images import MAX_UPLOAD_BYTES
from gshop_studio.server.problems import problem_response
from gshop_studio.server.refusals import Refused
from gshop_studio.texts import best_language

MAX_BODY_BYTES = 1024 * 1024
_MULTIPART_MARGIN_BYTES = 64 * 1024
_THROW_AWAY_BYTES = 64 * 1024 * 1024
_THROW_AWAY_S = 5.0
_UPLOAD_PATH = re.compile(r"/api/v1/(products/[^/]+/image|live/streams/[^/]+/thumbnail|users/me/avatar)/?")


def rest_limit(path: str) -> int:
    """What a request of the API may bring: pictures are larger."""
    return MAX_UPLOAD_BYTES + _MULTIPART_MARGIN_BYTES if _UPLOAD_PATH.fullmatch(path) else MAX_BODY_BYTES


class BodyLimit:
    """Refuses by the length declared, and stops reading one that was not declared at the limit."""

    def __init__(self, app: ASGIApp, limit_of: Callable[[str], int] = rest_limit) -> None:
        """`limit_of` gives the limit in bytes of a path."""
        self._app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit:
            await _refuse(headers.get(b"accept-language", b"").decode("latin-1"), receive, send)
            return
        taken = 0

        async def receive_within() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_within, send)


async def _refuse(accepted_language: str, receive: Receive, send: Send) -> None:
    """Answer at once; then throw away what comes for a moment, so that the answer is not lost in a reset."""
    response = problem_response(Refused("request.too_large"), best_language(accepted_language))
    headers = [*response.raw_headers, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    thrown_away = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_THROW_AWAY_S):
            while thrown_away < _THROW_AWAY_BYTES:
                message = await receive()
                thrown_away += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    break
    await send({"type": "http.response.body", "body": b""})
