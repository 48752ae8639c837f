"""How long things are kept, and that they really go then: a job deletes what is older than its setting says, some rows
in each transaction, so that nobody waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table

from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.privacy.erasing import Erasing
from gshop_studio.server.privacy.kept import KEPT
from gshop_studio.server.privacy.person_repository import PersonRepository
from gshop_studio.server.privacy.repository import ErasureRepository
from gshop_studio.server.privacy.retention_repository import RetentionRepository
from gshop_studio.server.privacy.rules import delete_some, table_of

log = logging.getLogger(__name__)
FORGET_EVERY_S = 3600.0
_AT_ONCE = 1000
_GUESTS_AT_ONCE = 100
"""Guests forgotten in one turn: each is a person to be erased."""

_Forget = Callable[[RetentionRepository, datetime, int], Awaitable[int]]
NAMES_TAKEN_OFF: Mapping[str, _Forget] = {
    "keep_viewers_days": RetentionRepository.forget_viewers,
    "keep_carts_days": RetentionRepository.forget_carts,
    "keep_orders_days": RetentionRepository.forget_buyers,
}
"""By the setting: what stays, without whose it was."""


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
                table = table_of(kept.table)
                await self._delete(table, (table.c[kept.since] < before) & kept.only(table))
        for setting, forget in NAMES_TAKEN_OFF.items():
            if (before := self._before(setting)) is not None:
                await self._take_names_off(forget, before)
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

    async def _take_names_off(self, forget: _Forget, before: datetime) -> None:
        is_done = False
        while not is_done:
            async with self._database.write() as transaction:
                await PersonRepository(transaction).ensure_nobody(self._clock())
                is_done = await forget(RetentionRepository(transaction), before, _AT_ONCE) < _AT_ONCE

    async def _forget_guests(self, before: datetime) -> None:
        async with self._database.write() as transaction:
            guests = await RetentionRepository(transaction).guests_gone(before, _GUESTS_AT_ONCE)
            for guest_id in guests:
                await ErasureRepository(transaction).add(guest_id, self._clock())
        for guest_id in guests:
            await self._erasing.erase(guest_id)
