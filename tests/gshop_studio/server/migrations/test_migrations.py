"""The database's shape, on SQLite and on PostgreSQL: the scripts lead to what the tables say, and back, and what is in
the tables comes along.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import JSON, Connection, Engine, Integer, MetaData, Table, event, inspect, select, text

from gshop_studio.server.migrations.upgrade import downgrade_database, run_on, upgrade_database
from gshop_studio.server.tables import Base
from tests.support.postgres import Postgres

MOMENT = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
NEW_IN_0002: dict[str, dict[str, Any]] = {
    "live_streams": {"total_shares": 0, "last_staff_seq": 0, "thumbnail_name": None},
    "live_stream_viewers": {"messages_count": 0, "total_spent_minor": 0, "country": None},
    "live_stream_messages": {"edited_at": None},
    "live_stream_products": {"alert_memory": {}},
    "users": {"signed_out_at": None},
}
"""What old rows have in columns that are new."""

APART = ("live_stream_metrics_", "live_stream_search_index", "idx_live_stream_search_words", "live_trending")
"""What the tables' description says nothing of."""


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'gshop.db'}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    async with postgres.database(is_empty=True) as plain:
        yield plain.replace("postgresql://", "postgresql+asyncpg://")


def ask(url: str, question: Any) -> Any:
    """Put a question to a connection, in one transaction."""
    answers: list[Any] = []

    def action(alembic: Config) -> None:
        connection: Connection = alembic.attributes["connection"]
        answers.append(question(connection))

    run_on(url, action)
    return answers[0]


def tables_of(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def is_ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """Not the partitions PostgreSQL keeps a table in, nor what they inherit; nor what each database has in its own way:
    the index of words, and what is trending."""
    is_apart = name is not None and name.startswith(APART)
    return not (is_apart and kind in ("table", "index"))


def test_the_scripts_lead_to_the_tables(url: str) -> None:
    upgrade_database(url)
    upgrade_database(url)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_ours})
        return list(compare_metadata(context, Base.metadata))

    assert ask(url, differences) == []


def test_they_lead_back_to_nothing(url: str) -> None:
    upgrade_database(url)
    downgrade_database(url, "base")
    assert ask(url, tables_of) == {"alembic_version"}
    upgrade_database(url)


def test_one_that_breaks_off_leaves_the_database_as_it_was(url: str) -> None:
    """A first start killed in the middle, or out of disk, once left tables that no later start could pass."""

    def break_off(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "CREATE TABLE live_stream_products" in statement:
            raise OSError("broken off")

    event.listen(Engine, "before_cursor_execute", break_off)
    try:
        with pytest.raises(OSError, match="broken off"):
            upgrade_database(url)
    finally:
        event.remove(Engine, "before_cursor_execute", break_off)
    assert ask(url, tables_of) == set()
    upgrade_database(url)


def test_what_is_in_the_tables_comes_along(url: str) -> None:
    """Rows of the first shape are in the newest one as they were, with sensible values for what is new; and back."""
    upgrade_database(url, "0001")
    before = ask(url, fill)
    assert all(before.values())
    upgrade_database(url)
    after = ask(url, contents)
    for table, rows in before.items():
        news = NEW_IN_0002.get(table, {})
        [row], [row_before] = after[table], rows
        assert {name: row[name] for name in row_before} == row_before
        assert {name: row[name] for name in news} == news
    ask(url, use_the_new_tables)
    downgrade_database(url, "0001")
    assert ask(url, contents) == before


def test_a_key_that_was_said_in_two_shows_is_no_obstacle(url: str) -> None:
    """A key was a show's, and is a person's now."""
    upgrade_database(url, "0001")
    ask(url, fill)

    def say_again(connection: Connection) -> None:
        tables = reflected(connection).tables
        for name, others in (
            ("live_streams", {"stream_key_hash": "x"}),
            ("live_stream_messages", {"stream_id": "two"}),
        ):
            row = row_of(tables[name]) | {"id": "two"} | others
            connection.execute(tables[name].insert().values(row))

    ask(url, say_again)
    upgrade_database(url)
    messages = ask(url, contents)["live_stream_messages"]
    assert [message["client_message_id"] for message in messages] == [None, None]


def test_of_two_that_start_at_once_one_upgrades(url: str) -> None:
    """Two processes, as two servers of one database are."""
    script = "import sys; from gshop_studio.server.migrations.upgrade import upgrade_database as up; up(sys.argv[1])"
    command = [sys.executable, "-c", script, url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    told = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    assert ask(url, lambda connection: connection.execute(text("SELECT count(*) FROM alembic_version")).scalar()) == 1


def fill(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """One row in each table, every column of it filled; what foreign keys name is there."""
    for table in reflected(connection).sorted_tables:
        if table.name != "alembic_version":
            connection.execute(table.insert().values(row_of(table)))
    return contents(connection)


def row_of(table: Table) -> dict[str, Any]:
    return {column.name: _value(column) for column in table.columns}


def contents(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    tables = reflected(connection).sorted_tables
    return {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
        for table in tables
        if table.name != "alembic_version"
    }


def reflected(connection: Connection) -> MetaData:
    metadata = MetaData()
    metadata.reflect(connection)
    return metadata


def use_the_new_tables(connection: Connection) -> None:
    """They take rows of the rows that were there before."""
    for table in reflected(connection).sorted_tables:
        is_empty = connection.execute(select(table)).first() is None
        if is_empty and not table.name.startswith(APART):
            connection.execute(table.insert().values(row_of(table)))


def _value(column: Any) -> Any:
    if (column.name.endswith("_id") or column.name == "id") and not isinstance(column.type, Integer):
        return "one"
    if isinstance(column.type, JSON):
        return {"a": [1]}
    kind = column.type.python_type
    values = {str: "text", int: 7, float: 7.5, bool: True, datetime: MOMENT}
    return values[kind]
