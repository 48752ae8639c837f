"""The database: one asynchronous engine on SQLite, and transactions with one writer at a time.

A write transaction begins with BEGIN IMMEDIATE, so that what it checks still holds when it acts. What must follow a
commit in the order of the commits (events on their way out) is registered with `Transaction.after_commit`: it runs
before the next writer may begin.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from gshop_studio.server.refusals import Refused

BUSY_TIMEOUT_MS = 5000
_IMMEDIATE = "gshop_immediate"


class Transaction:
    """One transaction, handed to repositories. Committed by whoever opened it, never by a service or repository."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._callbacks: list[Callable[[], None]] = []

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run `callback` once this is durable, in the order of commits. It must neither block nor raise."""
        self._callbacks.append(callback)

    async def commit(self) -> None:
        await self.session.commit()
        for callback in self._callbacks:
            callback()


class Database:
    """Opens transactions. Close it, or its threads keep the process alive."""

    def __init__(self, path: Path) -> None:
        self._engine = create_async_engine(
            f"sqlite+aiosqlite:///{path}", pool_size=5, max_overflow=5, hide_parameters=True
        )
        event.listen(self._engine.sync_engine, "connect", _prepare_connection)
        event.listen(self._engine.sync_engine, "begin", _begin)
        writing = self._engine.execution_options(**{_IMMEDIATE: True})
        self._read_sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._write_sessions = async_sessionmaker(writing, expire_on_commit=False)
        self._writer = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A consistent view; nothing written in it is kept.

        Raises:
            Refused: `storage.*`, where the disk or the file fails.
        """
        try:
            async with self._read_sessions() as session:
                yield Transaction(session)
        except NoConnectionFree as error:
            raise Refused("storage.busy", retry_after_s=1) from error
        except DBAPIError as error:
            raise _storage_refusal(error) from error

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """The one writer's transaction: committed at the end, rolled back by any exception.

        Raises:
            Refused: `storage.*`, where the disk or the file fails. Nothing is half-committed.
        """
        async with self._writer:
            try:
                async with self._write_sessions() as session:
                    transaction = Transaction(session)
                    yield transaction
                    await _to_the_end(transaction.commit())
            except DBAPIError as error:
                raise _storage_refusal(error) from error

    async def is_reachable(self) -> bool:
        """Whether a query gets an answer."""
        try:
            async with self.read() as transaction:
                await transaction.session.execute(text("SELECT 1"))
        except Refused:
            return False
        return True

    async def close(self) -> None:
        """Let go of every connection; the write-ahead log is folded into the file by the last one."""
        await self._engine.dispose()


async def _to_the_end(work: Any) -> None:
    """Await `work` even when we are cancelled meanwhile: a commit and its callbacks belong together."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _prepare_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours to write: see _begin
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_IMMEDIATE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _storage_refusal(error: DBAPIError) -> Exception:
    """What the caller is told of a failing disk; any other error of the database is a fault of ours and stays."""
    primary = (getattr(error.orig, "sqlite_errorcode", 0) or 0) & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return Refused("storage.full")
    if primary == sqlite3.SQLITE_BUSY:
        return Refused("storage.busy", retry_after_s=1)
    if primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT):
        return Refused("storage.failed")
    return error
