"""Reads and writes of a person's account, and of what they left in the tables."""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, Text, delete, or_, select, union, update
from sqlalchemy import cast as sql_cast

from gshop_studio.contract.events import Room, ServerEvent
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.database import Transaction
from gshop_studio.server.privacy.erased_ids import hash_of
from gshop_studio.server.privacy.event_eraser import EventEraser
from gshop_studio.server.privacy.fate import NOBODY_ID, NOBODYS_NAME, Change, Delete, DeleteWithShow
from gshop_studio.server.privacy.fates import FATES
from gshop_studio.server.privacy.rules import Rules, delete_some, table_of
from gshop_studio.server.tables import (
    LiveStreamEventRow,
    LiveStreamHeldMessageRow,
    LiveStreamMessageRow,
    LiveStreamRow,
    LiveStreamStaffEventRow,
    OrderRow,
    ProductRow,
    RefreshTokenRow,
    UserRow,
)

_AT_ONCE = 1000
_LOGS: dict[Room, type[LiveStreamEventRow | LiveStreamStaffEventRow]] = {
    Room.EVERYBODY: LiveStreamEventRow,
    Room.STAFF: LiveStreamStaffEventRow,
}
_SAID = (LiveStreamMessageRow, LiveStreamHeldMessageRow)


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """Something a person wrote in a show."""

    id: str
    is_deleted: bool
    is_pinned: bool


