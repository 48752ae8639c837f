"""kill -9 in the middle of an erasure: nobody gets in meanwhile, and the next start finishes it before it serves."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, insert, select

from gshop_studio.contract.rest import Role
from gshop_studio.server.clock import new_id, utc_now
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.privacy.erased_ids import FILE_NAME, hash_of
from gshop_studio.server.privacy.fate import NOBODY_ID
from gshop_studio.server.privacy.repository import ErasureRepository
from gshop_studio.server.tables import LiveStreamEventRow, LiveStreamMessageRow, UserRow
from tests.gshop_studio.server.privacy.test_erasure import EMAIL, NAME, register, traces
from tests.gshop_studio.server.privacy.traces import CANARY
from tests.gshop_studio.server.shop import PASSWORD, Shop, eventually_async
from tests.support.server import running_server

SHOWS, SAID = 12, 250


async def talk(transaction: Transaction, stream_ids: list[str], user_id: str) -> None:
    """Write very much that one person said, in each show."""
    now = utc_now()
    for stream_id in stream_ids:
        ids = [new_id() for _ in range(SAID)]
        message = {"stream_id": stream_id, "user_id": user_id, "type": "text", "message": f"{CANARY} says {NAME}",
                   "details": {}, "is_deleted": False, "is_pinned": False, "created_at": now}  # fmt: skip
        await transaction.session.execute(
            insert(LiveStreamMessageRow),
            [{"id": each, "seq": 1000 + number, **message} for number, each in enumerate(ids)],
        )
        event = {"stream_id": stream_id, "event": "live:message:new", "at": now}
        await transaction.session.execute(
            insert(LiveStreamEventRow),
            [
                {"seq": 1000 + number, "data": {"id": each, "userId": user_id, "username": NAME, "message": CANARY}}
                | event
                for number, each in enumerate(ids)
            ],
        )


async def test_killed_in_the_middle_of_an_erasure(tmp_path: Path, storage: dict[str, Any]) -> None:
    """case 60: half of the shows have lost them, the others not yet."""
    data_dir = tmp_path / "data"
    async with Shop(data_dir, **storage) as shop:
        seller, ana = await shop.person(Role.SELLER), await register(shop)
        stream_ids = [await shop.stream(seller) for _ in range(SHOWS)]
        async with shop.server.services.database.write() as transaction:
            await talk(transaction, stream_ids, ana.id)
    environment = {f"GSHOP_{name.upper()}": value for name, value in storage.items()}
    database = Database(ServerConfig(data_dir=data_dir, **storage).database)
    try:

        async def said_by(user_id: str) -> int:
            async with database.read() as transaction:
                row = LiveStreamMessageRow
                return await transaction.session.scalar(select(func.count()).where(row.user_id == user_id)) or 0

        async def is_begun() -> bool:
            return await said_by(NOBODY_ID) > 0

        with running_server(data_dir, extra_env=environment) as server:
            async with httpx.AsyncClient(base_url=f"{server.http}/api/v1", headers=ana.headers, timeout=60) as http:
                wish = http.request("DELETE", "/users/delete-account", json={"password": PASSWORD})
                erasing = asyncio.create_task(wish)
                await eventually_async(is_begun, "the first show without them")
                server.process.kill()
                with contextlib.suppress(httpx.HTTPError):
                    await erasing
        assert await said_by(ana.id) > 0, "it was killed in between"
        async with database.read() as transaction:
            assert await ErasureRepository(transaction).pending() == [ana.id]
        with running_server(data_dir, extra_env=environment) as server:
            async with database.read() as transaction:
                assert await transaction.session.get(UserRow, ana.id) is None, "before anybody is served"
            async with httpx.AsyncClient(base_url=f"{server.http}/api/v1") as http:
                assert (await http.get("/auth/me", headers=ana.headers)).status_code == 401
    finally:
        await database.close()
    assert hash_of(ana.id) in (data_dir / FILE_NAME).read_text()
    async with Shop(data_dir, **storage) as shop:
        async with shop.server.services.database.write() as transaction:
            await ErasureRepository(transaction).let_go(utc_now() + timedelta(hours=1))
        await shop.server.privacy.traces.clean()
        assert await traces(shop, ana) == []
    log = (tmp_path / "data.log").read_text()
    assert not any(name in log for name in (ana.id, NAME, EMAIL, CANARY))
