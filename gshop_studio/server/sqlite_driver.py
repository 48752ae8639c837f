"""SQLite's driver with one trip to the connection's thread a statement.

The stock one makes four: open a cursor, execute, fetch, close. Each trip wakes a thread and the event loop, which costs
more than most statements do.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util.concurrency import await_only


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Holds what its statement gave; there is nothing to close."""

    __slots__ = ("_arraysize", "_description", "_lastrowid", "_rowcount")

    def __init__(self, adapt_connection: AsyncAdapt_aiosqlite_connection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._rows = deque()
        self._description: Any = None
        self._rowcount = -1
        self._lastrowid = 0
        self._arraysize = 1

    @property
    def description(self) -> Any:
        return self._description

    @property
    def rowcount(self) -> int:
        return self._rowcount

    @property
    def lastrowid(self) -> int:
        return self._lastrowid

    @property
    def arraysize(self) -> int:
        return self._arraysize

    @arraysize.setter
    def arraysize(self, value: int) -> None:
        self._arraysize = value

    def close(self) -> None:
        self._rows.clear()

    def setinputsizes(self, *inputsizes: Any) -> None:
        """SQLite has none."""

    async def _async_soft_close(self) -> None:
        """Nothing is open."""

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        async with self._adapt_connection._execute_mutex:
            await self._do(_execute, operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        async with self._adapt_connection._execute_mutex:
            await self._do(_execute_many, operation, seq_of_parameters)

    async def _do(self, work: Any, operation: Any, parameters: Any) -> None:
        connection: Any = self._connection
        done = await connection._execute(work, connection._conn, operation, parameters)
        self._description, self._rowcount, self._lastrowid, rows = done
        self._rows = deque(rows)


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()

    _cursor_cls = _Cursor  # type: ignore[assignment] # it has fewer ways to be made


class SqliteDriver(AsyncAdapt_aiosqlite_dbapi):
    """Give it to `create_async_engine` as `module`."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *args: Any, **kwargs: Any) -> _Connection:
        connection: Any = aiosqlite.connect(*args, **kwargs)
        connection._thread.daemon = True
        return _Connection(self, await_only(connection))


def _execute(connection: sqlite3.Connection, operation: str, parameters: Sequence[Any]) -> Any:
    cursor = connection.cursor()
    try:
        cursor.execute(operation, parameters)
        return _result(cursor)
    finally:
        cursor.close()


def _execute_many(connection: sqlite3.Connection, operation: str, parameters: Sequence[Sequence[Any]]) -> Any:
    cursor = connection.cursor()
    try:
        cursor.executemany(operation, parameters)
        return cursor.description, cursor.rowcount, cursor.lastrowid, ()
    finally:
        cursor.close()


def _result(cursor: sqlite3.Cursor) -> Any:
    rows = cursor.fetchall() if cursor.description else ()
    return cursor.description, cursor.rowcount, cursor.lastrowid, rows
