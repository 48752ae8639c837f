"""Events of products on air."""

from __future__ import annotations

from gshop_studio.contract.events import ClickEvent, ClientEvent, ProductEvent
from gshop_studio.contract.rest import ClickAnswer, HideAnswer, HighlightAnswer
from gshop_studio.server.on_air.clicks import Clicks
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.realtime.handlers import EventHandlers, Handles, Sender


def handlers(on_air: OnAirService, clicks: Clicks) -> EventHandlers:
    async def highlight(sender: Sender, wish: ProductEvent) -> HighlightAnswer:
        return await on_air.highlight(sender.caller, wish.stream_id, wish.product_id, wish.captured_at)

    async def hide(sender: Sender, wish: ProductEvent) -> HideAnswer:
        return await on_air.hide(sender.caller, wish.stream_id, wish.product_id, wish.captured_at)

    async def click(sender: Sender, wish: ClickEvent) -> ClickAnswer:
        return await clicks.click(sender.caller, sender.viewer_key, sender.address, wish.stream_id, wish.product_id)

    return {
        ClientEvent.PRODUCT_HIGHLIGHT: Handles(ProductEvent, highlight),
        ClientEvent.PRODUCT_HIDE: Handles(ProductEvent, hide),
        ClientEvent.PRODUCT_CLICK: Handles(ClickEvent, click),
    }
