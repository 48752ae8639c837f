"""Reads and writes of notifications, what is under way, and whom it is for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, union, update
from sqlalchemy.dialects import postgresql, sqlite

from gshop_studio.contract.notifications import NotificationKind
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.database import Transaction
from gshop_studio.server.notifications.wishes import Wishes, wishes_of
from gshop_studio.server.tables import (
    FollowRow,
    LiveStreamRestrictionRow,
    LiveStreamRow,
    LiveStreamScheduleRow,
    LiveStreamSubscriptionRow,
    NotificationAnnouncementRow,
    NotificationDeliveryRow,
    NotificationPreferencesRow,
    NotificationRow,
    UserDeviceRow,
    UserRow,
)

WAITING = "waiting"
_ONLY_UNDER_WAY = NotificationDeliveryRow.status == WAITING


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody who is told something."""

    user_id: str
    email: str | None
    language: str
    wishes: Wishes
    device_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is to leave the house by one channel."""

    count: int
    overdue_s: float
    """Since the first of those nobody is sending was due."""


class NotificationRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session
        self._insert: Any = postgresql.insert if transaction.is_postgres else sqlite.insert

    async def flush(self) -> None:
        await self._session.flush()

    # --- whom ---------------------------------------------------------------------------------------------------

    async def addressees(self, user_ids: Collection[str]) -> list[Addressee]:
        """Those of them who have an account, in the order of their ids."""
        found = await self._session.execute(
            select(UserRow.id, UserRow.email, UserRow.language, NotificationPreferencesRow)
            .outerjoin(NotificationPreferencesRow, NotificationPreferencesRow.user_id == UserRow.id)
            .where(UserRow.id.in_(set(user_ids)), UserRow.email.is_not(None))
            .order_by(UserRow.id)
        )
        devices = await self._session.execute(
            select(UserDeviceRow.user_id, UserDeviceRow.id).where(UserDeviceRow.user_id.in_(set(user_ids)))
        )
        by_person: dict[str, list[str]] = {}
        for user_id, device_id in devices:
            by_person.setdefault(user_id, []).append(device_id)
        return [
            Addressee(user_id, email, language, wishes_of(row), tuple(by_person.get(user_id, ())))
            for user_id, email, language, row in found
        ]

    async def interested(
        self, stream: LiveStreamRow, after_user_id: str, limit: int, *, with_followers: bool
    ) -> list[str]:
        """A page of the ids of those who want to be reminded of a show, and of its host's followers; in order."""
        wanted = [
            select(LiveStreamSubscriptionRow.user_id).where(
                LiveStreamSubscriptionRow.stream_id == stream.id, LiveStreamSubscriptionRow.user_id > after_user_id
            )
        ]
        if with_followers:
            wanted.append(
                select(FollowRow.user_id)
                .where(FollowRow.seller_id == stream.host_id, FollowRow.user_id > after_user_id)
                .order_by(FollowRow.user_id)
                .limit(limit)
                .subquery()
                .select()
            )
        everybody = union(*wanted).subquery()
        found = await self._session.scalars(select(everybody.c.user_id).order_by(everybody.c.user_id).limit(limit))
        return list(found)

    async def follows(self, host_id: str, user_ids: Collection[str]) -> set[str]:
        """Those of them who follow."""
        found = await self._session.scalars(
            select(FollowRow.user_id).where(FollowRow.seller_id == host_id, FollowRow.user_id.in_(user_ids))
        )
        return set(found)

    async def banned(self, stream_id: str, user_ids: Collection[str]) -> set[str]:
        """Those of them who may not watch the show."""
        found = await self._session.scalars(
            select(LiveStreamRestrictionRow.user_id).where(
                LiveStreamRestrictionRow.stream_id == stream_id,
                LiveStreamRestrictionRow.is_banned.is_(True),
                LiveStreamRestrictionRow.user_id.in_(user_ids),
            )
        )
        return {user_id for user_id in found if user_id is not None}

    # --- announcements ------------------------------------------------------------------------------------------

    async def announce(self, values: Mapping[str, Any]) -> None:
        """One that is known by its key already stays as it is."""
        wish = self._insert(NotificationAnnouncementRow).values(**values)
        await self._session.execute(wish.on_conflict_do_nothing(index_elements=["key"]))

    async def has_announcements(self) -> bool:
        wish = select(NotificationAnnouncementRow.id).where(NotificationAnnouncementRow.done_at.is_(None)).limit(1)
        return await self._session.scalar(wish) is not None

    async def next_announcement(self) -> NotificationAnnouncementRow | None:
        """The one that waits longest, locked; not one that somebody else is at."""
        return await self._session.scalar(
            select(NotificationAnnouncementRow)
            .where(NotificationAnnouncementRow.done_at.is_(None))
            .order_by(NotificationAnnouncementRow.created_at, NotificationAnnouncementRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )

    async def unannounced_shows(self) -> list[str]:
        """The ids of shows that are on air, and nobody has been told."""
        told = select(NotificationAnnouncementRow.id).where(
            NotificationAnnouncementRow.stream_id == LiveStreamRow.id,
            NotificationAnnouncementRow.kind == NotificationKind.LIVE.value,
        )
        found = await self._session.scalars(
            select(LiveStreamRow.id).where(
                LiveStreamRow.status == StreamStatus.LIVE.value,
                LiveStreamRow.first_media_at.is_not(None),
                ~told.exists(),
            )
        )
        return list(found)

    async def show(self, stream_id: str) -> LiveStreamRow:
        """Not locked: its chat goes on. It is there: what announces it goes with it."""
        found = await self._session.scalar(select(LiveStreamRow).where(LiveStreamRow.id == stream_id))
        assert found is not None
        return found

    async def schedule(self, stream_id: str) -> LiveStreamScheduleRow | None:
        return await self._session.scalar(
            select(LiveStreamScheduleRow).where(LiveStreamScheduleRow.stream_id == stream_id)
        )

    async def count_reminders(self, stream_id: str, number: int) -> None:
        await self._session.execute(
            update(LiveStreamScheduleRow)
            .where(LiveStreamScheduleRow.stream_id == stream_id)
            .values(reminders_sent=LiveStreamScheduleRow.reminders_sent + number)
        )

    # --- notifications ------------------------------------------------------------------------------------------

    async def add_all(self, rows: Sequence[Mapping[str, Any]]) -> set[str]:
        """Write notifications; the ids of those that are new. Who has one of the same key is told nothing anew."""
        if not rows:
            return set()
        wish = (
            self._insert(NotificationRow).values(list(rows)).on_conflict_do_nothing(index_elements=["user_id", "key"])
        )
        return set(await self._session.scalars(wish.returning(NotificationRow.id)))

    async def add_deliveries(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            await self._session.execute(self._insert(NotificationDeliveryRow).values(list(rows)))

    async def unread(self, user_ids: Iterable[str]) -> dict[str, int]:
        """How many of each person's inbox are unread."""
        found = await self._session.execute(
            select(NotificationRow.user_id, func.count())
            .where(
                NotificationRow.user_id.in_(set(user_ids)),
                NotificationRow.is_in_inbox.is_(True),
                NotificationRow.read_at.is_(None),
            )
            .group_by(NotificationRow.user_id)
        )
        return {key: count for key, count in found}  # noqa: C416 - typed by unpacking

    async def inbox(
        self, user_id: str, *, is_unread_only: bool, limit: int, offset: int
    ) -> tuple[list[NotificationRow], int]:
        """One page, newest first, and how many there are in all."""
        where = [NotificationRow.user_id == user_id, NotificationRow.is_in_inbox.is_(True)]
        if is_unread_only:
            where.append(NotificationRow.read_at.is_(None))
        total = await self._session.scalar(select(func.count()).select_from(NotificationRow).where(*where))
        newest = (NotificationRow.created_at.desc(), NotificationRow.id.desc())
        rows = await self._session.scalars(
            select(NotificationRow).where(*where).order_by(*newest).limit(limit).offset(offset)
        )
        return list(rows), total or 0

    async def read(self, user_id: str, notification_ids: Collection[str] | None, now: datetime) -> None:
        """These, or all of a person's, have been read; others' are left alone."""
        wish = update(NotificationRow).where(NotificationRow.user_id == user_id, NotificationRow.read_at.is_(None))
        if notification_ids is not None:
            wish = wish.where(NotificationRow.id.in_(set(notification_ids)))
        await self._session.execute(wish.values(read_at=now))


class DeliveryRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def is_due(self, channel: str, now: datetime) -> bool:
        return await self._session.scalar(_due(channel, now).limit(1)) is not None

    async def claim(self, channel: str, now: datetime, limit: int) -> list[NotificationDeliveryRow]:
        """Those whose time has come, locked; not those that somebody else is sending."""
        wish = _due(channel, now).order_by(NotificationDeliveryRow.next_try_at, NotificationDeliveryRow.id).limit(limit)
        return list(await self._session.scalars(wish.with_for_update(skip_locked=True)))

    async def notifications(self, ids: Iterable[str]) -> dict[str, NotificationRow]:
        found = await self._session.scalars(select(NotificationRow).where(NotificationRow.id.in_(set(ids))))
        return {row.id: row for row in found}

    async def devices(self, ids: Iterable[str]) -> dict[str, UserDeviceRow]:
        found = await self._session.scalars(select(UserDeviceRow).where(UserDeviceRow.id.in_(set(ids))))
        return {row.id: row for row in found}

    async def stream_statuses(self, ids: Iterable[str]) -> dict[str, StreamStatus]:
        found = await self._session.execute(
            select(LiveStreamRow.id, LiveStreamRow.status).where(LiveStreamRow.id.in_(set(ids)))
        )
        return {stream_id: StreamStatus(status) for stream_id, status in found}

    async def waiting(self, now: datetime) -> dict[str, Waiting]:
        """By the channel."""
        row = NotificationDeliveryRow
        is_left = or_(row.claimed_until.is_(None), row.claimed_until < now)
        first = func.min(row.next_try_at).filter(is_left)
        found = await self._session.execute(
            select(row.channel, func.count(), first).where(_ONLY_UNDER_WAY).group_by(row.channel)
        )
        return {
            channel: Waiting(count, max(0.0, (now - first_due).total_seconds()) if first_due else 0.0)
            for channel, count, first_due in found
        }

    async def finish(self, delivery_id: str, attempts: int, values: Mapping[str, Any]) -> None:
        """What became of an attempt; nothing where somebody else has tried again meanwhile."""
        await self._session.execute(
            update(NotificationDeliveryRow)
            .where(
                NotificationDeliveryRow.id == delivery_id,
                NotificationDeliveryRow.attempts == attempts,
                _ONLY_UNDER_WAY,
            )
            .values(**values)
        )

    async def remove_device(self, device_id: str, token: str) -> None:
        """A device that is gone, if it has not another token by now; what waits for it waits no more."""
        await self._session.execute(
            delete(UserDeviceRow).where(UserDeviceRow.id == device_id, UserDeviceRow.token == token)
        )
        await self._session.execute(
            update(NotificationDeliveryRow)
            .where(
                NotificationDeliveryRow.channel == "push", NotificationDeliveryRow.target == device_id, _ONLY_UNDER_WAY
            )
            .values(status="skipped", reason="gone")
        )


def _due(channel: str, now: datetime) -> Any:
    return select(NotificationDeliveryRow).where(
        _ONLY_UNDER_WAY,
        NotificationDeliveryRow.channel == channel,
        NotificationDeliveryRow.next_try_at <= now,
        or_(NotificationDeliveryRow.claimed_until.is_(None), NotificationDeliveryRow.claimed_until < now),
    )
