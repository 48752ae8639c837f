"""Operation: whether the server lives (`/health`) and whether it can do its work (`/ready`)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response, status

from gshop_studio import __version__
from gshop_studio.server.dependencies import Has
from gshop_studio.server.secret_key import keyed_hash

router = APIRouter(tags=["operation"])


@router.get("/health", summary="Alive")
async def health(services: Has, challenge: Annotated[str | None, Query(max_length=128)] = None) -> dict[str, str]:
    """With a `challenge`, the answer's `proof` is its HMAC-SHA256 by the token of `server.json`, in hex: so a studio
    knows that the server it finds is the one of its own data directory before it signs in there."""
    alive = {"status": "ok", "version": __version__}
    return alive | ({"proof": keyed_hash(services.local_token.encode(), challenge)} if challenge else {})


@router.get("/ready", summary="Database reachable")
async def ready(services: Has, response: Response) -> dict[str, str]:
    is_reachable = await services.database.is_reachable()
    if not is_reachable:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return {"status": "ready" if is_reachable else "unready", "database": "ok" if is_reachable else "failed"}
