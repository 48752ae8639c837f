"""Bodies that are too large are refused before they are read (case 40): ASGI middleware."""

from __future__ import annotations

import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from gshop_studio.server.catalog.images import MAX_UPLOAD_BYTES
from gshop_studio.server.problems import problem_response
from gshop_studio.server.refusals import Refused
from gshop_studio.texts import best_language

MAX_BODY_BYTES = 1024 * 1024
_MULTIPART_MARGIN_BYTES = 64 * 1024
_UPLOAD_PATH = re.compile(r"/api/v1/products/[^/]+/image/?")


class BodyLimit:
    """Refuses by the length declared, and stops reading one that was not declared at the limit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = MAX_BODY_BYTES
        if _UPLOAD_PATH.fullmatch(scope["path"]):
            limit = MAX_UPLOAD_BYTES + _MULTIPART_MARGIN_BYTES
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit:
            accepted = headers.get(b"accept-language", b"").decode("latin-1")
            response = problem_response(Refused("request.too_large"), best_language(accepted))
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        taken = 0

        async def receive_within() -> Any:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_within, send)
