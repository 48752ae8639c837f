"""Bring a database to the newest shape. Blocking: call it in a thread, before the server opens the file."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool


def upgrade_database(path: Path) -> None:
    """Run what is missing; a new file gets everything.

    Raises:
        sqlalchemy.exc.DBAPIError: the file is not a database, or cannot be read or written.
    """
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    try:
        with engine.begin() as connection:
            alembic = Config()
            alembic.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
            alembic.attributes["connection"] = connection
            command.upgrade(alembic, "head")
    finally:
        engine.dispose()
