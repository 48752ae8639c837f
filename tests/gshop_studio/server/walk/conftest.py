"""One shop for a whole walk, in both sizes: what a step does, it does to a scene of its own."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.gshop_studio.server.conftest import SECRET_KEY, SIZES
from tests.gshop_studio.server.shop import Shop
from tests.gshop_studio.server.walk.openapi import OpenApi


@pytest_asyncio.fixture(scope="package", loop_scope="package", params=SIZES)
async def walked_shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    data_dir = tmp_path_factory.mktemp("walk") / "data"
    async with contextlib.AsyncExitStack() as stack:
        storage: dict[str, Any] = {}
        if request.param == "sqlite":
            data_dir.mkdir()
            template: Path = request.getfixturevalue("sqlite_template")
            shutil.copy(template, data_dir / "gshop.db")
        else:
            redis = request.getfixturevalue("redis_server")
            redis.empty()
            url = await stack.enter_async_context(request.getfixturevalue("postgres").database())
            storage = {"database_url": url, "redis_url": redis.url, "secret_key": SECRET_KEY}
        yield await stack.enter_async_context(Shop(data_dir, **storage))


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def openapi(walked_shop: Shop) -> OpenApi:
    """The document the running server gives."""
    return OpenApi((await walked_shop.http.get("/openapi.json")).json())
