"""Operation: whether the server lives (`/health`), whether it can do its work (`/ready`), its numbers (`/metrics`)."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response, status

from gshop_studio import __version__
from gshop_studio.contract.wire import Answer
from gshop_studio.server.dependencies import Has
from gshop_studio.server.operation.readiness import ComponentState, ReadyStatus
from gshop_studio.server.refusals import Refused
from gshop_studio.server.secret_key import keyed_hash

router = APIRouter(tags=["operation"])


class ReadyAnswer(Answer):
    status: ReadyStatus
    database: ComponentState
    cache: ComponentState
    media: ComponentState


@router.get("/health", summary="Alive")
async def health(services: Has, challenge: Annotated[str | None, Query(max_length=128)] = None) -> dict[str, str]:
    """With a `challenge`, the answer's `proof` is its HMAC-SHA256 by the token of `server.json`, in hex: so a studio
    knows that the server it finds is the one of its own data directory before it signs in there."""
    alive = {"status": "ok", "version": __version__}
    return alive | ({"proof": keyed_hash(services.local_token.encode(), challenge)} if challenge else {})


@router.get(
    "/ready",
    summary="Whether what the server needs is there",
    responses={
        status.HTTP_503_SERVICE_UNAVAILABLE: {
            "model": ReadyAnswer,
            "description": "The database fails, or the server stops",
        }
    },
)
async def ready(services: Has, response: Response) -> ReadyAnswer:
    """A component this server does not use is `unused`. Without the cache or the ingest it works on, `degraded`: 503 is
    only for a database that does not answer, and a server that stops."""
    readiness = services.operation.readiness
    states = await readiness.ask()
    state = readiness.status_of(states)
    if state is ReadyStatus.UNREADY:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return ReadyAnswer(status=state, **states)


@router.get("/metrics", summary="Numbers for Prometheus", response_class=Response)
async def metrics(
    request: Request, services: Has, authorization: Annotated[str, Header(max_length=1000)] = ""
) -> Response:
    """Only where `GSHOP_METRICS_TOKEN` is set, and only for who brings it as a bearer token."""
    operation = services.operation
    if operation.metrics_token is None:
        raise Refused("request.not_found")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), operation.metrics_token.encode()):
        raise Refused("auth.required")
    content, media_type = operation.metrics.page(request.headers.get("accept", ""))
    return Response(content, media_type=media_type, headers={"Cache-Control": "no-store"})
