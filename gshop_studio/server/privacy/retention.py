"""How long things are kept, and that they really go then: a job deletes what is older than its setting says, some rows
in each transaction, so that nobody waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, literal, or_, select, update

from gshop_studio.contract.rest import Role
from gshop_studio.server.clock import Clock
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.privacy.erasing import Erasing
from gshop_studio.server.privacy.fate import NOBODY_ID
from gshop_studio.server.privacy.repository import ErasureRepository
from gshop_studio.server.privacy.rules import delete_some, table_of
from gshop_studio.server.tables import ErasureRow, LiveStreamViewerRow, UserRow

log = logging.getLogger(__name__)
FORGET_EVERY_S = 3600.0
_AT_ONCE = 1000
_GUESTS_AT_ONCE = 100
"""Guests forgotten in one turn: each is a person to be erased."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of a table that go so many days, by a setting, after a moment in them."""

    setting: str
    table: str
    since: str
    """A column."""


KEPT: tuple[Kept, ...] = (
    Kept("keep_metrics_days", "live_stream_metrics", "timestamp"),
    Kept("keep_event_log_days", "live_stream_events", "at"),
    Kept("keep_event_log_days", "live_stream_staff_events", "at"),
    Kept("keep_messages_days", "live_stream_messages", "created_at"),
    Kept("keep_messages_days", "live_stream_held_messages", "created_at"),
    Kept("keep_moderation_log_days", "live_stream_chat_moderation", "created_at"),
    Kept("keep_moderation_log_days", "live_stream_restrictions", "updated_at"),
)


def days_of(config: ServerConfig) -> Mapping[str, int]:
    """The settings that say how long something is kept; 0 is for ever."""
    return {
        name: getattr(config, name)
        for name in ServerConfig.model_fields
        if name.startswith("keep_") and name.endswith("_days")
    }


class Retention:
    def __init__(self, database: Database, erasing: Erasing, days: Mapping[str, int], clock: Clock) -> None:
        """`days`: by the setting's name, how many; 0 keeps for ever."""
        self._database = database
        self._erasing = erasing
        self._days = days
        self._clock = clock

    async def forget_old(self) -> None:
        """Delete what has been kept for long enough: a job.

        Raises:
            Refused: `storage.*`; what is left goes next time.
        """
        for kept in KEPT:
            if (before := self._before(kept.setting)) is not None:
                await self._delete(table_of(kept.table), table_of(kept.table).c[kept.since] < before)
        if (before := self._before("keep_viewers_days")) is not None:
            await self._forget_who_watched(before)
        if (before := self._before("keep_guests_days")) is not None:
            await self._forget_guests(before)

    def _before(self, setting: str) -> datetime | None:
        days = self._days[setting]
        return self._clock() - timedelta(days=days) if days else None

    async def _delete(self, table: Table, where: ColumnElement[bool]) -> None:
        is_done = False
        while not is_done:
            async with self._database.write() as transaction:
                is_done = await delete_some(transaction, table, where, _AT_ONCE) < _AT_ONCE

    async def _forget_who_watched(self, before: datetime) -> None:
        """That somebody watched, and for how long, stays; who it was does not."""
        is_done = False
        while not is_done:
            async with self._database.write() as transaction:
                is_done = await _forget_viewers(transaction, before) < _AT_ONCE

    async def _forget_guests(self, before: datetime) -> None:
        async with self._database.write() as transaction:
            guests = await _guests_gone(transaction, before)
            for guest_id in guests:
                await ErasureRepository(transaction).add(guest_id, self._clock())
        for guest_id in guests:
            await self._erasing.erase(guest_id)


async def _forget_viewers(transaction: Transaction, before: datetime) -> int:
    row = LiveStreamViewerRow
    is_known = or_(row.user_id.is_not(None), row.session_id != "")
    found = await transaction.session.scalars(
        select(row.id).where(row.last_ping_at < before, row.is_active.is_(False), is_known).limit(_AT_ONCE)
    )
    ids = list(found)
    if ids:
        await transaction.session.execute(
            update(row)
            .where(row.id.in_(ids))
            .values(
                viewer_key=literal("erased:") + row.id,
                user_id=None,
                session_id="",
                referral_source=None,
                device=None,
                country=None,
            )
        )
    return len(ids)


async def _guests_gone(transaction: Transaction, before: datetime) -> list[str]:
    """Guests who came before that moment, and have not watched since."""
    watched = select(LiveStreamViewerRow.user_id).where(
        LiveStreamViewerRow.user_id == UserRow.id, LiveStreamViewerRow.last_ping_at >= before
    )
    asked = select(ErasureRow.user_id).where(ErasureRow.user_id == UserRow.id)
    found = await transaction.session.scalars(
        select(UserRow.id)
        .where(
            UserRow.role == Role.GUEST.value,
            UserRow.created_at < before,
            UserRow.id != NOBODY_ID,
            ~watched.exists(),
            ~asked.exists(),
        )
        .order_by(UserRow.created_at)
        .limit(_GUESTS_AT_ONCE)
    )
    return list(found)
