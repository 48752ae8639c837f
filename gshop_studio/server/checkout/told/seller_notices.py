"""Sellers hear of what was sold of theirs, wherever they are: by the ways they chose."""

from __future__ import annotations

from gshop_studio.domain.money import Money
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.checkout.order_repository import OrderRepository
from gshop_studio.server.database import Transaction
from gshop_studio.server.notifications.notices import Notices, Sale


class SellerNotices:
    def __init__(self, accounts: AccountService, notices: Notices) -> None:
        self._accounts = accounts
        self._notices = notices

    async def tell(self, transaction: Transaction, order_id: str) -> None:
        """Tell each seller of their part of an order: a task."""
        order = await OrderRepository(transaction).order(order_id)
        if order is None:
            return
        items = (await OrderRepository(transaction).items([order_id]))[order_id]
        buyer = (await self._accounts.hosts(transaction, [order.user_id])).get(order.user_id)
        for seller_id in sorted({item.seller_id for item in items}):
            theirs = [item for item in items if item.seller_id == seller_id]
            sale = Sale(
                order_id=order.id,
                seller_id=seller_id,
                stream_id=order.stream_id,
                buyer=buyer.display_name if buyer is not None else "",
                items=", ".join(item.name for item in theirs),
                amount=Money(sum(item.unit_minor * item.quantity for item in theirs), order.currency),
            )
            await self._notices.sale(transaction, sale)
