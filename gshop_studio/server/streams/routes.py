"""REST of shows: `/live/streams...`."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, File, Query, Response, UploadFile, status

from gshop_studio.contract.rest import (
    EndAnswer,
    IngestAnswer,
    StartAnswer,
    Stream,
    StreamCreate,
    StreamList,
    StreamPatch,
)
from gshop_studio.contract.shows import CategoryList, ShareAnswer, ShareRequest
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.catalog.images import MAX_UPLOAD_BYTES
from gshop_studio.server.dependencies import Address, Has, Language, MaybeCaller, Paged
from gshop_studio.server.lean_route import LeanRoute
from gshop_studio.server.streams.categories import list_categories

router = APIRouter(prefix="/live/streams", tags=["shows"], route_class=LeanRoute)
categories_router = APIRouter(prefix="/live/categories", tags=["shows"], route_class=LeanRoute)


@router.post("", status_code=status.HTTP_201_CREATED, summary="Create a show")
async def create_stream(wish: StreamCreate, services: Has, caller: MaybeCaller) -> Stream:
    return await services.streams.create(caller, wish)


@router.get("", response_model=StreamList, summary="List shows, newest first: my own, or the public ones")
async def list_streams(
    services: Has,
    caller: MaybeCaller,
    page: Paged,
    mine: bool = False,
    stream_status: Annotated[StreamStatus | None, Query(alias="status")] = None,
) -> Response | StreamList:
    find = partial(
        services.streams.page, caller, is_mine=mine, status=stream_status, limit=page.limit, offset=page.offset
    )
    if caller is not None or mine:  # hosts see more of their own
        return await find()
    return await services.cached.shows(find, "newest", stream_status, page)


@router.get("/active", response_model=StreamList, summary="What is on air now")
async def list_active_streams(
    services: Has,
    page: Paged,
    category: Annotated[str | None, Query(max_length=60)] = None,
    tags: Annotated[str, Query(max_length=400, description="Separated by commas; all must match")] = "",
    sort: Literal["viewers", "newest", "trending"] = "viewers",
) -> Response:
    wanted = [tag.strip() for tag in tags.split(",") if tag.strip()]
    find = partial(
        services.streams.active, category=category, tags=wanted, sort=sort, limit=page.limit, offset=page.offset
    )
    return await services.cached.shows(find, "active", category, wanted, sort, page)


@router.get("/{stream_id}", summary="One show, with its products")
async def get_stream(stream_id: str, services: Has, caller: MaybeCaller) -> Stream:
    return await services.streams.get(caller, stream_id)


@router.patch("/{stream_id}", summary="Edit a show; only what is given changes")
async def change_stream(stream_id: str, wish: StreamPatch, services: Has, caller: MaybeCaller) -> Stream:
    return await services.streams.change(caller, stream_id, wish)


@router.delete(
    "/{stream_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Cancel a show to come, or remove one that is over for good",
)
async def remove_stream(stream_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.streams.remove(caller, stream_id)


@router.post("/{stream_id}/thumbnail", summary="Give a show its picture: JPEG, PNG or WebP; cut to 16:9 or 9:16")
async def set_thumbnail(
    stream_id: str, thumbnail: Annotated[UploadFile, File()], services: Has, caller: MaybeCaller
) -> Stream:
    return await services.streams.set_thumbnail(caller, stream_id, await thumbnail.read(MAX_UPLOAD_BYTES + 1))


@router.post("/{stream_id}/share", summary="The address to pass on; the share is counted")
async def share_stream(
    stream_id: str, services: Has, caller: MaybeCaller, address: Address, wish: ShareRequest | None = None
) -> ShareAnswer:
    return await services.sharing.share(caller, address, stream_id, wish or ShareRequest())


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


@categories_router.get("", summary="The categories to choose from, named in three languages")
def get_categories(language: Language) -> CategoryList:
    return list_categories(language)
