"""What goes by itself when it has been kept for as long as a setting says. `retention` sees to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, select, true

from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.tables import LiveStreamRow

Condition = Callable[[Table], ColumnElement[bool]]


def _any(_: Table) -> ColumnElement[bool]:
    return true()


def _is_done(table: Table) -> ColumnElement[bool]:
    return table.c.due_at.is_(None)


def _is_of_no_live_show(table: Table) -> ColumnElement[bool]:
    """That a show was announced is known for as long as it is live: it is not announced anew."""
    live = select(LiveStreamRow.id).where(LiveStreamRow.status == StreamStatus.LIVE.value)
    return and_(table.c.done_at.is_not(None), table.c.stream_id.not_in(live))


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of a table that go so many days, by a setting, after a moment in them; where that is null they stay."""

    setting: str
    table: str
    since: str
    """A column."""
    only: Condition = _any


KEPT: tuple[Kept, ...] = (
    Kept("keep_metrics_days", "live_stream_metrics", "timestamp"),
    Kept("keep_event_log_days", "live_stream_events", "at"),
    Kept("keep_event_log_days", "live_stream_staff_events", "at"),
    Kept("keep_messages_days", "live_stream_messages", "created_at"),
    Kept("keep_messages_days", "live_stream_held_messages", "created_at"),
    Kept("keep_moderation_log_days", "live_stream_chat_moderation", "created_at"),
    Kept("keep_moderation_log_days", "live_stream_restrictions", "updated_at"),
    Kept("keep_notifications_days", "notifications", "created_at"),
    Kept("keep_notifications_days", "notification_announcements", "done_at", _is_of_no_live_show),
    Kept("keep_payment_notices_days", "payment_notices", "received_at", _is_done),
    Kept("keep_done_tasks_days", "after_commit_tasks", "done_at"),
)


def days_of(config: ServerConfig) -> Mapping[str, int]:
    """The settings that say how long something is kept; 0 is for ever."""
    return {
        name: getattr(config, name)
        for name in ServerConfig.model_fields
        if name.startswith("keep_") and name.endswith("_days")
    }
