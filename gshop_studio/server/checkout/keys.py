"""The keys of purchases (`Idempotency-Key`): a person's key means one order for a day, and may be used again then."""

from __future__ import annotations

from datetime import timedelta

from gshop_studio.server.checkout.order_repository import OrderRepository
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database

KEPT = timedelta(hours=24)
FORGET_EVERY_S = 3600.0
_AT_ONCE = 1000


class PurchaseKeys:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def forget_old(self) -> None:
        """Forget the keys that were kept long enough: a job."""
        now = self._clock()
        forgotten = _AT_ONCE
        while forgotten == _AT_ONCE:
            async with self._database.write() as transaction:
                forgotten = await OrderRepository(transaction).forget_keys(now - KEPT, _AT_ONCE)
