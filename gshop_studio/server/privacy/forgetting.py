"""Erases people from a SQLite file that no server uses: a backup, or one that is being restored. Blocks."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from gshop_studio.server.catalog.images import ImageStore
from gshop_studio.server.clock import utc_now
from gshop_studio.server.database import Database
from gshop_studio.server.privacy.erased_ids import hash_of
from gshop_studio.server.privacy.erasing import Erasing
from gshop_studio.server.privacy.redis_traces import RedisTraces
from gshop_studio.server.realtime.gateway import Gateway


def knows_any(database: Path, erased: Collection[str]) -> bool:
    """Whether one of these people, by the hashes of their ids, has an account in it."""
    with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
        return any(hash_of(user_id) in erased for (user_id,) in opened.execute("SELECT id FROM users"))


def forget(database: Path, images: Path, erased: dict[str, datetime]) -> int:
    """Erase them, their pictures in the folder too, and have the file rewritten; how many had an account.

    Raises:
        Refused: `storage.*`.
        sqlalchemy.exc.DBAPIError: the database has another shape than ours.
    """
    count = asyncio.run(_forget(database, images, erased))
    if count:
        rewrite(database)
    return count


def clean_copy(database: Path, images: Path, erased: dict[str, datetime]) -> bool:
    """Erase them from a copy of the database, and have it rewritten where anything of anybody may be left; whether it
    is another now.

    Raises:
        Refused: `storage.*`.
        sqlalchemy.exc.DBAPIError, sqlite3.DatabaseError: the database has another shape than ours.
    """
    if knows_any(database, erased):
        asyncio.run(_forget(database, images, erased))
    elif not _has_traces(database):
        return False
    with contextlib.closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("UPDATE erasures SET cleaned_at = erased_at WHERE cleaned_at IS NULL")
    rewrite(database)
    return True


def _has_traces(database: Path) -> bool:
    """Whether somebody was erased in it, and it was not rewritten since."""
    with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
        found = opened.execute("SELECT 1 FROM erasures WHERE erased_at IS NOT NULL AND cleaned_at IS NULL LIMIT 1")
        return found.fetchone() is not None


def rewrite(database: Path) -> bool:
    """Write the file anew, without what was deleted, and empty its write-ahead log; false where somebody still reads
    what was there before.

    Raises:
        sqlite3.Error: it cannot be written, or there is no room.
    """
    with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as opened:
        for (index,) in opened.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5(%'").fetchall():
            opened.execute(f"INSERT INTO {index}({index}) VALUES ('rebuild')")  # noqa: S608 - a name of ours
        opened.execute("VACUUM")
        is_busy, *_ = opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not is_busy


async def _forget(path: Path, images: Path, erased: dict[str, datetime]) -> int:
    database = Database(f"sqlite+aiosqlite:///{path}")
    erasing = Erasing(database, ImageStore(images), Gateway(utc_now), None, RedisTraces(None), utc_now)
    try:
        return await erasing.forget_again(erased)
    finally:
        await database.close()
