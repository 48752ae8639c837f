"""What follows a paid order, and money that goes back, as kinds of tasks."""

from __future__ import annotations

from gshop_studio.server.after_commit.task import TaskKind

CELEBRATE = TaskKind("order.celebrate")
SAY_IN_CHAT = TaskKind("order.say_in_chat")
TELL_SALE = TaskKind("order.tell_sale")
MILESTONE = TaskKind("order.milestone")
BIG_PURCHASE = TaskKind("order.big_purchase")
STOCK_ELSEWHERE = TaskKind("order.stock_elsewhere")
NUMBERS = TaskKind("order.numbers")
NOTIFY_SELLER = TaskKind("order.notify_seller")
"""Of an order, by its id."""
OF_PAID_ORDER = (
    CELEBRATE,
    SAY_IN_CHAT,
    TELL_SALE,
    MILESTONE,
    BIG_PURCHASE,
    STOCK_ELSEWHERE,
    NUMBERS,
    NOTIFY_SELLER,
)
GIVE_BACK = TaskKind("payment.give_back")
CALL_OFF = TaskKind("payment.call_off")
"""Of a payment, by our id."""
