"""Bodies about shows to come: when they are, how they repeat, and who wants to be reminded."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gshop_studio.contract.clock import TimeZone
from gshop_studio.contract.links import WebLink
from gshop_studio.contract.rest import AllowedViewers, Host, Language, Tags
from gshop_studio.contract.wire import Answer, Moment, Request

Repeats = Literal["none", "weekly"]
EstimatedDuration = Annotated[int, Field(ge=60, le=24 * 3600)]
"""Seconds."""


class ScheduleStatus(StrEnum):
    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class ScheduleCreate(Request):
    """A show to come. Everything else of the show is edited there, by the schedule's `stream_id`."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    scheduled_date: Moment
    """Without an offset it is what the clock of `time_zone` shows."""
    time_zone: TimeZone = "UTC"
    """Whose clock a weekly repeat keeps to, also where summer time begins or ends."""
    repeats: Repeats = "none"
    estimated_duration: EstimatedDuration = 3600
    category: Annotated[str, StringConstraints(max_length=60)] | None = None
    tags: Tags = []
    products: Annotated[list[Annotated[str, StringConstraints(max_length=64)]], Field(max_length=200)] = []
    """Ids of products, in the order of the shelf."""
    thumbnail_url: WebLink | None = None
    language: Language | None = None
    """Without it the account's."""
    is_private: bool = False
    allowed_viewers: AllowedViewers = []
    notify_followers: bool = True
    """Tell the host's followers when the show is live."""


class SchedulePatch(Request):
    """Only what is given changes; null takes the category or the thumbnail away."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)] | None = None
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    scheduled_date: Moment | None = None
    time_zone: TimeZone | None = None
    """Without a new date: the moment stays, and a weekly repeat keeps to this clock from then on."""
    repeats: Repeats | None = None
    estimated_duration: EstimatedDuration | None = None
    category: Annotated[str, StringConstraints(max_length=60)] | None = None
    tags: Tags | None = None
    thumbnail_url: WebLink | None = None
    notify_followers: bool | None = None


class Schedule(Answer):
    """The plan's `live_stream_schedules`."""

    id: str
    stream_id: str
    """Of the show, which there is from the beginning."""
    seller_id: str | None = None
    affiliate_id: str | None = None
    host: Host
    title: str
    description: str = ""
    scheduled_date: Moment
    starts_in: int
    """Seconds from this answer on; 0 from the date on. For a countdown: `scheduled_date` against the server's clock."""
    time_zone: str
    repeats: Repeats
    estimated_duration: int
    """Seconds."""
    category: str | None = None
    tags: list[str] = []
    products: list[str] = []
    """Ids of products, in the order of the shelf."""
    notify_followers: bool
    reminders_sent: int
    subscriber_count: int
    """How many want to be reminded."""
    is_subscribed: bool | None = None
    """Of the caller; left out for who is not signed in."""
    status: ScheduleStatus
    thumbnail_url: str | None = None
    created_at: Moment
    updated_at: Moment


class ScheduleList(Answer):
    """The next one first."""

    schedules: list[Schedule]
    total: int


class SubscriptionAnswer(Answer):
    subscribed: bool
    will_notify: bool
    """Whether the caller's preferences let a reminder reach them at all."""
