"""REST of recommendations: `/live/streams/for-you`, `/live/streams/recommended`, `/live/recommendations/track`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response

from gshop_studio.contract.discovery import ForYouList, RecommendedList, TrackAnswer, TrackRequest
from gshop_studio.server.dependencies import Has, Language, MaybeCaller, Paged
from gshop_studio.server.lean_route import LeanRoute
from gshop_studio.server.recommendations.service import require_own

router = APIRouter(prefix="/live", tags=["finding"], route_class=LeanRoute)
"""Its paths come before `/live/streams/{stream_id}`."""
UserId = Annotated[str | None, Query(alias="userId", max_length=64, description="The caller's own, or left out")]


@router.get(
    "/streams/for-you",
    response_model=ForYouList,
    summary="What is on air, as it suits me; for who is anonymous, what is popular in their language",
)
async def list_for_you(
    services: Has, caller: MaybeCaller, language: Language, page: Paged, user_id: UserId = None
) -> Response | ForYouList:
    require_own(caller, user_id)
    find = partial(services.recommendations.for_you, caller, language, limit=page.limit, offset=page.offset)
    if caller is not None:
        return await find()
    return await services.cached.shows(find, "for-you", language, page)


@router.get("/streams/recommended", response_model=RecommendedList, summary="The best for me, each with its reason")
async def list_recommended(
    services: Has,
    caller: MaybeCaller,
    language: Language,
    user_id: UserId = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response | RecommendedList:
    require_own(caller, user_id)
    find = partial(services.recommendations.recommended, caller, language, limit=limit)
    if caller is not None:
        return await find()
    return await services.cached.shows(find, "recommended", language, limit)


@router.post("/recommendations/track", summary="Say what I made of a show that was recommended to me")
async def track_recommendation(wish: TrackRequest, services: Has, caller: MaybeCaller) -> TrackAnswer:
    return await services.recommendations.track(caller, wish)
