"""500 people buy one of the ten that are left, all at one moment, before a real server on each database."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.secret_key import SecretKey
from gshop_studio.server.tables import OrderRow, PaymentRow, ProductRow, StockReservationRow
from tests.gshop_studio.server.conftest import SECRET_KEY
from tests.support.crowd import Answered, gather, rush
from tests.support.server import running_server

BUYERS, STOCK = 500, 10
SETTINGS = {"secret_key": SECRET_KEY, "rate_limit": "1000000/minute"}


async def test_500_buyers_and_ten_units(tmp_path: Path, storage: dict[str, Any]) -> None:
    """case 18, in a crowd: ten orders, none too many. The wait is measured by tests/benchmarks/checkout_rush.py."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(exist_ok=True)
    config = ServerConfig(data_dir=data_dir, **storage)
    database = Database(config.database)
    try:
        crowd = await gather(database, SecretKey.parse(SECRET_KEY, "key"), BUYERS, STOCK)
        environment = {f"GSHOP_{name.upper()}": value for name, value in {**SETTINGS, **storage}.items()}
        with running_server(data_dir, extra_env=environment) as server:
            answers = [answer for answer in await rush(server.http, crowd) if isinstance(answer, Answered)]
        assert Counter((answer.status, answer.code) for answer in answers) == {
            (201, ""): STOCK,
            (409, "product.out_of_stock"): BUYERS - STOCK,
        }
        async with database.read() as transaction:
            counts = [
                await transaction.session.scalar(select(func.count()).select_from(table))
                for table in (OrderRow, PaymentRow, StockReservationRow)
            ]
            product = await transaction.session.get(ProductRow, crowd.product_id)
        assert counts == [STOCK, STOCK, 0] and product is not None and product.stock == 0
    finally:
        await database.close()
