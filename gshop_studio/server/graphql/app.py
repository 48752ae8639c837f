"""`/graphql`: who may reach it, and how much they may ask at once. ASGI."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.analytics.metrics.feed import MetricFeed
from gshop_studio.server.clock import new_id
from gshop_studio.server.graphql.schema import Context, create_schema
from gshop_studio.server.problems import problem_response
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.realtime.sockets import Entrance
from gshop_studio.server.refusals import Refused
from gshop_studio.texts import best_language

GRAPHQL_PATH = "graphql"
MAX_SUBSCRIPTIONS = 10
"""On one connection."""
CONNECTION_INIT_S = 10


class MetricsEndpoint:
    """Counts and admits as the sockets do, then hands on to the GraphQL application."""

    def __init__(
        self, feed: MetricFeed, accounts: AccountService, entrance: Entrance, request_limit: RateLimit
    ) -> None:
        self._entrance = entrance
        self._request_limit = request_limit
        self._app: ASGIApp = _MetricsGraphQL(feed, accounts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        address = self._entrance.addresses.of(scope)
        is_own = self._entrance.origins.allows(headers.get("origin"), {"HTTP_HOST": headers.get("host")})
        if scope["type"] == "http":
            try:
                if not is_own:
                    raise Refused("auth.forbidden")
                await self._request_limit.hit("", address)
            except Refused as refusal:
                response = problem_response(refusal, best_language(headers.get("accept-language")))
                await response(scope, receive, send)
                return
            await self._app(scope, receive, send)
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
            await self._app(scope, receive, send)
        finally:
            await self._entrance.connections.release(sid, address, None)


class _MetricsGraphQL(GraphQL[Context, None]):
    def __init__(self, feed: MetricFeed, accounts: AccountService) -> None:
        super().__init__(
            create_schema(),
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=CONNECTION_INIT_S),
            max_subscriptions_per_connection=MAX_SUBSCRIPTIONS,
        )
        self._feed = feed
        self._accounts = accounts

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        language = best_language(request.query_params.get("lang"), request.headers.get("accept-language"))
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        is_bearer = isinstance(request, Request) and scheme.lower() == "bearer"
        return Context(self._feed, language, token.strip() if is_bearer else None)

    async def on_ws_connect(self, context: Context) -> Any:
        """The token of `connection_init` is who the connection is; without a good one it is closed (4403)."""
        token = (context.connection_params or {}).get("token")
        try:
            if not isinstance(token, str):
                raise Refused("auth.required")
            await self._accounts.caller(token)
        except Refused as refusal:
            raise ConnectionRejectionError({"code": refusal.code}) from refusal
        context.token = token
        return await super().on_ws_connect(context)


async def _refuse(receive: Receive, send: Send) -> None:
    """Before the handshake is accepted: 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})
