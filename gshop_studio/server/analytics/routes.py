"""REST of a show's numbers: `/live/streams/{stream_id}/analytics`, `/highlights` and `/report`."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from gshop_studio.contract.analytics import Analytics, Highlight, HighlightList, HighlightPatch, Report
from gshop_studio.server.analytics.report.page import content_security_policy, page_of
from gshop_studio.server.analytics.report.zone import require_zone
from gshop_studio.server.dependencies import Has, Language, MaybeCaller, Paged
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/live/streams/{stream_id}", tags=["numbers"], route_class=LeanRoute)


@router.get("/analytics", response_model=Analytics, summary="A show's numbers, for its host and moderators")
async def get_analytics(stream_id: str, services: Has, caller: MaybeCaller) -> Response:
    numbers = await services.analytics.get(caller, stream_id)  # its curves are long: written in one go
    return Response(numbers.model_dump_json(by_alias=True, exclude_none=True), media_type="application/json")


@router.get("/highlights", summary="Moments of a show worth coming back to")
async def list_highlights(stream_id: str, services: Has, caller: MaybeCaller, page: Paged) -> HighlightList:
    return await services.highlights.page(caller, stream_id, limit=page.limit, offset=page.offset)


@router.patch("/highlights/{highlight_id}", summary="Name a moment, or say whether everybody sees it")
async def change_highlight(
    stream_id: str, highlight_id: str, wish: HighlightPatch, services: Has, caller: MaybeCaller
) -> Highlight:
    return await services.highlights.change(caller, stream_id, highlight_id, wish)


@router.get(
    "/report",
    response_model=Report,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
    summary="The report of a show that is over: JSON, or one HTML page",
)
async def get_report(
    request: Request,
    stream_id: str,
    services: Has,
    caller: MaybeCaller,
    language: Language,
    wanted: Annotated[Literal["json", "html"] | None, Query(alias="format", description="Wins over Accept")] = None,
    zone: Annotated[
        str, Query(alias="timeZone", max_length=64, description="Of the page's moments, as America/Lima")
    ] = "UTC",
) -> Report | Response:
    require_zone(zone)
    report = await services.report.get(caller, stream_id, language)
    is_page = wanted == "html" if wanted is not None else "text/html" in request.headers.get("accept", "")
    if not is_page:
        return report
    headers = {"Content-Security-Policy": content_security_policy(), "Content-Language": language, "Vary": "Accept"}
    return HTMLResponse(page_of(report, zone), headers=headers)
