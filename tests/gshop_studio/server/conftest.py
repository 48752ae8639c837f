"""A shop for each test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.shop import Person, Shop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """A running server with lenient rate limits."""
    async with Shop(tmp_path / "data") as running:
        yield running


@pytest.fixture
async def seller(shop: Shop) -> Person:
    return await shop.person(Role.SELLER, "Alba")
