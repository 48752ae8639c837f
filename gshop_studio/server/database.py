"""The database: one asynchronous engine, on SQLite or PostgreSQL, and transactions that check what still holds when
they act.

On SQLite there is one writer at a time, and a write transaction begins with BEGIN IMMEDIATE. On PostgreSQL writers run
side by side, and repositories lock the rows they read within a write transaction (`Transaction.is_writing`): a show's
row first, so that all that changes a show is one after the other, on whichever instance. What must follow a commit
(events on their way out) is registered with `Transaction.after_commit`; within a process it runs in the order of the
commits on SQLite, and on PostgreSQL in an order the readers mend by `seq`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import Any, Protocol

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from gshop_studio.server.refusals import Refused
from gshop_studio.server.sqlite_driver import SqliteDriver

BUSY_TIMEOUT_MS = 5000
CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 15.0
_IMMEDIATE = "gshop_immediate"
_POSTGRES_REFUSALS = {
    "53100": "storage.full",
    "25006": "storage.failed",  # read-only
    "40001": "storage.busy",  # serialisation
    "40P01": "storage.busy",  # deadlock
    "55P03": "storage.busy",  # lock not available
    "57014": "storage.busy",  # statement timeout
    "53300": "storage.busy",  # too many connections
    "22021": "request.invalid",  # a NUL in a text, which SQLite would keep
}
_RETRY_SOON = frozenset({"storage.busy", "storage.unreachable"})


Clash = IntegrityError
"""What was to be written is there already, or what it belongs to is gone: another transaction was faster."""


class Transaction:
    """One transaction, handed to repositories. Committed by whoever opened it, never by a service or repository."""

    def __init__(self, session: AsyncSession, *, is_writing: bool) -> None:
        self.session = session
        self.is_writing = is_writing
        """Whether what is read may be changed: such rows are locked, where the database can (PostgreSQL)."""
        self._callbacks: list[Callable[[], None]] = []

    @property
    def is_postgres(self) -> bool:
        """Where the two databases' SQL differs."""
        return self.session.get_bind().dialect.name == "postgresql"

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run `callback` once this is durable, in the order of commits. It must neither block nor raise."""
        self._callbacks.append(callback)

    async def commit(self) -> None:
        await self.session.commit()
        for callback in self._callbacks:
            callback()


class TransactionEnded(Protocol):
    def __call__(self, *, is_writing: bool, seconds: float) -> None: ...


class Database:
    """Opens transactions. Close it, or its threads keep the process alive."""

    def __init__(self, url: str, transaction_ended: TransactionEnded | None = None) -> None:
        """`url`: `sqlite+aiosqlite:///path` or `postgresql+asyncpg://...`. `transaction_ended` is told how long each
        took, its wait for its turn included."""
        self._transaction_ended = transaction_ended
        self.is_postgres = make_url(url).get_backend_name() == "postgresql"
        self._engine = _postgres_engine(url) if self.is_postgres else _sqlite_engine(url)
        writing = self._engine.execution_options(**{_IMMEDIATE: True})
        one_view = {"isolation_level": "REPEATABLE READ"} if self.is_postgres else {}
        reading = self._engine.execution_options(**one_view)
        self._read_sessions = async_sessionmaker(reading, expire_on_commit=False)
        self._write_sessions = async_sessionmaker(writing, expire_on_commit=False)
        self._writer = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A consistent view; nothing written in it is kept.

        Raises:
            Refused: `storage.*`, where the disk, the file or the database's server fails.
        """
        with self._timing(is_writing=False), _refusing():
            async with self._read_sessions() as session:
                yield Transaction(session, is_writing=False)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A writer's transaction: committed at the end, rolled back by any exception.

        Raises:
            Refused: `storage.*`, where the disk, the file or the database's server fails. Nothing is half-committed.
        """
        turn: AbstractAsyncContextManager[Any] = nullcontext() if self.is_postgres else self._writer
        with self._timing(is_writing=True), _refusing():
            async with turn, self._write_sessions() as session:
                transaction = Transaction(session, is_writing=True)
                yield transaction
                await _to_the_end(transaction.commit())

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Nobody else of this process writes within the block, where there is one writer at a time."""
        async with nullcontext() if self.is_postgres else self._writer:
            yield

    async def vacuum(self, table: str) -> None:
        """Have PostgreSQL let go of a table's deleted rows.

        Raises:
            Refused: `storage.*`.
        """
        with _refusing():
            async with self._engine.connect() as connection:
                outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await outside.execute(text(f'VACUUM "{table}"'))

    @contextmanager
    def _timing(self, *, is_writing: bool) -> Iterator[None]:
        start_s = time.perf_counter()
        try:
            yield
        finally:
            if self._transaction_ended is not None:
                self._transaction_ended(is_writing=is_writing, seconds=time.perf_counter() - start_s)

    async def is_reachable(self) -> bool:
        """Whether a query gets an answer."""
        try:
            async with self.read() as transaction:
                await transaction.session.execute(text("SELECT 1"))
        except (Refused, DBAPIError):  # the second: it does not let us in any more
            return False
        return True

    async def close(self) -> None:
        """Let go of every connection; SQLite's write-ahead log is folded into the file by the last one."""
        await self._engine.dispose()


def _sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url, module=SqliteDriver(), pool_size=5, max_overflow=5, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare_connection)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _postgres_engine(url: str) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=CONNECT_TIMEOUT_S,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": COMMAND_TIMEOUT_S,
            "server_settings": {"timezone": "UTC", "application_name": "gshop-studio"},
        },
    )


class _refusing:
    """What fails below becomes what the caller is told."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, NoConnectionFree):
            raise Refused("storage.busy", retry_after_s=1) from error
        if isinstance(error, DBAPIError):
            refusal = _storage_refusal(error)
            if refusal is not error:
                raise refusal from error
        elif isinstance(error, OSError):  # the driver could not connect, or its connection was cut
            raise Refused("storage.unreachable", retry_after_s=1) from error


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
        "synchronous=FULL",  # what is acknowledged outlives a power cut: one fsync a commit
        "fullfsync=ON",  # macOS: through the disk's own cache too
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is overwritten
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_IMMEDIATE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _storage_refusal(error: DBAPIError) -> Exception:
    """What the caller is told of failing storage; any other error of the database is a fault of ours and stays."""
    if isinstance(error.orig, sqlite3.Error):
        code = _sqlite_code(error.orig)
    else:
        state = getattr(error.orig, "sqlstate", None) or ""
        code = _POSTGRES_REFUSALS.get(state)
        if code is None and (error.connection_invalidated or state[:2] in ("08", "57")):
            code = "storage.unreachable"
    if code is None:
        return error
    return Refused(code, retry_after_s=1 if code in _RETRY_SOON else None)


def _sqlite_code(error: sqlite3.Error) -> str | None:
    match (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return "storage.full"
        case sqlite3.SQLITE_BUSY:
            return "storage.busy"
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_CORRUPT:
            return "storage.failed"
        case _:
            return None
