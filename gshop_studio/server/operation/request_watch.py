"""Watches requests from the outside: gives each its id, counts and times it, and logs it if asked to. ASGI middleware.

What it keeps of a request is its method, the template of its route and its status, never its path: that may hold
what somebody pasted into it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gshop_studio.contract.events import SOCKET_PATH
from gshop_studio.server.operation import request_ids

log = logging.getLogger(__name__)
UNMATCHED = "unmatched"
API_PREFIX = "/api/v1"
_WITHOUT_ROUTE = frozenset({"/openapi.json", "/graphql"})
"""Addresses of ours that the router does not know as routes."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Answered = Callable[[str, str, int, float], None]
"""Told of each request answered: its method, route and status, and how many seconds it took."""


class RequestWatch:
    def __init__(self, app: ASGIApp, answered: Answered, *, has_access_log: bool) -> None:
        self._app = app
        self._answered = answered
        self._has_access_log = has_access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            request_ids.accept(None)
            await self._app(scope, receive, send)  # as it came: the sockets write through it
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_ids.accept(Headers(scope=scope).get(request_ids.HEADER))
        status = 500
        start_s = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[request_ids.HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._note(scope, status, time.perf_counter() - start_s)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route = route_of(scope)
        self._answered(method, route, status, seconds)
        if self._has_access_log:
            ms = round(seconds * 1000, 1)
            fields = {"method": method, "route": route, "status": status, "ms": ms}
            log.info("%s %s %d in %.1f ms", method, route, status, ms, extra=fields)


def route_of(scope: Scope) -> str:
    """The template of the route that answered: /api/v1/live/streams/{stream_id}."""
    route = scope.get("route")
    path = scope["path"]
    if route is not None:
        template = str(route.path)
        is_below = path.startswith(f"{API_PREFIX}/") and not template.startswith(API_PREFIX)
        return f"{API_PREFIX}{template}" if is_below else template  # a router knows its routes without its prefix
    if path.startswith(f"/{SOCKET_PATH}/"):
        return f"/{SOCKET_PATH}"
    if path.startswith("/live/"):
        return "/live/{file}.m3u8" if path.endswith(".m3u8") else "/live/{file}"
    return path if path in _WITHOUT_ROUTE else UNMATCHED
