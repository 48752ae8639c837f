"""The buyer's event: I bought this."""

from __future__ import annotations

from gshop_studio.contract.checkout import PurchaseClaimAnswer, PurchaseEvent
from gshop_studio.contract.events import ClientEvent
from gshop_studio.server.checkout.told.celebrations import Celebrations
from gshop_studio.server.realtime.handlers import EventHandlers, Handles, Sender


def handlers(celebrations: Celebrations) -> EventHandlers:
    async def purchase(sender: Sender, wish: PurchaseEvent) -> PurchaseClaimAnswer:
        return await celebrations.claim(sender.caller, wish)

    return {ClientEvent.PURCHASE: Handles(PurchaseEvent, purchase)}
