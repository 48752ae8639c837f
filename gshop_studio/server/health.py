"""Operation: whether the server lives (`/health`) and whether it can do its work (`/ready`)."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from gshop_studio import __version__
from gshop_studio.server.dependencies import Has

router = APIRouter(tags=["operation"])


@router.get("/health", summary="Alive")
async def health() -> dict[str, str]:
    return {"status": "ok", "version": __version__}


@router.get("/ready", summary="Database reachable")
async def ready(services: Has, response: Response) -> dict[str, str]:
    is_reachable = await services.database.is_reachable()
    if not is_reachable:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return {"status": "ready" if is_reachable else "unready", "database": "ok" if is_reachable else "failed"}
