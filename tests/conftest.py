"""What holds for every test: no display is needed, and nobody's own settings are touched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.support.postgres import Postgres
    from tests.support.redis_server import RedisServer

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["GSHOP_LANGUAGE"] = "en"
os.environ.pop("GSHOP_STREAM_KEY", None)

settings.register_profile("untimed", deadline=None)
"""How long an example takes says how busy the machine is."""
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL whose databases are quickly made."""
    from tests.support.postgres import postgres_for_tests

    with postgres_for_tests() as running:
        yield running


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    from tests.support.redis_server import redis_for_tests

    with redis_for_tests() as running:
        yield running
