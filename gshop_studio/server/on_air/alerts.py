"""Alerts of products to the host and the moderators: the rules of `domain.product_alerts` put to work."""

from __future__ import annotations

from gshop_studio.contract.events import ProductAlertEvent, Room, ServerEvent
from gshop_studio.domain.product_alerts import (
    HOT_WINDOW_MS,
    SHOWN_MS,
    AlertMemory,
    AlertType,
    after_look,
    after_sale,
    after_stock,
    sold_lately,
)
from gshop_studio.server.catalog.service import CatalogService
from gshop_studio.server.chat.server_messages import ServerMessages
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.on_air.card import stock_on_air
from gshop_studio.server.on_air.repository import ShelfRepository
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamProductRow, ProductRow
from gshop_studio.server.words import format_number, say, say_number, translatable

_NEWS = frozenset({AlertType.LOW_STOCK, AlertType.HOT_SELLING})
"""What viewers, too, are told, in the chat."""


class ProductAlerts:
    """Only shows that are live are alerted; what happens before counts for the stock thresholds."""

    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        catalog: CatalogService,
        gateway: Gateway,
        messages: ServerMessages,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._catalog = catalog
        self._gateway = gateway
        self._messages = messages
        self._clock = clock

    async def stock_changed(self, transaction: Transaction, row: LiveStreamProductRow, product: ProductRow) -> None:
        """What can be bought on air is another number now."""
        memory, alert = after_stock(self._memory(row, product), stock_on_air(row, product))
        await self._keep(transaction, row, product, memory, alert)

    async def sold(
        self, transaction: Transaction, row: LiveStreamProductRow, product: ProductRow, quantity: int
    ) -> None:
        """So many were sold; the stock is lowered already."""
        memory, alert = after_sale(self._memory(row, product), quantity, to_ms(self._clock()))
        await self._keep(transaction, row, product, memory, alert)
        await self.stock_changed(transaction, row, product)

    async def look(self) -> None:
        """Look at what is highlighted in all live shows: a job."""
        async with self._database.read() as transaction:
            shows = await ShelfRepository(transaction).shows_with_a_card()
        for stream_id in shows:
            async with self._database.write() as transaction:
                await self._look_at(transaction, stream_id)

    async def _look_at(self, transaction: Transaction, stream_id: str) -> None:
        stream = await self._lookup.require(transaction, stream_id)
        repository, now_ms = ShelfRepository(transaction), to_ms(self._clock())
        for row in await repository.highlighted(stream_id):
            product = (await self._catalog.by_id(transaction, [row.product_id]))[row.product_id]
            memory, alert = after_look(
                self._memory(row, product),
                highlighted_at_ms=to_ms(row.highlighted_at) if row.highlighted_at else now_ms,
                viewers=stream.viewer_count,
                has_interest=bool(row.click_count or row.sold_count),
                now_ms=now_ms,
            )
            await self._keep(transaction, row, product, memory, alert)

    def _memory(self, row: LiveStreamProductRow, product: ProductRow) -> AlertMemory:
        return AlertMemory.parse(row.alert_memory, stock_on_air(row, product))

    async def _keep(
        self,
        transaction: Transaction,
        row: LiveStreamProductRow,
        product: ProductRow,
        memory: AlertMemory,
        alert: AlertType | None,
    ) -> None:
        row.alert_memory = memory.to_json()
        await ShelfRepository(transaction).flush()
        stream = await self._lookup.facts(transaction, row.stream_id, None)
        if alert is None or not stream.is_live:
            return
        stock = stock_on_air(row, product)
        fields: dict[str, str | int] = {"productName": product.name, "stock": stock}
        match alert:
            case AlertType.HOT_SELLING:
                fields |= {"sold": sold_lately(memory, to_ms(self._clock())), "minutes": HOT_WINDOW_MS // 60_000}
            case AlertType.NO_INTEREST:
                fields["minutes"] = SHOWN_MS // 60_000
        event = ProductAlertEvent(
            stream_id=row.stream_id,
            product_id=row.product_id,
            type=alert,
            message=alert_text(alert, fields, stream.language),
            code=f"product.{alert}",
            fields=fields,
            stock=stock,
        )
        await self._gateway.record(transaction, row.stream_id, ServerEvent.PRODUCT_ALERT, event, room=Room.STAFF)
        if alert in _NEWS:
            await self._messages.say(
                transaction, stream, "product_alert", event.message, event.code, fields, product_id=row.product_id
            )


def alert_text(alert: AlertType, fields: dict[str, str | int], language: str) -> str:
    """What the alert says."""
    words = {
        name: format_number(value, language) if isinstance(value, int) else value for name, value in fields.items()
    }
    match alert:
        case AlertType.LOW_STOCK if fields["stock"] == 0:
            return say("Sold out: {productName}.", language, **words)
        case AlertType.LOW_STOCK:
            text = translatable("Only {count} left: {productName}.")
            return say_number(text, text, int(fields["stock"]), language, **words)
        case AlertType.HOT_SELLING:
            return say("Selling fast: {productName}, {sold} in {minutes} minutes.", language, **words)
        case AlertType.NO_INTEREST:
            return say("{productName} has been shown for {minutes} minutes, and nobody opened it.", language, **words)
