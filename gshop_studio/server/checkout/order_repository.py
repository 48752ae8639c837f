"""Reads and writes of orders, what is kept for them, and their payments.

Who changes an order locks its show first, then its products, then the order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, insert, or_, select, tuple_, update

from gshop_studio.domain.order_life import OrderStatus
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import (
    LiveStreamViewerRow,
    OrderItemRow,
    OrderRow,
    PaymentRow,
    StockReservationRow,
)

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Sums:
    """Of a show's paid orders; those given back are among them."""

    paid: int
    paid_minor: int
    refunded: int
    refunded_minor: int
    units: int


@dataclass(frozen=True, slots=True)
class OrderToCheck:
    id: str
    provider: str
    total_minor: int
    created_at: datetime


class OrderRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def flush(self) -> None:
        await self._session.flush()

    async def add_all(self, orders: Rows, items: Rows, reservations: Rows) -> None:
        """Write new orders with all that belongs to them."""
        await self._session.execute(insert(OrderRow), list(orders))
        await self._session.execute(insert(OrderItemRow), list(items))
        await self._session.execute(insert(StockReservationRow), list(reservations))

    async def order(self, order_id: str) -> OrderRow | None:
        return await self._session.get(OrderRow, order_id)

    async def lock(self, order_id: str) -> OrderRow | None:
        """Read anew, locked until the end of the transaction."""
        return await self._session.get(OrderRow, order_id, populate_existing=True, with_for_update=True)

    async def items(self, order_ids: Collection[str]) -> dict[str, list[OrderItemRow]]:
        """By order, in their order."""
        found = await self._session.scalars(
            select(OrderItemRow).where(OrderItemRow.order_id.in_(set(order_ids))).order_by(OrderItemRow.id)
        )
        items: dict[str, list[OrderItemRow]] = {order_id: [] for order_id in order_ids}
        for item in found:
            items[item.order_id].append(item)
        return items

    async def by_keys(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], OrderRow]:
        """The orders these keys of these people mean: (user, key)."""
        if not keys:
            return {}
        found = await self._session.scalars(
            select(OrderRow).where(tuple_(OrderRow.user_id, OrderRow.idempotency_key).in_(list(keys)))
        )
        return {(order.user_id, order.idempotency_key or ""): order for order in found}

    async def forget_keys(self, before: datetime, limit: int) -> int:
        """Forget the keys of orders made before; how many there were."""
        ids = list(
            await self._session.scalars(
                select(OrderRow.id)
                .where(OrderRow.idempotency_key.is_not(None), OrderRow.created_at < before)
                .limit(limit)
            )
        )
        if ids:
            await self._session.execute(update(OrderRow).where(OrderRow.id.in_(ids)).values(idempotency_key=None))
        return len(ids)

    async def release(self, order_id: str) -> None:
        """What was kept for this order is free."""
        await self._session.execute(delete(StockReservationRow).where(StockReservationRow.order_id == order_id))

    async def is_kept(self, order_id: str) -> bool:
        """Whether its goods are still kept for it."""
        kept = select(StockReservationRow.order_id).where(StockReservationRow.order_id == order_id).limit(1)
        return await self._session.scalar(kept) is not None

    async def to_check(self, now: datetime, limit: int) -> list[OrderToCheck]:
        """Those whose provider is to be asked, the longest due first."""
        found = await self._session.execute(
            select(OrderRow.id, OrderRow.provider, OrderRow.total_minor, OrderRow.created_at)
            .where(OrderRow.next_check_at <= now)
            .order_by(OrderRow.next_check_at)
            .limit(limit)
        )
        return [OrderToCheck(*row) for row in found]

    async def check_again(self, order_id: str, at: datetime | None) -> None:
        await self._session.execute(
            update(OrderRow)
            .where(OrderRow.id == order_id, OrderRow.next_check_at.is_not(None))
            .values(next_check_at=at, checks=OrderRow.checks + 1),
            execution_options={"synchronize_session": False},
        )

    async def count_undecided(self) -> int:
        """How many wait for the provider, who was asked again for them and did not decide."""
        undecided = select(func.count()).where(OrderRow.status == OrderStatus.RESERVED.value, OrderRow.checks > 0)
        return await self._session.scalar(undecided.where(OrderRow.next_check_at.is_not(None))) or 0

    async def first_check_at(self) -> datetime | None:
        """When the order that is to be checked first is due; None where there is none."""
        return await self._session.scalar(select(func.min(OrderRow.next_check_at)))

    async def page_of_buyer(self, user_id: str, limit: int, offset: int) -> tuple[list[OrderRow], int]:
        """The last one first."""
        where = OrderRow.user_id == user_id
        total = await self._session.scalar(select(func.count()).select_from(OrderRow).where(where))
        rows = await self._session.scalars(
            select(OrderRow)
            .where(where)
            .order_by(OrderRow.created_at.desc(), OrderRow.id.desc())
            .limit(limit)
            .offset(offset)
        )
        return list(rows), total or 0

    async def totals_before(self, order: OrderRow) -> list[int]:
        """What the show's paid orders before this one were over."""
        found = await self._session.scalars(
            select(OrderRow.total_minor).where(
                OrderRow.stream_id == order.stream_id,
                OrderRow.paid_at.is_not(None),
                or_(
                    OrderRow.paid_at < order.paid_at,
                    (OrderRow.paid_at == order.paid_at) & (OrderRow.id < order.id),
                ),
            )
        )
        return list(found)

    async def sums(self, stream_id: str) -> Sums:
        """What was paid in a show, and what of it was given back."""
        order = OrderRow
        units = (
            select(func.coalesce(func.sum(OrderItemRow.quantity), 0))
            .join(order, order.id == OrderItemRow.order_id)
            .where(order.stream_id == stream_id, order.paid_at.is_not(None))
            .scalar_subquery()
        )
        is_back = order.status == OrderStatus.REFUNDED.value
        found = await self._session.execute(
            select(
                func.count(),
                func.coalesce(func.sum(order.total_minor), 0),
                func.coalesce(func.sum(case((is_back, 1), else_=0)), 0),
                func.coalesce(func.sum(case((is_back, order.total_minor), else_=0)), 0),
                units,
            ).where(order.stream_id == stream_id, order.paid_at.is_not(None))
        )
        return Sums(*(int(number) for number in found.one()))

    async def to_celebrate(self, user_id: str, stream_id: str, product_id: str) -> list[OrderItemRow]:
        """Lines of somebody's paid orders of a show's product, the last one first; the celebrated ones, too."""
        found = await self._session.scalars(
            select(OrderItemRow)
            .join(OrderRow, OrderRow.id == OrderItemRow.order_id)
            .where(
                OrderRow.user_id == user_id,
                OrderRow.stream_id == stream_id,
                OrderRow.status == OrderStatus.PAID.value,
                OrderItemRow.product_id == product_id,
            )
            .order_by(OrderItemRow.id.desc())
        )
        return list(found)

    async def count_buyer(self, stream_id: str, viewer_key: str, total_minor: int) -> None:
        """A viewer has bought; who never joined the room is nobody's row."""
        await self._session.execute(
            update(LiveStreamViewerRow)
            .where(LiveStreamViewerRow.stream_id == stream_id, LiveStreamViewerRow.viewer_key == viewer_key)
            .values(
                purchases_made=LiveStreamViewerRow.purchases_made + 1,
                total_spent_minor=LiveStreamViewerRow.total_spent_minor + total_minor,
            )
        )


class PaymentRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def add(self, row: PaymentRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def flush(self) -> None:
        await self._session.flush()

    async def payment(self, payment_id: str) -> PaymentRow | None:
        """Locked, where the transaction writes: its order is locked before."""
        return await self._session.get(PaymentRow, payment_id)

    async def of_provider(self, provider: str, provider_payment_id: str) -> PaymentRow | None:
        return await self._session.scalar(
            select(PaymentRow).where(
                PaymentRow.provider == provider, PaymentRow.provider_payment_id == provider_payment_id
            )
        )

    async def of_orders(self, order_ids: Iterable[str]) -> list[PaymentRow]:
        found = await self._session.scalars(select(PaymentRow).where(PaymentRow.order_id.in_(set(order_ids))))
        return list(found)
