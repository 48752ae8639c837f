"""How much of buying waits to be done, counted every few seconds: metrics are read without waiting for the database. A
job of the leader.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from gshop_studio.server.after_commit.repository import TaskRepository
from gshop_studio.server.checkout.order_repository import OrderRepository
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.operation.metrics import Metrics
from gshop_studio.server.payments.repository import NoticeRepository

COUNT_EVERY_S = 15.0
_HOLDS = timedelta(minutes=1)
"""Who counted and leads no more tells nothing soon: another does."""
WORKS = ("orders", "payment notices", "tasks")


class Backlog:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._counted_at: datetime | None = None
        self._waiting: Mapping[str, float] = {}
        self._overdue_s: Mapping[str, float] = {}
        self._failing: Mapping[str, float] = {}

    def tell(self, metrics: Metrics) -> None:
        by = "work"
        metrics.read_gauges(
            "gshop_checkout_waiting",
            "What is not done yet: orders the provider has not decided when it was asked, notices, tasks.",
            by,
            lambda: self._told(self._waiting),
        )
        metrics.read_gauges(
            "gshop_checkout_overdue_seconds",
            "How long the one that is due longest has been so.",
            by,
            lambda: self._told(self._overdue_s),
        )
        metrics.read_gauges(
            "gshop_checkout_failing",
            "Those that were tried more than once, and are not done.",
            by,
            lambda: self._told(self._failing),
        )

    async def count(self) -> None:
        """Ask now: a job."""
        now = self._clock()
        async with self._database.read() as transaction:
            tasks, notices, orders = (
                TaskRepository(transaction),
                NoticeRepository(transaction),
                OrderRepository(transaction),
            )
            due = {
                "orders": await orders.first_check_at(),
                "payment notices": await notices.first_due_at(),
                "tasks": await tasks.first_due_at(),
            }
            self._waiting = {
                "orders": await orders.count_undecided(),
                "payment notices": await notices.count_waiting(),
                "tasks": await tasks.count_waiting(),
            }
            self._failing = {
                "payment notices": await notices.count_failing(),
                "tasks": await tasks.count_failing(),
            }
        self._overdue_s = {
            work: max((now - at).total_seconds(), 0.0) if at is not None else 0.0 for work, at in due.items()
        }
        self._counted_at = now

    def _told(self, numbers: Mapping[str, float]) -> Mapping[str, float]:
        is_known = self._counted_at is not None and self._clock() - self._counted_at < _HOLDS
        return {work: float(numbers.get(work, 0)) if is_known else 0.0 for work in WORKS}
