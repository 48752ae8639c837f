"""Purchases in the chat: a message of the server's, under the host's name, for each paid order. It names no buyer."""

from __future__ import annotations

from gshop_studio.server.chat.server_messages import ServerMessages
from gshop_studio.server.checkout.told.paid_order import paid_order
from gshop_studio.server.database import Transaction
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.words import say, say_number, translatable


class PurchaseMessages:
    def __init__(self, lookup: StreamLookup, messages: ServerMessages) -> None:
        self._lookup = lookup
        self._messages = messages

    async def say(self, transaction: Transaction, order_id: str) -> None:
        """Say it in a live show's chat: a task."""
        paid = await paid_order(transaction, self._lookup, order_id)
        if paid is None or not paid.stream.is_live:
            return
        language, first, others = paid.stream.language, paid.items[0], len(paid.items) - 1
        if others:
            one = translatable("Sold: {productName} and {count} more.")
            text = say_number(one, one, others, language, productName=first.name)
        elif first.quantity > 1:
            one = translatable("Sold: {count} of {productName}.")
            text = say_number(one, one, first.quantity, language, productName=first.name)
        else:
            text = say("Sold: {productName}.", language, productName=first.name)
        fields: dict[str, str | int | float] = {"productName": first.name, "quantity": first.quantity, "others": others}
        await self._messages.say(
            transaction, paid.stream, "purchase", text, "purchase.made", fields, product_id=first.product_id
        )
