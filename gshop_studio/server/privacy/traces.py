"""Sees to it that files of ours hold no traces of who was erased: the database's file and its write-ahead log are
written anew when no show is live, and the backups and what a restore put aside lose them too.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.operation.backups import Backups
from gshop_studio.server.operation.repository import ShowCountRepository
from gshop_studio.server.privacy.fates import FATES
from gshop_studio.server.privacy.forgetting import clean_copy, rewrite
from gshop_studio.server.privacy.repository import ErasureRepository
from gshop_studio.server.privacy.set_aside import SetAside
from gshop_studio.server.refusals import Refused

log = logging.getLogger(__name__)
CLEAN_EVERY_S = 300.0
PATIENCE = timedelta(hours=24)
"""How long it waits for a moment without a live show."""


class Traces:
    def __init__(
        self, database: Database, path: Path | None, backups: Backups | None, aside: SetAside | None, clock: Clock
    ) -> None:
        """`path`: of a database that is a file of ours."""
        self._database = database
        self._path = path
        self._backups = backups
        self._aside = aside
        self._clock = clock

    async def clean_when_due(self) -> None:
        """Clean where somebody was erased and no show is live, or one has been for too long: a job."""
        async with self._database.read() as transaction:
            since = await ErasureRepository(transaction).uncleaned_since()
            live_count, _, _ = await ShowCountRepository(transaction).live()
        if since is not None and (live_count == 0 or self._clock() - since >= PATIENCE):
            await self.clean()

    async def clean(self) -> None:
        """Clean now.

        Raises:
            Refused: `storage.*`; it is done next time.
        """
        until = self._clock()
        async with self._database.read() as transaction:
            erased = await ErasureRepository(transaction).all()
        if self._path is not None:
            await self._rewrite(self._path)
        else:
            await self._vacuum()
        if self._backups is not None:
            await self._backups.rewrite(lambda path: _forget_in_backup(path, erased))
        if self._aside is not None:
            await asyncio.to_thread(self._aside.clean, erased)
        async with self._database.write() as transaction:
            await ErasureRepository(transaction).cleaned(until, self._clock())

    async def _rewrite(self, path: Path) -> None:
        try:
            async with self._database.alone():
                is_clean = await asyncio.to_thread(rewrite, path)
        except sqlite3.Error as error:
            is_full = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF == sqlite3.SQLITE_FULL
            raise Refused("storage.full" if is_full else "storage.failed") from error
        if not is_clean:
            raise Refused("storage.busy", retry_after_s=1)

    async def _vacuum(self) -> None:
        for table, table_fate in FATES.items():
            if table_fate.rules:
                try:
                    await self._database.vacuum(table)
                except Refused as refusal:  # PostgreSQL does it itself, later
                    log.warning("table %s not vacuumed: %s", table, refusal.code)


def _forget_in_backup(copy: Path, erased: dict[str, datetime]) -> bool:
    """A backup of an older version is left as it is: it goes with the next ones, and is forgotten in when restored."""
    try:
        return clean_copy(copy, copy.parent / "no-images", erased)
    except (DBAPIError, sqlite3.DatabaseError) as error:
        log.warning("backup of another version left as it is: %s", error)
        return False
