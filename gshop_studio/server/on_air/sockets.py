"""Events of products on air."""

from __future__ import annotations

from gshop_studio.contract.events import ClientEvent, ProductEvent
from gshop_studio.contract.rest import HideAnswer, HighlightAnswer
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.realtime.handlers import EventHandlers, Handles, Sender


def handlers(on_air: OnAirService) -> EventHandlers:
    async def highlight(sender: Sender, wish: ProductEvent) -> HighlightAnswer:
        return await on_air.highlight(sender.caller, wish.stream_id, wish.product_id)

    async def hide(sender: Sender, wish: ProductEvent) -> HideAnswer:
        return await on_air.hide(sender.caller, wish.stream_id, wish.product_id)

    return {
        ClientEvent.PRODUCT_HIGHLIGHT: Handles(ProductEvent, highlight),
        ClientEvent.PRODUCT_HIDE: Handles(ProductEvent, hide),
    }
