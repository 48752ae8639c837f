"""Bring a database to the newest shape. Blocking: call it in a thread, before the server opens the file.

All of it is one transaction: killed in the middle, or out of disk, the file is as it was before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool


def upgrade_database(path: Path) -> None:
    """Run what is missing; a new file gets everything.

    Raises:
        sqlalchemy.exc.DBAPIError: the file is not a database, or cannot be read or written.
    """
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    event.listen(engine, "connect", _leave_begin_to_us)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            alembic = Config()
            alembic.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
            alembic.attributes["connection"] = connection
            command.upgrade(alembic, "head")
    finally:
        engine.dispose()


def _leave_begin_to_us(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin at the first row, after the tables are made


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
