"""REST of finding shows: `/live/streams/trending`, `/live/streams/search`."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from gshop_studio.contract.discovery import SearchSort
from gshop_studio.contract.rest import StreamList
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.dependencies import Has, Paged
from gshop_studio.server.discovery.wanted import Wanted
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/live/streams", tags=["finding"], route_class=LeanRoute)
"""Its paths come before `/live/streams/{stream_id}`."""
Category = Annotated[str | None, Query(max_length=60)]
PriceLimit = Annotated[
    Decimal, Field(ge=0, le=Decimal("99999999.99"), max_digits=11, decimal_places=3, allow_inf_nan=False)
]


@router.get("/trending", response_model=StreamList, summary="What draws people now, most first; measured every 5 min")
async def list_trending_streams(services: Has, page: Paged, category: Category = None) -> Response:
    find = partial(services.discovery.trending, category=category, limit=page.limit, offset=page.offset)
    return await services.cached.shows(find, "trending", category, page)


@router.get("/search", response_model=StreamList, summary="Find shows by words, category, tags, price, seller, place")
async def search_streams(
    services: Has,
    page: Paged,
    q: Annotated[str, Query(max_length=120, description="Words; each may be the beginning of one")] = "",
    category: Category = None,
    tags: Annotated[str, Query(max_length=400, description="Separated by commas; all must match")] = "",
    seller_id: Annotated[str | None, Query(alias="sellerId", max_length=64)] = None,
    location: Annotated[
        str | None, Query(max_length=60, description="Of the host: how a city begins, or a country's two letters")
    ] = None,
    min_price: Annotated[PriceLimit | None, Query(alias="minPrice")] = None,
    max_price: Annotated[PriceLimit | None, Query(alias="maxPrice")] = None,
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
    stream_status: Annotated[
        StreamStatus | None, Query(alias="status", description="Without it, what is on air or has a date")
    ] = None,
    sort: Annotated[
        SearchSort | None, Query(description="Without it by relevance, or, without words, by viewers")
    ] = None,
) -> Response | StreamList:
    wanted = Wanted(
        text=q,
        category=category,
        tags=tuple(tag.strip() for tag in tags.split(",") if tag.strip()),
        seller_id=seller_id,
        location=location,
        min_price=min_price,
        max_price=max_price,
        currency=currency,
        status=stream_status,
        sort=sort,
    )
    find = partial(services.discovery.search, wanted, limit=page.limit, offset=page.offset)
    if wanted.text:  # nobody asks the same soon
        return await find()
    return await services.cached.shows(find, "search", wanted, page)
