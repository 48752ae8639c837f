"""The route of purchases, which a whole crowd asks at one moment.

The framework looks up anew for each request what depends on what, which takes as long as buying does. A request that is
as it should be is read here; every other one is the framework's, which says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from pydantic import ValidationError

from gshop_studio.contract.checkout import Order, PurchaseRequest
from gshop_studio.server.dependencies import caller_of, limit_requests, services_of
from gshop_studio.server.lean_route import LeanRoute

MAX_KEY_LENGTH = 64


class PurchaseRoute(LeanRoute):
    """Its endpoint takes what that of `purchase` takes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        by_framework = super().get_route_handler()

        async def handle(request: Request) -> Response:
            wish, key = await _wish_of(request), request.headers.get("idempotency-key")
            if wish is None or (key is not None and not 1 <= len(key) <= MAX_KEY_LENGTH):
                return await by_framework(request)
            await limit_requests(request)
            answer = Response(status_code=self.status_code or 200, media_type="application/json")
            order: Order = await self.endpoint(wish, services_of(request), await caller_of(request), answer, key)
            body = order.model_dump_json(by_alias=True, exclude_none=True)
            return Response(body, answer.status_code, media_type="application/json")

        return handle


async def _wish_of(request: Request) -> PurchaseRequest | None:
    if request.headers.get("content-type") != "application/json":
        return None
    try:
        return PurchaseRequest.model_validate_json(await request.body())
    except ValidationError:
        return None
