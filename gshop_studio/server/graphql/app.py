"""`/graphql`: who may reach it, and how much they may ask at once. ASGI."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.analytics.metrics.feed import MetricFeed
from gshop_studio.server.clock import new_id
from gshop_studio.server.graphql.message_pace import MessagePace
from gshop_studio.server.problems import problem_response
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.realtime.sockets import Entrance
from gshop_studio.server.refusals import Refused
from gshop_studio.texts import best_language

GRAPHQL_PATH = "graphql"


class MetricsEndpoint:
    """Counts and admits as the sockets do, then hands on to the GraphQL application."""

    def __init__(
        self, feed: MetricFeed, accounts: AccountService, entrance: Entrance, request_limit: RateLimit
    ) -> None:
        self._feed = feed
        self._accounts = accounts
        self._entrance = entrance
        self._request_limit = request_limit
        self._app: ASGIApp | None = None
        self._loading = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        address = self._entrance.addresses.of(scope)
        is_own = self._entrance.origins.allows(headers.get("origin"), {"HTTP_HOST": headers.get("host")})
        if scope["type"] == "http":
            try:
                if not is_own:
                    raise Refused("auth.forbidden")
                await self._request_limit.hit("", address)
                if scope["method"] != "POST":
                    raise Refused("request.method_not_allowed")
            except Refused as refusal:
                query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
                language = best_language(query.get("lang", [None])[0], headers.get("accept-language"))
                response = problem_response(refusal, language)
                if refusal.status == HTTPStatus.METHOD_NOT_ALLOWED:
                    response.headers["Allow"] = "POST"
                await response(scope, receive, send)
                return
            app = await self._loaded()
            await app(scope, receive, send)
        elif not is_own:
            await _refuse(receive, send)
        else:
            await self._connect(scope, receive, send, address)

    async def _connect(self, scope: Scope, receive: Receive, send: Send, address: str) -> None:
        sid = f"graphql-{new_id()}"
        try:
            await self._entrance.connections.admit(sid, address, None)
        except Refused:
            await _refuse(receive, send)
            return
        try:
            app = await self._loaded()
            paced = MessagePace(self._entrance.limits, address, receive, send)
            await app(scope, paced.receive, paced.send)
        finally:
            await self._entrance.connections.release(sid, address, None)

    async def _loaded(self) -> ASGIApp:
        """The application; loaded in a thread when it is first asked for, which on most servers nobody does."""
        async with self._loading:
            if self._app is None:
                self._app = await asyncio.to_thread(self._load)
        return self._app

    def _load(self) -> ASGIApp:
        from gshop_studio.server.graphql.metrics_graphql import MetricsGraphQL

        return MetricsGraphQL(self._feed, self._accounts)


async def _refuse(receive: Receive, send: Send) -> None:
    """Before the handshake is accepted: 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})
