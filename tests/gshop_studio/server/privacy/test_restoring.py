"""An archive from before an erasure is restored, and forgets again. As a person runs it."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from gshop_studio.server.migrations.upgrade import upgrade_database
from gshop_studio.server.privacy.erased_ids import FILE_NAME, ErasedIds, hash_of
from tests.gshop_studio.server.operation.test_archives import run

ANA, ZOE = "01936f3e-8c00-7a41-b6c3-2f4d5e6a7b8c", "01936f3e-8c00-7a41-b6c3-2f4d5e6a7b8d"


def test_whom_the_list_names_is_not_restored(tmp_path: Path) -> None:
    """case 60: the list stands beside the database, and outlives it."""
    shop, home = tmp_path / "shop", tmp_path / "home"
    shop.mkdir()
    home.mkdir()
    upgrade_database(f"sqlite:///{shop / 'gshop.db'}")
    with contextlib.closing(sqlite3.connect(shop / "gshop.db")) as database, database:
        for user_id, name in ((ANA, "Anacleta"), (ZOE, "Zoe")):
            database.execute(
                "INSERT INTO users (id, email, display_name, role, language, created_at, updated_at)"
                " VALUES (?, ?, ?, 'buyer', 'en', '2026-11-24', '2026-11-24')",
                (user_id, f"{name}@example.com", name),
            )
    archive = tmp_path / "before.tar.gz"
    assert run("backup", "--data-dir", shop, "--to", archive, home=home).returncode == 0
    new = tmp_path / "new"
    new.mkdir()
    ErasedIds(new / FILE_NAME).add({hash_of(ANA): datetime(2026, 11, 25, tzinfo=UTC)})
    done = run("restore", archive, "--data-dir", new, home=home)
    assert done.returncode == 0, done.stderr
    with contextlib.closing(sqlite3.connect(new / "gshop.db")) as database:
        names = {name for (name,) in database.execute("SELECT display_name FROM users")}
    assert "Zoe" in names and "Anacleta" not in names
    assert all(b"Anacleta" not in path.read_bytes() for path in new.rglob("*") if path.is_file())
