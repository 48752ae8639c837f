"""SQLite's driver says what the library's own says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from gshop_studio.server.sqlite_driver import SqliteDriver


@pytest.fixture(params=[True, False], ids=["ours", "the library's"])
async def connection(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncConnection]:
    module: dict[str, Any] = {"module": SqliteDriver()} if request.param else {}
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}", **module)
    async with engine.connect() as connection:
        await connection.execute(text("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT UNIQUE)"))
        yield connection
    await engine.dispose()


async def test_rows_counts_and_ids(connection: AsyncConnection) -> None:
    insert = text("INSERT INTO words (word) VALUES (:word)")
    first = await connection.execute(insert, {"word": "a"})
    assert first.rowcount == 1 and first.lastrowid == 1
    many = await connection.execute(insert, [{"word": "b"}, {"word": "c"}])
    assert many.rowcount == 2
    updated = await connection.execute(text("UPDATE words SET word = word || 'x' WHERE id > 1 RETURNING word"))
    assert sorted(updated.scalars()) == ["bx", "cx"]
    found = await connection.execute(text("SELECT id, word FROM words ORDER BY id"))
    assert list(found.keys()) == ["id", "word"]
    assert found.fetchone() == (1, "a") and found.fetchmany(1) == [(2, "bx")] and found.fetchall() == [(3, "cx")]
    assert (await connection.execute(text("SELECT id FROM words WHERE id > 5"))).first() is None
    assert (await connection.execute(text("DELETE FROM words"))).rowcount == 3


async def test_errors_and_what_comes_after(connection: AsyncConnection) -> None:
    insert = text("INSERT INTO words (word) VALUES ('a')")
    await connection.execute(insert)
    with pytest.raises(IntegrityError):
        await connection.execute(insert)
    with pytest.raises(OperationalError):
        await connection.execute(text("SELECT nothing FROM nowhere"))
    assert (await connection.execute(text("SELECT count(*) FROM words"))).scalar_one() == 1
    await connection.rollback()
    assert (await connection.execute(text("SELECT count(*) FROM words"))).scalar_one() == 0


async def test_rows_that_are_streamed(connection: AsyncConnection) -> None:
    insert = text("INSERT INTO words (word) VALUES (:word)")
    await connection.execute(insert, [{"word": str(number)} for number in range(100)])
    result = await connection.stream(text("SELECT word FROM words ORDER BY id"))
    assert [row.word async for row in result] == [str(number) for number in range(100)]
