"""Reads and writes of the event log and its sequence, and of who watched."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, ScalarResult, Table, Update, bindparam, case, insert, select, update

from gshop_studio.contract.events import Room
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.clock import new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.seconds_between import seconds_between
from gshop_studio.server.tables import (
    LiveStreamEventRow,
    LiveStreamRow,
    LiveStreamStaffEventRow,
    LiveStreamViewerRow,
    UserRow,
    UtcMoment,
)

_AT_ONCE = 1000
"""People of one statement."""
_viewers = cast(Table, LiveStreamViewerRow.__table__)
_moment = bindparam("moment", type_=UtcMoment())


class EventLogRepository:
    """The log of one of a show's rooms."""

    def __init__(self, transaction: Transaction, room: Room = Room.EVERYBODY) -> None:
        self._session = transaction.session
        is_staff = room is Room.STAFF
        self._table: type[LiveStreamEventRow | LiveStreamStaffEventRow] = (
            LiveStreamStaffEventRow if is_staff else LiveStreamEventRow
        )
        self._last = LiveStreamRow.last_staff_seq if is_staff else LiveStreamRow.last_seq

    async def take_seqs(self, stream_id: str, number: int) -> int:
        """The last of the next `number` places in the room's sequence. They belong to this transaction, and go with it
        if it fails."""
        seq: int | None = await self._session.scalar(
            update(LiveStreamRow)
            .where(LiveStreamRow.id == stream_id)
            .values({self._last: self._last + number})
            .returning(self._last),
            execution_options={"synchronize_session": False},
        )
        assert seq is not None, "the stream was found in this transaction"
        return seq

    async def append(self, stream_id: str, seq: int, event: str, data: dict[str, Any], at: datetime) -> None:
        await self._session.execute(
            insert(self._table).values(stream_id=stream_id, seq=seq, event=event, data=data, at=at)
        )

    async def append_all(self, events: Sequence[tuple[str, int, str, dict[str, Any]]], at: datetime) -> None:
        """As `append`, many at once: (show, seq, event, data)."""
        rows = [
            {"stream_id": stream_id, "seq": seq, "event": event, "data": data, "at": at}
            for stream_id, seq, event, data in events
        ]
        await self._session.execute(insert(cast(Table, self._table.__table__)), rows)

    async def change(self, stream_id: str, seqs: Sequence[int], change: Callable[[dict[str, Any]], None]) -> None:
        """Change the data of logged events. What was sent already stays sent."""
        found: ScalarResult[Any] = await self._session.scalars(
            select(self._table).where(self._table.stream_id == stream_id, self._table.seq.in_(seqs))
        )
        for row in found:
            data = copy.deepcopy(row.data)
            change(data)
            row.data = data
        await self._session.flush()

    async def after(
        self, stream_id: str, seq: int, limit: int
    ) -> Sequence[LiveStreamEventRow | LiveStreamStaffEventRow]:
        found: ScalarResult[Any] = await self._session.scalars(
            select(self._table)
            .where(self._table.stream_id == stream_id, self._table.seq > seq)
            .order_by(self._table.seq)
            .limit(limit)
        )
        return list(found)


async def last_seqs(transaction: Transaction, stream_ids: Collection[str]) -> dict[str, dict[Room, int]]:
    """The last place taken in each room of these shows."""
    if not stream_ids:
        return {}
    rows = await transaction.session.execute(
        select(LiveStreamRow.id, LiveStreamRow.last_seq, LiveStreamRow.last_staff_seq).where(
            LiveStreamRow.id.in_(stream_ids)
        )
    )
    return {row.id: {Room.EVERYBODY: row.last_seq, Room.STAFF: row.last_staff_seq} for row in rows}


async def live_among(transaction: Transaction, stream_ids: Collection[str]) -> set[str]:
    """Those of these shows that are live."""
    if not stream_ids:
        return set()
    found = await transaction.session.scalars(
        select(LiveStreamRow.id).where(
            LiveStreamRow.id.in_(stream_ids), LiveStreamRow.status == StreamStatus.LIVE.value
        )
    )
    return set(found)


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody watches, since `at`."""

    at: datetime
    key: str
    user_id: str | None
    session_id: str
    device: str
    country: str | None = None
    referral_source: str | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody watches no more, since `at`."""

    at: datetime
    key: str


