"""Purchases: reserve in one transaction, ask the provider while nothing is locked, settle in another.

Whatever happens between, the order is there: a server that dies is followed by the reconciling job of whichever leads.
"""

from __future__ import annotations

import hashlib

from gshop_studio.contract.checkout import Order, PurchaseRequest
from gshop_studio.domain.order_life import OrderStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_account
from gshop_studio.server.checkout.desk import Desk
from gshop_studio.server.checkout.orders import OrderService
from gshop_studio.server.checkout.reserving import Charging, PurchaseWish, Reserved
from gshop_studio.server.checkout.settlement import LATE, Settlement
from gshop_studio.server.database import Database
from gshop_studio.server.payments.parts import PaymentParts
from gshop_studio.server.payments.ports import ChargeRequest, Outcome
from gshop_studio.server.refusals import Refused


class PurchaseService:
    def __init__(
        self,
        database: Database,
        payments: PaymentParts,
        desk: Desk,
        settlement: Settlement,
        orders: OrderService,
    ) -> None:
        self._database = database
        self._methods = payments.methods
        self._provider = payments.provider
        self._desk = desk
        self._settlement = settlement
        self._orders = orders

    async def buy(self, caller: Caller | None, wish: PurchaseRequest, key: str | None) -> Order:
        """Buy a cart. The order is paid, or still `reserved` where the provider decides later, or has not answered.

        Raises:
            Refused: `payment.declined`, `checkout.reservation_over`, `payment_method.not_found`, `address.not_found`,
                and what `Reserving.reserve` refuses.
        """
        caller = require_account(caller)
        reserved = await self._desk.reserve(PurchaseWish(caller, wish, key, _hash_of(wish)))
        if reserved.charging is not None:
            await self._pay(reserved, reserved.charging)
        return await self._answer(caller, reserved.order_id)

    async def _pay(self, reserved: Reserved, charging: Charging) -> None:
        """Ask for the money and settle what is answered. No answer is settled by the reconciling job, or a notice."""
        if reserved.total.minor == 0:
            await self._settlement.settle_free(reserved.order_id)
            return
        answer = await self._provider.charge(_charge(reserved, charging))
        if answer.payment is not None:
            await self._settlement.settle(answer.payment)
        elif answer.outcome is Outcome.DECLINED:
            await self._settlement.declined(reserved.order_id, answer.reason)
        if self._provider.are_tokens_used_up:
            async with self._database.write() as transaction:
                await self._methods.charged(transaction, charging.method.id)

    async def _answer(self, caller: Caller, order_id: str) -> Order:
        order = await self._orders.get(caller, order_id)
        match order.status:
            case OrderStatus.DECLINED:
                raise Refused("payment.declined", params={"reason": order.decline_reason or "other"})
            case OrderStatus.EXPIRED:
                raise Refused("checkout.reservation_over")
            case OrderStatus.REFUNDING | OrderStatus.REFUNDED if order.paid_at is None:
                raise Refused("checkout.reservation_over" if order.refund_reason == LATE else "checkout.not_completed")
        return order


def _charge(reserved: Reserved, charging: Charging) -> ChargeRequest:
    return ChargeRequest(
        reference=reserved.order_id,
        idempotency_key=reserved.order_id,
        amount=reserved.total,
        token=charging.method.token,
        method=charging.method.method,
        payer_email=charging.payer_email,
        description="GSHOP Live",
    )


def _hash_of(wish: PurchaseRequest) -> str:
    """Tells whether a repeated request is the same."""
    return hashlib.sha256(wish.model_dump_json().encode()).hexdigest()
