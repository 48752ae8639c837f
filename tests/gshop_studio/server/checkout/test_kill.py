"""kill -9 in the middle of many purchases: after the restart every charge has its order, and nothing is kept on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.secret_key import SecretKey
from gshop_studio.server.tables import (
    AfterCommitTaskRow,
    LiveStreamEventRow,
    LiveStreamProductRow,
    OrderRow,
    ProductRow,
    SandboxPaymentRow,
    StockReservationRow,
)
from tests.gshop_studio.server.conftest import SECRET_KEY
from tests.gshop_studio.server.shop import eventually_async
from tests.support.crowd import gather, rush
from tests.support.server import running_server

BUYERS, STOCK = 60, 40
SETTINGS = {"secret_key": SECRET_KEY, "rate_limit": "1000000/minute", "reservation_s": "30"}


async def number(database: Database, query: Any) -> int:
    async with database.read() as transaction:
        return int(await transaction.session.scalar(query) or 0)


async def test_killed_between_charge_and_commit(tmp_path: Path, storage: dict[str, Any]) -> None:
    """case 29: the money was taken and the server killed before it wrote so."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(exist_ok=True)
    database = Database(ServerConfig(data_dir=data_dir, **storage).database)
    environment = {f"GSHOP_{name.upper()}": value for name, value in {**SETTINGS, **storage}.items()}
    charged = select(func.count()).select_from(SandboxPaymentRow)
    reserved = select(func.count()).where(OrderRow.status == "reserved")
    try:
        crowd = await gather(database, SecretKey.parse(SECRET_KEY, "key"), BUYERS, STOCK, "tok_slow")
        with running_server(data_dir, extra_env=environment) as server:
            crowding = asyncio.create_task(rush(server.http, crowd))

            async def are_charged() -> bool:
                return await number(database, charged) >= STOCK // 2

            await eventually_async(are_charged, "charges nobody has heard of yet")
            server.process.kill()
            await crowding
        open_before = await number(database, reserved)
        assert open_before > 0, "it was killed in between"

        async def is_settled() -> bool:
            return await number(database, reserved) == 0

        async def is_told() -> bool:
            return await number(database, select(func.count()).where(AfterCommitTaskRow.done_at.is_(None))) == 0

        with running_server(data_dir, extra_env=environment):
            await eventually_async(is_settled, "every order being settled", timeout_s=80)
            await eventually_async(is_told, "what follows")
        paid = await number(database, select(func.count()).where(OrderRow.status == "paid"))
        assert paid == await number(database, charged) <= STOCK
        async with database.read() as transaction:
            product = await transaction.session.get(ProductRow, crowd.product_id)
            shelf = await transaction.session.scalar(
                select(LiveStreamProductRow).where(LiveStreamProductRow.stream_id == crowd.stream_id)
            )
        assert product is not None and shelf is not None
        assert (product.stock, shelf.sold_count, shelf.revenue_minor) == (STOCK - paid, paid, 1850 * paid)
        assert await number(database, select(func.count()).select_from(StockReservationRow)) == 0
        celebrations = select(func.count()).where(LiveStreamEventRow.event == "live:purchase:celebration")
        assert await number(database, celebrations) == paid, "each once"
    finally:
        await database.close()
