"""What waits behind purchases is counted, for the alerts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, update

from gshop_studio.server.clock import utc_now
from gshop_studio.server.tables import AfterCommitTaskRow, OrderRow
from tests.gshop_studio.server.checkout.test_settlement import pending
from tests.gshop_studio.server.shop import Person, Shop


async def test_how_much_waits_is_counted(shop: Shop, seller: Person) -> None:
    """Orders the provider does not decide, tasks that fail, notices that are not believed."""
    checkout, metrics = shop.server.checkout, shop.server.operation.metrics

    def value(name: str, work: str) -> Any:
        return metrics.value(f"gshop_checkout_{name}", {"work": work})

    _, _, _, order_id = await pending(shop, seller)
    assert value("waiting", "orders") == 0
    async with shop.server.services.database.write() as transaction:
        past = utc_now() - timedelta(minutes=5)
        await transaction.session.execute(update(OrderRow).values(next_check_at=past))
        failing = {"attempts": 3, "due_at": utc_now() + timedelta(hours=1), "done_at": None}
        row = {"id": "t", "kind": "test", "subject": "x", "created_at": past, "last_error": "e", **failing}
        await transaction.session.execute(insert(AfterCommitTaskRow).values(row))
    await checkout.backlog.count()
    assert 299 < value("overdue_seconds", "orders") < 400
    assert (value("waiting", "tasks"), value("failing", "tasks")) == (1, 1)
    assert value("overdue_seconds", "tasks") == 0, "it is put off"
    await checkout.reconciling.look()
    await checkout.backlog.count()
    assert value("waiting", "orders") == 1, order_id
    assert value("overdue_seconds", "orders") == 0
    await shop.refused("payment.bad_notice", "POST", "webhooks/mercadopago", params={"data.id": "1"})
    assert metrics.value("gshop_payment_notices_refused_total") == 1
