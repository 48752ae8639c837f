"""The database's shape: the scripts lead to what the tables say, and back."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from gshop_studio.server import migrations
from gshop_studio.server.migrations.upgrade import upgrade_database
from gshop_studio.server.tables import Base


def test_the_scripts_lead_to_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "gshop.db"
    upgrade_database(path)
    upgrade_database(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_they_lead_back_to_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gshop.db"
    upgrade_database(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()
