"""The GraphQL application: the schema over HTTP and graphql-transport-ws. Imported when it is first asked for, which
costs most of a second."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.analytics.metrics.feed import MetricFeed
from gshop_studio.server.graphql.schema import Context, create_schema
from gshop_studio.server.problems import problem_response
from gshop_studio.server.refusals import Refused
from gshop_studio.texts import best_language

MAX_SUBSCRIPTIONS = 10
"""On one connection."""
CONNECTION_INIT_S = 10


class MetricsGraphQL(GraphQL[Context, None]):
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

    async def run(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """What cannot be read is refused as everywhere, in place of a line of text."""
        try:
            return await super().run(request, *args, **kwargs)
        except HTTPException as error:
            if not isinstance(request, Request):
                raise
            refusal = Refused("request.bad_body" if error.status_code == 400 else "request.failed")
            return problem_response(refusal, _language_of(request))

    def decode_json(self, data: str | bytes) -> object:
        """Of a request's body or a message: an object, with an object as its payload if it has one.

        Raises:
            JSONDecodeError: it is anything else.
        """
        try:
            body = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError("not JSON", "", 0) from error
        if not isinstance(body, dict) or not isinstance(body.get("payload") or {}, dict):
            raise json.JSONDecodeError("not an object", "", 0)
        return body

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        language = _language_of(request)
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


def _language_of(request: Request | WebSocket) -> str:
    return best_language(request.query_params.get("lang"), request.headers.get("accept-language"))
