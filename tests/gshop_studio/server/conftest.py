"""A shop for each test that asks for one, in both sizes."""

from __future__ import annotations

import base64
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.migrations.upgrade import upgrade_database
from tests.gshop_studio.server.shop import Person, Shop

SIZES = ("sqlite", "postgres+redis")
SECRET_KEY = base64.b64encode(bytes(range(32))).decode()
"""What servers that share a database share too."""


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and nothing in them."""
    path = tmp_path_factory.mktemp("template") / "gshop.db"
    upgrade_database(f"sqlite:///{path}")
    return path


@pytest.fixture(params=SIZES)
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[dict[str, Any]]:
    """The settings of a shop in `tmp_path / "data"` that say where things are kept: `Shop(.., **storage)`."""
    if request.param == "sqlite":
        data_dir = tmp_path / "data"
        data_dir.mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), data_dir / "gshop.db")
        yield {}
        return
    redis = request.getfixturevalue("redis_server")
    redis.empty()
    url = await request.getfixturevalue("postgres").emptied()
    yield {"database_url": url, "redis_url": redis.url, "secret_key": SECRET_KEY}


@pytest.fixture
async def shop(tmp_path: Path, storage: dict[str, Any]) -> AsyncIterator[Shop]:
    """A running server with lenient rate limits."""
    async with Shop(tmp_path / "data", **storage) as running:
        yield running


@pytest.fixture
async def seller(shop: Shop) -> Person:
    return await shop.person(Role.SELLER, "Alba")