class ViewerRepository:
    """How long somebody watched is written up to `last_ping_at`, and from there on whenever it is said that they are
    there still, or left. Two servers that have the same person say it of the same row, so no second counts twice.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._is_postgres = transaction.is_postgres
        self._session = transaction.session

    async def enter(self, stream_id: str, entered: Sequence[Entered]) -> int:
        """Somebody watches, and others; how many for the first time in this show."""
        if not entered:
            return 0
        by_key = {viewer.key: viewer for viewer in entered}
        known = await self._session.execute(
            select(_viewers.c.viewer_key, _viewers.c.is_active).where(
                _viewers.c.stream_id == stream_id, _viewers.c.viewer_key.in_(by_key)
            )
        )
        back = []
        for key, is_active in known:
            viewer = by_key.pop(key)
            if not is_active:  # who is active is at another server too, and goes on to be counted
                back.append({"key": key, "moment": viewer.at})
        if back:
            came_back = _one(stream_id).values(is_active=True, left_at=None, last_ping_at=_moment)
            await self._session.execute(came_back, back)
        people = await self._people(viewer.user_id for viewer in by_key.values())
        new = [viewer for viewer in by_key.values() if viewer.user_id is None or viewer.user_id in people]
        if new:
            await self._session.execute(insert(LiveStreamViewerRow), [_new_row(stream_id, it) for it in new])
        return len(new)

    async def leave(self, stream_id: str, left: Sequence[Left], most_s: float) -> None:
        """They are gone; at most `most_s` are added to what they watched."""
        if left:
            watched_s = self._watched_until(_moment, most_s)
            await self._session.execute(
                _one(stream_id).values(
                    watch_duration_s=watched_s, last_ping_at=_moment, is_active=False, left_at=_moment
                ),
                [{"key": each.key, "moment": each.at} for each in left],
            )

    async def stay(self, stream_id: str, keys: Collection[str], at: datetime, most_s: float) -> None:
        """They watched up to `at`, and go on; at most `most_s` are added to what they watched."""
        watched_s = self._watched_until(_moment, most_s)
        for part in _parts(keys):
            await self._session.execute(
                _those(stream_id, part).values(
                    watch_duration_s=watched_s, last_ping_at=_moment, is_active=True, left_at=None
                ),
                {"moment": at},
            )

    async def forget_active(self) -> None:
        """Nobody watches: the only server has just started. When they left nobody knows: what was written last is
        what they watched."""
        await self._session.execute(
            update(LiveStreamViewerRow)
            .where(LiveStreamViewerRow.is_active.is_(True))
            .values(is_active=False, left_at=LiveStreamViewerRow.last_ping_at)
        )
        await self._session.execute(update(LiveStreamRow).where(LiveStreamRow.viewer_count > 0).values(viewer_count=0))

    async def active(self) -> dict[str, set[str]]:
        """Who watches which show, says the database; and the shows it counts viewers of."""
        counted = await self._session.scalars(select(LiveStreamRow.id).where(LiveStreamRow.viewer_count > 0))
        found: dict[str, set[str]] = {stream_id: set() for stream_id in counted}
        rows = await self._session.execute(
            select(LiveStreamViewerRow.stream_id, LiveStreamViewerRow.viewer_key).where(
                LiveStreamViewerRow.is_active.is_(True)
            )
        )
        for stream_id, key in rows:
            found.setdefault(stream_id, set()).add(key)
        return found

    async def write_off(self, stream_id: str, keys: Collection[str], count: int) -> None:
        """These are gone, as in `forget_active`; `count` still watch."""
        await self._session.execute(
            update(LiveStreamRow).where(LiveStreamRow.id == stream_id).values(viewer_count=count)
        )
        for part in _parts(keys):
            await self._session.execute(
                _those(stream_id, part).values(is_active=False, left_at=_viewers.c.last_ping_at)
            )

    def _watched_until(self, at: Any, most_s: float) -> ColumnElement[float]:
        since_s = seconds_between(self._is_postgres, _viewers.c.last_ping_at, at)
        added_s = case((since_s <= 0, 0.0), (since_s > most_s, most_s), else_=since_s)  # a clock may be set
        return _viewers.c.watch_duration_s + added_s

    async def _people(self, user_ids: Iterable[str | None]) -> set[str]:
        """Those of them whose account is there still."""
        wanted = [user_id for user_id in user_ids if user_id is not None]
        return set(await self._session.scalars(select(UserRow.id).where(UserRow.id.in_(wanted)))) if wanted else set()


def _one(stream_id: str) -> Update:
    """Change the row of one viewer, `key`, at a `moment`."""
    return update(_viewers).where(_viewers.c.stream_id == stream_id, _viewers.c.viewer_key == bindparam("key"))


def _those(stream_id: str, keys: Sequence[str]) -> Update:
    return update(_viewers).where(_viewers.c.stream_id == stream_id, _viewers.c.viewer_key.in_(keys))


def _parts(keys: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(keys)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))


def _new_row(stream_id: str, viewer: Entered) -> dict[str, Any]:
    return {
        "id": new_id(),
        "stream_id": stream_id,
        "viewer_key": viewer.key,
        "user_id": viewer.user_id,
        "session_id": viewer.session_id,
        "joined_at": viewer.at,
        "left_at": None,
        "watch_duration_s": 0.0,
        "is_active": True,
        "last_ping_at": viewer.at,
        "messages_count": 0,
        "reactions_count": 0,
        "products_viewed": 0,
        "purchases_made": 0,
        "total_spent_minor": 0,
        "referral_source": viewer.referral_source,
        "device": viewer.device,
        "country": viewer.country,
    }
