"""Reads and writes of commissions: each affiliate's percentage, who shares a show, what orders earned."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from gshop_studio.domain.money import Money
from gshop_studio.server.clock import new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import AffiliateRow, CommissionRow, LiveStreamCoHostRow, OrderRow


class CommissionRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def percents(self, user_ids: Collection[str]) -> dict[str, Decimal]:
        """Of those who have a percentage of their own."""
        if not user_ids:
            return {}
        found = await self._session.execute(
            select(AffiliateRow.user_id, AffiliateRow.commission_percent).where(AffiliateRow.user_id.in_(user_ids))
        )
        return {user_id: Decimal(percent) for user_id, percent in found}

    async def set_percent(self, user_id: str, percent: Decimal, now: datetime) -> None:
        row = await self._session.get(AffiliateRow, user_id)
        if row is None:
            self._session.add(AffiliateRow(user_id=user_id, commission_percent=str(percent), updated_at=now))
        else:
            row.commission_percent, row.updated_at = str(percent), now

    async def shares(self, stream_id: str) -> dict[str, Decimal]:
        """The co-hosts' shares in percent, in the order they were named."""
        found = await self._session.execute(
            select(LiveStreamCoHostRow.user_id, LiveStreamCoHostRow.share_percent)
            .where(LiveStreamCoHostRow.stream_id == stream_id)
            .order_by(LiveStreamCoHostRow.created_at, LiveStreamCoHostRow.user_id)
        )
        return {user_id: Decimal(percent) for user_id, percent in found}

    async def set_shares(self, stream_id: str, shares: Mapping[str, Decimal], now: datetime) -> None:
        await self._session.execute(delete(LiveStreamCoHostRow).where(LiveStreamCoHostRow.stream_id == stream_id))
        rows = [
            {"stream_id": stream_id, "user_id": user_id, "share_percent": str(percent), "created_at": now}
            for user_id, percent in shares.items()
        ]
        if rows:
            await self._session.execute(insert(LiveStreamCoHostRow), rows)

    async def add(self, order: OrderRow, parts: Mapping[str, Money], now: datetime) -> None:
        """What this order earned each of these people."""
        rows: list[dict[str, Any]] = [
            {
                "id": new_id(),
                "order_id": order.id,
                "user_id": user_id,
                "stream_id": order.stream_id,
                "percent": order.commission_percent,
                "currency": part.currency,
                "amount_minor": part.minor,
                "created_at": now,
            }
            for user_id, part in parts.items()
        ]
        if rows:
            await self._session.execute(insert(CommissionRow), rows)

    async def reverse(self, order_id: str, now: datetime) -> None:
        await self._session.execute(
            update(CommissionRow)
            .where(CommissionRow.order_id == order_id, CommissionRow.reversed_at.is_(None))
            .values(reversed_at=now)
        )

    async def page(self, user_id: str, limit: int, offset: int) -> tuple[list[CommissionRow], int]:
        """The last one first."""
        total = await self._session.scalar(select(func.count()).where(CommissionRow.user_id == user_id))
        rows = await self._session.scalars(
            select(CommissionRow)
            .where(CommissionRow.user_id == user_id)
            .order_by(CommissionRow.created_at.desc(), CommissionRow.id.desc())
            .limit(limit)
            .offset(offset)
        )
        return list(rows), total or 0

    async def sums(self, user_id: str) -> list[tuple[Money, int]]:
        """By currency: what was earned, and with how many orders; without what was reversed."""
        found = await self._session.execute(
            select(CommissionRow.currency, func.sum(CommissionRow.amount_minor), func.count())
            .where(CommissionRow.user_id == user_id, CommissionRow.reversed_at.is_(None))
            .group_by(CommissionRow.currency)
            .order_by(CommissionRow.currency)
        )
        return [(Money(int(amount), currency), orders) for currency, amount, orders in found]
