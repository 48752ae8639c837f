"""REST of shows to come: `/live/schedules...`, `/live/streams/scheduled`, `/live/streams/{id}/subscribe`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response, status

from gshop_studio.contract.clock import TimeZone
from gshop_studio.contract.schedules import (
    Schedule,
    ScheduleCreate,
    ScheduleList,
    SchedulePatch,
    ScheduleStatus,
    SubscriptionAnswer,
)
from gshop_studio.domain.repeats import moment_of
from gshop_studio.server.dependencies import Has, MaybeCaller, Paged
from gshop_studio.server.lean_route import LeanRoute
from gshop_studio.server.refusals import FieldRefusal, Refused

router = APIRouter(prefix="/live/schedules", tags=["shows"], route_class=LeanRoute)
streams_router = APIRouter(prefix="/live/streams", tags=["shows"], route_class=LeanRoute)
"""To be included before the routes of shows, which take any name for an id."""


@router.post("", status_code=status.HTTP_201_CREATED, summary="Plan a show; the show is made with it")
async def create_schedule(wish: ScheduleCreate, services: Has, caller: MaybeCaller) -> Schedule:
    return await services.schedules.create(caller, wish)


@router.get("", summary="My schedules, the earliest first")
async def list_schedules(
    services: Has,
    caller: MaybeCaller,
    page: Paged,
    schedule_status: Annotated[ScheduleStatus | None, Query(alias="status")] = None,
) -> ScheduleList:
    return await services.schedules.own(caller, status=schedule_status, limit=page.limit, offset=page.offset)


@router.get("/{schedule_id}", summary="One schedule")
async def get_schedule(schedule_id: str, services: Has, caller: MaybeCaller) -> Schedule:
    return await services.schedules.get(caller, schedule_id)


@router.patch("/{schedule_id}", summary="Change a schedule; only what is given changes")
async def change_schedule(schedule_id: str, wish: SchedulePatch, services: Has, caller: MaybeCaller) -> Schedule:
    return await services.schedules.change(caller, schedule_id, wish)


@router.delete(
    "/{schedule_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Cancel a show to come; it does not come again either",
)
async def cancel_schedule(schedule_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.schedules.cancel(caller, schedule_id)


@streams_router.get("/scheduled", response_model=ScheduleList, summary="Public shows to come, the next one first")
async def list_scheduled_streams(
    services: Has,
    caller: MaybeCaller,
    page: Paged,
    category: Annotated[str | None, Query(max_length=60)] = None,
    day: Annotated[date | None, Query(alias="date", description="The day of `timeZone` they begin on")] = None,
    zone: Annotated[TimeZone, Query(alias="timeZone")] = "UTC",
) -> Response | ScheduleList:
    begin, end = _day(day, zone) if day is not None else (None, None)
    find = partial(
        services.schedules.upcoming,
        caller,
        category=category,
        begin=begin,
        end=end,
        limit=page.limit,
        offset=page.offset,
    )
    if caller is not None:  # who is subscribed sees it
        return await find()
    return await services.cached.shows(find, "scheduled", category, begin, end, page)


@streams_router.post("/{stream_id}/subscribe", summary="Remind me of a show; again is the same")
async def subscribe(stream_id: str, services: Has, caller: MaybeCaller) -> SubscriptionAnswer:
    return await services.schedules.subscribe(caller, stream_id)


@streams_router.delete("/{stream_id}/subscribe", summary="Remind me no longer; again is the same")
async def unsubscribe(stream_id: str, services: Has, caller: MaybeCaller) -> SubscriptionAnswer:
    return await services.schedules.unsubscribe(caller, stream_id)


def _day(day: date, zone: str) -> tuple[datetime, datetime]:
    try:
        midnight = datetime.combine(day, time())
        return moment_of(midnight, zone), moment_of(midnight + timedelta(days=1), zone)
    except OverflowError as error:  # where the calendar ends
        raise Refused("request.invalid", errors=(FieldRefusal("date", "field.invalid"),)) from error
