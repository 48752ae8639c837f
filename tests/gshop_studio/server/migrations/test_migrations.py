"""The database's shape: the scripts lead to what the tables say, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, event, inspect

from gshop_studio.server import migrations
from gshop_studio.server.migrations.upgrade import upgrade_database
from gshop_studio.server.tables import Base


def test_the_scripts_lead_to_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "gshop.db"
    upgrade_database(f"sqlite:///{path}")
    upgrade_database(f"sqlite:///{path}")
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_they_lead_back_to_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gshop.db"
    upgrade_database(f"sqlite:///{path}")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_one_that_breaks_off_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """A first start killed in the middle, or out of disk, once left tables that no later start could pass."""
    path = tmp_path / "gshop.db"

    def break_off(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "CREATE TABLE live_stream_products" in statement:
            raise OSError("broken off")

    event.listen(Engine, "before_cursor_execute", break_off)
    try:
        with pytest.raises(OSError, match="broken off"):
            upgrade_database(f"sqlite:///{path}")
    finally:
        event.remove(Engine, "before_cursor_execute", break_off)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()
    upgrade_database(f"sqlite:///{path}")
