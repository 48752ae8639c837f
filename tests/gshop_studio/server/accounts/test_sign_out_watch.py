"""Asking who signed out, while the database is away."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from gshop_studio.server.accounts import sign_outs
from gshop_studio.server.clock import utc_now
from gshop_studio.server.refusals import Refused
from tests.gshop_studio.server.shop import eventually


class AwayNowAndThen:
    """A database that answers every hundredth question."""

    def __init__(self) -> None:
        self.asked = 0

    @asynccontextmanager
    async def read(self) -> AsyncIterator[None]:
        self.asked += 1
        if self.asked % 100:
            raise Refused("storage.unreachable")
        yield


class NobodySignedOut:
    def __init__(self, _transaction: object) -> None: ...

    async def signed_out_since(self, _moment: datetime) -> list[Any]:
        return []


async def nobody(_user_id: str, _moment_ms: int) -> None: ...


async def test_an_outage_is_logged_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(sign_outs, "_ASK_S", 0.0001)
    monkeypatch.setattr(sign_outs, "AccountRepository", NobodySignedOut)
    database: Any = AwayNowAndThen()
    watch = sign_outs.SignOutWatch(database, nobody, utc_now)
    with caplog.at_level(logging.INFO):
        watch.start()
        await eventually(lambda: database.asked > 150, "two outages")
        await watch.close()
    outages = database.asked // 100 + 1
    assert [record.levelname for record in caplog.records if "sign-outs" in record.message] == ["WARNING"] * outages
