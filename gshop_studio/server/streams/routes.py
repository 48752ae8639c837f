"""REST of shows: `/live/streams...`."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, status

from gshop_studio.contract.rest import (
    EndAnswer,
    IngestAnswer,
    StartAnswer,
    Stream,
    StreamCreate,
    StreamList,
    StreamPatch,
)
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.dependencies import Has, MaybeCaller, Paged
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/live/streams", tags=["shows"], route_class=LeanRoute)


@router.post("", status_code=status.HTTP_201_CREATED, summary="Create a show")
async def create_stream(wish: StreamCreate, services: Has, caller: MaybeCaller) -> Stream:
    return await services.streams.create(caller, wish)


@router.get("", summary="List shows, newest first: my own, or the public ones")
async def list_streams(
    services: Has,
    caller: MaybeCaller,
    page: Paged,
    mine: bool = False,
    stream_status: Annotated[StreamStatus | None, Query(alias="status")] = None,
) -> StreamList:
    return await services.streams.page(caller, is_mine=mine, status=stream_status, limit=page.limit, offset=page.offset)


@router.get("/active", summary="What is on air now")
async def list_active_streams(
    services: Has,
    page: Paged,
    category: Annotated[str | None, Query(max_length=60)] = None,
    tags: Annotated[str, Query(max_length=400, description="Separated by commas; all must match")] = "",
    sort: Literal["viewers", "newest"] = "viewers",
) -> StreamList:
    return await services.streams.active(
        category=category,
        tags=[tag.strip() for tag in tags.split(",") if tag.strip()],
        sort=sort,
        limit=page.limit,
        offset=page.offset,
    )


@router.get("/{stream_id}", summary="One show, with its products")
async def get_stream(stream_id: str, services: Has, caller: MaybeCaller) -> Stream:
    return await services.streams.get(caller, stream_id)


@router.patch("/{stream_id}", summary="Edit a show; only what is given changes")
async def change_stream(stream_id: str, wish: StreamPatch, services: Has, caller: MaybeCaller) -> Stream:
    return await services.streams.change(caller, stream_id, wish)


@router.post("/{stream_id}/start", summary="Go on air: where to publish, and the key")
async def start_stream(stream_id: str, services: Has, caller: MaybeCaller) -> StartAnswer:
    return await services.life.start(caller, stream_id)


@router.post("/{stream_id}/end", summary="End a show")
async def end_stream(stream_id: str, services: Has, caller: MaybeCaller) -> EndAnswer:
    return await services.life.end(caller, stream_id)


@router.get("/{stream_id}/ingest", summary="Where to publish, and the key, for the host")
async def get_ingest(stream_id: str, services: Has, caller: MaybeCaller) -> IngestAnswer:
    return await services.life.ingest(caller, stream_id)


@router.post("/{stream_id}/ingest/rotate", summary="Change the key of a live show")
async def rotate_key(stream_id: str, services: Has, caller: MaybeCaller) -> IngestAnswer:
    return await services.life.rotate(caller, stream_id)
