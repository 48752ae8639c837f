"""kill -9 at each step of a purchase: after the restart it is paid once and told once, or nothing of it is left."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from gshop_studio.server.clock import utc_now
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.secret_key import SecretKey
from gshop_studio.server.tables import (
    AfterCommitTaskRow,
    CartRow,
    LiveStreamEventRow,
    LiveStreamProductRow,
    NotificationRow,
    OrderRow,
    ProductRow,
    SandboxPaymentRow,
    StockReservationRow,
)
from tests.gshop_studio.server.checkout.killed_server import Step
from tests.gshop_studio.server.conftest import SECRET_KEY
from tests.gshop_studio.server.shop import eventually_async
from tests.support.crowd import Answered, gather, rush
from tests.support.server import running_server

SETTINGS = {"secret_key": SECRET_KEY, "rate_limit": "1000000/minute"}
KILLED = "tests.gshop_studio.server.checkout.killed_server"


async def let_time_pass(database: Database, step: Step) -> None:
    """Let the waits run out: until an order is asked for, its reservation, the leases of tasks."""
    past = utc_now() - timedelta(seconds=1)
    order: dict[str, Any] = {"next_check_at": past}
    if step is Step.BEFORE_ASKING:  # nobody was asked, so nobody will ever say
        order["reserved_until"] = past
    async with database.write() as transaction:
        await transaction.session.execute(update(OrderRow).where(OrderRow.next_check_at.is_not(None)).values(order))
        await transaction.session.execute(update(AfterCommitTaskRow).values(due_at=past))


@pytest.mark.parametrize("step", Step)
async def test_killed_at_a_step(tmp_path: Path, storage: dict[str, Any], step: Step) -> None:
    """case 29, at every step there is."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(exist_ok=True)
    database = Database(ServerConfig(data_dir=data_dir, **storage).database)
    environment = {f"GSHOP_{name.upper()}": value for name, value in {**SETTINGS, **storage}.items()}

    async def read(query: Any) -> list[Any]:
        async with database.read() as transaction:
            return list(await transaction.session.scalars(query))

    try:
        crowd = await gather(database, SecretKey.parse(SECRET_KEY, "key"), 1, 1)
        with running_server(data_dir, extra_env={**environment, "KILL_AT": step.value}, module=KILLED) as server:
            [answer] = await rush(server.http, crowd)
            assert server.process.wait(30) == -9
        if step not in (Step.WITHIN_A_TASK, Step.AFTER_A_TASK):  # these come behind the answer, or just before
            assert not isinstance(answer, Answered)
        await let_time_pass(database, step)

        async def is_settled() -> bool:
            is_open = await read(select(OrderRow.id).where(OrderRow.status == "reserved"))
            return (
                is_open == []
                and await read(select(AfterCommitTaskRow).where(AfterCommitTaskRow.done_at.is_(None))) == []
            )

        with running_server(data_dir, extra_env=environment):
            await eventually_async(is_settled, "all being settled and told", timeout_s=60)
        [order] = await read(select(OrderRow))
        [cart] = await read(select(CartRow))
        [product] = await read(select(ProductRow).where(ProductRow.id == crowd.product_id))
        [shelf] = await read(select(LiveStreamProductRow).where(LiveStreamProductRow.stream_id == crowd.stream_id))
        charges = await read(select(SandboxPaymentRow))
        celebrated = await read(select(func.count()).where(LiveStreamEventRow.event == "live:purchase:celebration"))
        notices = await read(select(NotificationRow.kind).where(NotificationRow.order_id == order.id))
        assert await read(select(StockReservationRow)) == []
        if step is Step.BEFORE_ASKING:
            assert (order.status, charges, cart.is_open, cart.order_id) == ("expired", [], True, None)
            assert (product.stock, shelf.sold_count, celebrated, notices) == (1, 0, [0], [])
        else:
            assert (order.status, len(charges), cart.is_open) == ("paid", 1, False)
            assert (product.stock, shelf.sold_count, shelf.revenue_minor) == (0, 1, order.total_minor)
            assert (celebrated, notices) == ([1], ["sale"]), "each once"
    finally:
        await database.close()