class PersonRepository:
    """A person's account, and what they left in the tables."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._session = transaction.session
        self._rules = Rules(transaction)

    async def ids_of(self, hashes: Collection[str]) -> dict[str, str]:
        """By the hash, the ids of those of these people who have an account here."""
        found: dict[str, str] = {}
        last = ""
        while ids := list(
            await self._session.scalars(
                select(UserRow.id).where(UserRow.id > last).order_by(UserRow.id).limit(_AT_ONCE)
            )
        ):
            found |= {hashed: user_id for user_id in ids if (hashed := hash_of(user_id)) in hashes}
            last = ids[-1]
        return found

    async def is_on_air(self, user_id: str) -> bool:
        """Whether a show of theirs is live."""
        wish = select(LiveStreamRow.id).where(
            LiveStreamRow.host_id == user_id, LiveStreamRow.status == StreamStatus.LIVE.value
        )
        return await self._session.scalar(wish.limit(1)) is not None

    async def has_open_order(self, user_id: str) -> bool:
        """Whether a payment they make or take is not decided yet, or on its way back."""
        wish = select(OrderRow.id).where(
            or_(OrderRow.user_id == user_id, OrderRow.host_id == user_id), OrderRow.next_check_at.is_not(None)
        )
        return await self._session.scalar(wish.limit(1)) is not None

    async def lock_account(self, user: UserRow) -> None:
        """Nobody signs in to it any more, and it has no name. Its picture goes with the file."""
        user.email = user.password_hash = None
        user.display_name = ""
        user.role = "guest"
        await self._session.flush()
        await self._session.execute(delete(RefreshTokenRow).where(RefreshTokenRow.user_id == user.id))

    async def pictures(self, user_id: str) -> list[str]:
        """The names of uploaded pictures that go with them."""
        avatar = await self._session.scalar(select(UserRow.avatar_url).where(UserRow.id == user_id))
        thumbnails = await self._session.scalars(
            select(LiveStreamRow.thumbnail_name).where(LiveStreamRow.host_id == user_id)
        )
        of_products = await self._session.scalars(select(ProductRow.image_name).where(ProductRow.seller_id == user_id))
        return [name.rpartition("/")[2] for name in (avatar, *thumbnails, *of_products) if name]

    async def products(self, user_id: str) -> list[str]:
        """The ids of what they sell."""
        return list(await self._session.scalars(select(ProductRow.id).where(ProductRow.seller_id == user_id)))

    async def touched_shows(self, user_id: str) -> list[str]:
        """The shows in which they left something, in the order of their ids."""
        wishes = [
            select(table.c.stream_id).where(table.c[owner] == user_id)
            for name, table_fate in FATES.items()
            if "stream_id" in (table := table_of(name)).c
            for owner in table_fate.owners
        ]
        named = sql_cast(LiveStreamRow.allowed_viewers, Text).contains(user_id)
        of_shows = select(LiveStreamRow.id.label("stream_id")).where(or_(LiveStreamRow.host_id == user_id, named))
        return sorted(set(await self._session.scalars(union(*wishes, of_shows))) - {None})

    async def show(self, stream_id: str) -> LiveStreamRow | None:
        """Locked: what changes a show is one after the other."""
        return await self._session.get(LiveStreamRow, stream_id, with_for_update=True)

    async def messages(self, stream_id: str, user_id: str) -> list[LeftMessage]:
        """What they wrote in a show, in its order."""
        row = LiveStreamMessageRow
        found = await self._session.execute(
            select(row.id, row.is_deleted, row.is_pinned)
            .where(row.stream_id == stream_id, row.user_id == user_id)
            .order_by(row.seq)
        )
        return [LeftMessage(*each) for each in found]

    async def erase_from_events(self, stream_id: str, user_id: str, message_ids: Collection[str]) -> None:
        """Take them out of both of a show's logs."""
        orders = select(OrderRow.id).where(OrderRow.stream_id == stream_id, OrderRow.user_id == user_id)
        order_ids = set(await self._session.scalars(orders))
        eraser = EventEraser(user_id, message_ids, order_ids)
        named_otherwise = [
            *([ServerEvent.MESSAGE_EDITED.value] if message_ids else []),
            *([ServerEvent.SALE.value] if order_ids else []),
        ]
        for log in _LOGS.values():
            names = or_(sql_cast(log.data, Text).contains(user_id), log.event.in_(named_otherwise))
            found = await self._session.execute(
                select(log.seq, log.data).where(log.stream_id == stream_id, names).order_by(log.seq)
            )
            for seq, data in found.all():
                changed = copy.deepcopy(data)
                if eraser.erase(changed):
                    where = (log.stream_id == stream_id, log.seq == seq)
                    await self._session.execute(update(log).where(*where).values(data=changed))

    async def erase_messages(self, stream_id: str, user_id: str, now: datetime) -> None:
        """What they wrote in a show, and what they deleted there, is nobody's; what was held is gone."""
        for row in _SAID:
            table = cast(Table, row.__table__)
            for rule in FATES[table.name].rules:
                if isinstance(rule, Delete | Change):
                    await self._rules.follow(rule, table, user_id, now, table.c.stream_id == stream_id)

    async def delete_with_show(self, stream_id: str) -> int:
        """Delete some of what goes with a show; how much. 0 where all of it is gone."""
        count = 0
        for name, table_fate in FATES.items():
            table = table_of(name)
            if any(isinstance(rule, DeleteWithShow) for rule in table_fate.rules):
                count += await delete_some(self._transaction, table, table.c.stream_id == stream_id, _AT_ONCE)
        return count

    async def erase(self, user_id: str, now: datetime) -> None:
        """Follow all rules but those `erase_messages` has followed; the last deletes the account.

        Raises:
            Clash: something was said since.
        """
        said = {row.__tablename__ for row in _SAID}
        for name, table_fate in FATES.items():
            for rule in () if name in said else table_fate.rules:
                await self._rules.follow(rule, table_of(name), user_id, now)

    async def ensure_nobody(self, now: datetime) -> None:
        """There is somebody whose is what outlives its person."""
        if await self._session.get(UserRow, NOBODY_ID) is None:
            nobody = UserRow(
                id=NOBODY_ID, email=None, password_hash=None, display_name=NOBODYS_NAME, role="guest", language="en",
                avatar_url=None, created_at=now, updated_at=now, signed_out_at=None,
            )  # fmt: skip
            self._session.add(nobody)
            await self._session.flush()
