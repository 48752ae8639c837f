"""Bodies about what people are told outside a show: their inbox, their devices, and what they want to be told."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gshop_studio.contract.clock import TimeOfDay, TimeZone
from gshop_studio.contract.wire import Answer, Moment, Request


class NotificationKind(StrEnum):
    LIVE = "live"
    """Somebody I follow is on air, or a show I wanted to be reminded of."""
    REMINDER = "reminder"
    """A show I wanted to be reminded of begins in 15 minutes."""
    CANCELLED = "cancelled"
    """A show I wanted to be reminded of will not be."""
    MOVED = "moved"
    """A show I wanted to be reminded of has another date."""
    SALE = "sale"
    """Something of mine was sold."""


class Channel(StrEnum):
    """A way to reach somebody."""

    IN_APP = "inApp"
    EMAIL = "email"
    PUSH = "push"


class Notification(Answer):
    """A line of the inbox, in the language of who reads it. `kind` and `fields` are for who words it anew."""

    id: str
    kind: NotificationKind
    title: str
    body: str
    fields: dict[str, str]
    stream_id: str | None = None
    order_id: str | None = None
    url: str | None = None
    """Where it leads."""
    is_read: bool
    created_at: Moment


class NotificationList(Answer):
    """The newest first."""

    notifications: list[Notification]
    total: int
    unread_count: int


class NotificationsRead(Request):
    """Optional body of read: without it all are."""

    notification_ids: (
        Annotated[list[Annotated[str, StringConstraints(max_length=64)]], Field(min_length=1, max_length=100)] | None
    ) = None


class NotificationsReadAnswer(Answer):
    unread_count: int


class ChannelChoice(Answer):
    """By which ways one kind of notification comes."""

    in_app: bool
    email: bool
    push: bool


class Preferences(Answer):
    time_zone: str | None = None
    """Without one the shop's counts."""
    is_quiet_at_night: bool
    """E-mail and push wait until the night is over; what is of no use by then is left out."""
    quiet_from: str
    quiet_until: str
    live: ChannelChoice
    reminder: ChannelChoice
    cancelled: ChannelChoice
    moved: ChannelChoice
    sale: ChannelChoice


class ChannelPatch(Request):
    in_app: bool | None = None
    email: bool | None = None
    push: bool | None = None


class PreferencesPatch(Request):
    """Only what is given changes; null takes the time zone away."""

    time_zone: TimeZone | None = None
    is_quiet_at_night: bool | None = None
    quiet_from: TimeOfDay | None = None
    quiet_until: TimeOfDay | None = None
    live: ChannelPatch | None = None
    reminder: ChannelPatch | None = None
    cancelled: ChannelPatch | None = None
    moved: ChannelPatch | None = None
    sale: ChannelPatch | None = None


class DeviceCreate(Request):
    token: Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[!-~]+$")]
    """As Firebase gives it to the app."""
    platform: Literal["android", "ios", "web"]
    time_zone: TimeZone | None = None
    """Of the device: becomes the person's, where they have said none."""


class Device(Answer):
    """A device push messages go to. Its token is not told again."""

    id: str
    platform: Literal["android", "ios", "web"]
    created_at: Moment
    last_seen_at: Moment


class DeviceList(Answer):
    """The one seen last first."""

    devices: list[Device]
    total: int


class NotificationEvent(Notification):
    """`user:notification`, to all sockets of the person, whatever shows they are in."""

    unread_count: int
