"""Bring a database to the newest shape. Blocking: call it in a thread, before the server opens the database.

All of it is one transaction: killed in the middle, or out of disk, the database is as it was before. Of several
instances that start at once one upgrades, and the others wait.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_UPGRADE_LOCK = 7_160_251
"""Of PostgreSQL's advisory locks, the one whose holder upgrades."""


def upgrade_database(url: str, revision: str = "head") -> None:
    """Run what is missing; a new database gets everything.

    Raises:
        sqlalchemy.exc.DBAPIError: not a database, or it cannot be read or written.
        OSError: the database's server cannot be reached.
    """
    run_on(url, lambda alembic: command.upgrade(alembic, revision))


def downgrade_database(url: str, revision: str) -> None:
    """Back to an older shape. What only the newer one holds is lost."""
    run_on(url, lambda alembic: command.downgrade(alembic, revision))


def run_on(url: str, action: Any) -> None:
    """Run an Alembic command on a database, in one transaction."""
    if make_url(url).get_backend_name() == "postgresql":
        asyncio.run(_run_on_postgres(url, action))
    else:
        _run_on_sqlite(url.replace("+aiosqlite", ""), action)


async def _run_on_postgres(url: str, action: Any) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
            await connection.run_sync(_run, action)
    finally:
        await engine.dispose()


def _run_on_sqlite(url: str, action: Any) -> None:
    engine = create_engine(url, poolclass=NullPool)
    event.listen(engine, "connect", _leave_begin_to_us)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            _run(connection, action)
    finally:
        engine.dispose()


def _run(connection: Connection, action: Any) -> None:
    alembic = Config()
    alembic.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    alembic.attributes["connection"] = connection
    action(alembic)


def _leave_begin_to_us(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin at the first row, after the tables are made


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
