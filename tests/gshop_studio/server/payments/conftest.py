"""Databases of both kinds for what lives in one, without a server around it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gshop_studio.server.payments.bench import (
    Bench,
    MercadoPagoBench,
    SandboxBench,
    mercado_pago_bench,
    sandbox_bench,
)


@pytest.fixture(params=["sqlite", "postgres"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with all tables and nothing in them."""
    if request.param == "sqlite":
        path = tmp_path / "gshop.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite+aiosqlite:///{path}"
    url: str = await request.getfixturevalue("postgres").emptied()
    return url.replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture
async def sandbox(database_url: str) -> AsyncIterator[SandboxBench]:
    async with sandbox_bench(database_url) as bench:
        yield bench


@pytest.fixture
async def mercado_pago() -> AsyncIterator[MercadoPagoBench]:
    async with mercado_pago_bench() as bench:
        yield bench


@pytest.fixture(params=["sandbox", "mercado pago"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """Each provider there is."""
    if request.param == "mercado pago":
        async with mercado_pago_bench() as over_http:
            yield over_http
        return
    path = tmp_path / "gshop.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    async with sandbox_bench(f"sqlite+aiosqlite:///{path}") as inside:
        yield inside
