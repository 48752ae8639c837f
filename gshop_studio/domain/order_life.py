"""An order's life: its states, and what a payment does to it, as one pure table.

    reserved -> paid -> refunding -> refunded
             -> declined
             -> expired

A payment belongs to one order, or goes back: what is approved for an order that cannot have it any more (its
reservation ran out, it was paid already, the amount is another) is given back, never kept and never lost. One that is
still open when its order is over is called off, so that it does not come to that.
"""

from __future__ import annotations

from enum import StrEnum


class OrderStatus(StrEnum):
    RESERVED = "reserved"
    """Its goods are kept for it; the provider is being asked, or decides later."""
    PAID = "paid"
    DECLINED = "declined"
    EXPIRED = "expired"
    """Its reservation ran out before it was paid."""
    REFUNDING = "refunding"
    """Its money is on the way back."""
    REFUNDED = "refunded"


class PaymentNews(StrEnum):
    """What is known of a payment, as far as it matters to its order."""

    APPROVED = "approved"
    DECLINED = "declined"
    OPEN = "open"
    """Pending, or nobody knows."""
    RETURNED = "returned"
    """Given back, or taken back by the buyer's bank."""


class Effect(StrEnum):
    """What is to be done."""

    NOTHING = "nothing"
    PAY = "pay"
    """The order is paid: the goods are sold."""
    DECLINE = "decline"
    """The goods are free again."""
    GIVE_BACK = "give_back"
    """The payment is not this order's to keep."""
    RETURN = "return"
    """The order's money is gone back."""
    CALL_OFF = "call_off"
    """Nobody waits for the payment any more: it should not come about."""


def effect_of(status: OrderStatus, news: PaymentNews, *, fits: bool, is_its_payment: bool) -> Effect:
    """What a payment does to an order. `fits`: its amount and currency are the order's, and the goods are still there;
    `is_its_payment`: the order was paid by this very payment."""
    match news:
        case PaymentNews.OPEN:
            is_waited_for = status is OrderStatus.RESERVED or is_its_payment
            return Effect.NOTHING if is_waited_for else Effect.CALL_OFF
        case PaymentNews.DECLINED:
            return Effect.DECLINE if status is OrderStatus.RESERVED else Effect.NOTHING
        case PaymentNews.RETURNED:
            is_kept = status in (OrderStatus.PAID, OrderStatus.REFUNDING)
            return Effect.RETURN if is_kept and is_its_payment else Effect.NOTHING
        case PaymentNews.APPROVED:
            if is_its_payment:
                return Effect.NOTHING
            return Effect.PAY if status is OrderStatus.RESERVED and fits else Effect.GIVE_BACK
