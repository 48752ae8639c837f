"""Products on air: a show's shelf, the one product highlighted, and the pinned ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from functools import partial

from gshop_studio.contract.events import HiddenEvent, HighlightedEvent, ProductEventOfRoom, ServerEvent
from gshop_studio.contract.rest import (
    AddStreamProduct,
    HideAnswer,
    HighlightAnswer,
    PinAnswer,
    ProductStats,
    ReorderAnswer,
    StreamProduct,
    StreamProductList,
    StreamProductPatch,
)
from gshop_studio.domain.money import Money
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, may, require
from gshop_studio.server.catalog.service import CatalogService, price_in_minor_units
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.on_air.alerts import ProductAlerts
from gshop_studio.server.on_air.card import card_of, stock_on_air
from gshop_studio.server.on_air.media_time import MediaTime, media_at
from gshop_studio.server.on_air.repository import ShelfRepository
from gshop_studio.server.on_air.shelf import Shelf, check_offer, checked_cap, number_anew
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamProductRow

_OVER = frozenset({StreamStatus.ENDED, StreamStatus.CANCELLED})
ShelfListener = Callable[[Transaction, str], Awaitable[None]]
"""Told, within the transaction, the id of a show in which other products lie now."""


class OnAirService:
    """The show is locked first in each transaction that writes, then what lies on its shelf."""

    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        catalog: CatalogService,
        shelf: Shelf,
        alerts: ProductAlerts,
        gateway: Gateway,
        media_time: MediaTime,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._catalog = catalog
        self._shelf = shelf
        self._alerts = alerts
        self._gateway = gateway
        self._media_at = partial(media_at, media_time)
        self._clock = clock
        self._listeners: list[ShelfListener] = []

    def subscribe_shelf_changed(self, listener: ShelfListener) -> None:
        """Have `listener` told of each show, already there, whose shelf gets or loses a product."""
        self._listeners.append(listener)

    # --- reading ------------------------------------------------------------------------------------------------

    async def products(
        self, caller: Caller | None, stream_id: str, *, is_highlighted_only: bool = False
    ) -> StreamProductList:
        """The show's products in their order, or the one that is highlighted, if any."""
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.WATCH, stream)
            products = await self.shelf(transaction, caller, stream)
        if is_highlighted_only:
            products = [product for product in products if product.is_highlighted]
        return StreamProductList(products=products, total=len(products))

    async def shelf(self, transaction: Transaction, caller: Caller | None, stream: StreamFacts) -> list[StreamProduct]:
        """The show's products in order, as the caller may see them."""
        rows = await ShelfRepository(transaction).rows(stream.id)
        sees_revenue = may(caller, StreamRight.SEE_NUMBERS, stream)
        return await self._shelf.answers(transaction, rows, sees_revenue=sees_revenue)

    async def stats(self, caller: Caller | None, stream_id: str, product_id: str) -> ProductStats:
        """How a product does in a show."""
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.SEE_NUMBERS, stream)
            row = await self._shelf.require(transaction, stream_id, product_id)
            product = (await self._catalog.by_id(transaction, [product_id]))[product_id]
        return ProductStats(
            product_id=product_id,
            sold_count=row.sold_count,
            revenue=Money(row.revenue_minor, product.currency).to_wire(),
            currency=product.currency,
            click_count=row.click_count,
            add_to_cart_count=row.add_to_cart_count,
            purchase_count=row.purchase_count,
            conversion_rate=min(1.0, row.purchase_count / row.click_count) if row.click_count else 0.0,
        )

    # --- the shelf ----------------------------------------------------------------------------------------------

    async def add(self, caller: Caller | None, stream_id: str, wish: AddStreamProduct) -> StreamProduct:
        """Put a product on the shelf; where it is put between others, the room is told the new order, too."""
        async with self._database.write() as transaction:
            stream = await self._changing(transaction, caller, stream_id)
            row = await self.put_on_shelf(transaction, stream, wish.product_id, wish)
            await self._shelf.tell_updated(transaction, row)
            ids = [each.product_id for each in await ShelfRepository(transaction).rows(stream_id)]
            if ids[-1] != row.product_id:
                await self._shelf.tell_order(transaction, stream_id, ids)
            await self._tell_shelf_changed(transaction, stream_id)
            return await self._own_answer(transaction, row)

    async def put_on_shelf(
        self, transaction: Transaction, stream: StreamFacts, product_id: str, wish: AddStreamProduct | None = None
    ) -> LiveStreamProductRow:
        """Write a product onto a show's shelf, at the end if no position is wished. Rights are the caller's to check;
        what it refuses is what `Shelf.put` does."""
        return await self._shelf.put(transaction, stream, product_id, wish)

    async def remove(self, caller: Caller | None, stream_id: str, product_id: str) -> None:
        """Take a product off the shelf, hiding it first if it is highlighted.

        Raises:
            Refused: `stream.product_sold`: its sales are the show's; `stream.product_not_found`, `stream.over`, and
                what rights say.
        """
        async with self._database.write() as transaction:
            row = await self._row(transaction, caller, stream_id, product_id)
            if row.sold_count > 0:
                raise Refused("stream.product_sold")
            if row.is_visible:
                await self._hide(transaction, row, to_ms(self._clock()))
            await self._shelf.take_off(transaction, row)
            await self._tell_shelf_changed(transaction, stream_id)

    async def reorder(self, caller: Caller | None, stream_id: str, product_ids: list[str]) -> ReorderAnswer:
        """Put all products in a new order.

        Raises:
            Refused: `stream.products_mismatch`: not each product once; `stream.over`, and what rights say.
        """
        async with self._database.write() as transaction:
            await self._changing(transaction, caller, stream_id)
            rows = {row.product_id: row for row in await ShelfRepository(transaction).rows(stream_id)}
            if len(product_ids) != len(rows) or set(product_ids) != set(rows):
                raise Refused("stream.products_mismatch")
            if product_ids != list(rows):
                number_anew(rows[product_id] for product_id in product_ids)
                await ShelfRepository(transaction).flush()
                await self._shelf.tell_order(transaction, stream_id, product_ids)
        return ReorderAnswer(product_ids=product_ids)

    async def change(
        self, caller: Caller | None, stream_id: str, product_id: str, wish: StreamProductPatch
    ) -> StreamProduct:
        """Another live price, discount or stock on air; only what is given changes, and null takes it away.

        Raises:
            Refused: what `check_offer` and `checked_cap` refuse; `stream.product_not_found`, `stream.over`, and what
                rights say.
        """
        async with self._database.write() as transaction:
            stream = await self._changing(transaction, caller, stream_id)
            row = await self._shelf.require(transaction, stream_id, product_id)
            product = await self._catalog.require(transaction, product_id)
            check_offer(stream, product, wish)
            stock_before, given = stock_on_air(row, product), wish.model_fields_set
            if "live_price" in given:
                price = wish.live_price
                row.live_price_minor = (
                    price_in_minor_units(price, product.currency, "livePrice") if price is not None else None
                )
            if "discount_percent" in given:
                row.discount_percent = str(wish.discount_percent) if wish.discount_percent is not None else None
            if "stock" in given:
                row.stock = checked_cap(wish.stock, product)
            await ShelfRepository(transaction).flush()
            await self._shelf.tell_updated(transaction, row)
            if (stock := stock_on_air(row, product)) != stock_before:
                await self._shelf.tell_stock(transaction, row, stock)
                await self._alerts.stock_changed(transaction, row, product)
            return await self._own_answer(transaction, row)

    # --- the card -----------------------------------------------------------------------------------------------

    async def highlight(
        self, caller: Caller | None, stream_id: str, product_id: str, captured_at_ms: int | None = None
    ) -> HighlightAnswer:
        """Show this product's card to everybody; the one shown before is hidden in the same transaction.

        `captured_at_ms`: the engine's time of the frame the seller saw.
        """
        async with self._database.write() as transaction:
            row = await self._row(transaction, caller, stream_id, product_id)
            now = self._clock()
            media_at_ms = self._media_at(stream_id, captured_at_ms, to_ms(now))
            for other in await ShelfRepository(transaction).highlighted(stream_id):
                if other.id != row.id:
                    await self._hide(transaction, other, media_at_ms)
            row.is_visible, row.highlighted_at = True, now
            await ShelfRepository(transaction).flush()
            product = await self._catalog.require(transaction, product_id)
            highlighted = HighlightedEvent(
                stream_id=stream_id,
                product=card_of(row, product, self._catalog.image_url(product)),
                position=row.position,
                is_pinned=row.is_pinned,
                media_at=media_at_ms,
            )
            await self._gateway.record(transaction, stream_id, ServerEvent.PRODUCT_HIGHLIGHTED, highlighted)
        return HighlightAnswer(highlighted_at=now)

    async def hide(
        self, caller: Caller | None, stream_id: str, product_id: str, captured_at_ms: int | None = None
    ) -> HideAnswer:
        """Take this product's card away; one that is hidden already stays so, without an event."""
        async with self._database.write() as transaction:
            row = await self._row(transaction, caller, stream_id, product_id)
            if row.is_visible:
                now_ms = to_ms(self._clock())
                await self._hide(transaction, row, self._media_at(stream_id, captured_at_ms, now_ms))
        return HideAnswer()

    async def set_pinned(self, caller: Caller | None, stream_id: str, product_id: str, *, is_pinned: bool) -> PinAnswer:
        async with self._database.write() as transaction:
            row = await self._row(transaction, caller, stream_id, product_id)
            if row.is_pinned is not is_pinned:
                row.is_pinned = is_pinned
                event = ServerEvent.PRODUCT_PINNED if is_pinned else ServerEvent.PRODUCT_UNPINNED
                pinned = ProductEventOfRoom(stream_id=stream_id, product_id=product_id)
                await self._gateway.record(transaction, stream_id, event, pinned)
        return PinAnswer(is_pinned=is_pinned)

    # --- what others tell ---------------------------------------------------------------------------------------

    async def record_sale(
        self, transaction: Transaction, stream_id: str, product_id: str, *, quantity: int, paid_minor: int
    ) -> None:
        """So many were sold for so much: counted, the cap lowered, the room and the host told. The checkout calls it
        once an order's line; it has locked the show before, and lowered the catalogue's stock.

        Raises:
            Refused: `stream.not_found`, `stream.product_not_found`.
        """
        await self._lookup.require(transaction, stream_id)
        row = await self._shelf.require(transaction, stream_id, product_id)
        product = (await self._catalog.by_id(transaction, [product_id]))[product_id]
        row.sold_count += quantity
        row.purchase_count += 1
        row.revenue_minor += paid_minor
        if row.stock is not None:
            row.stock = max(0, row.stock - quantity)
        await ShelfRepository(transaction).flush()
        await self._shelf.tell_stock(transaction, row, stock_on_air(row, product))
        await self._alerts.sold(transaction, row, product, quantity)

    async def has_all(self, transaction: Transaction, stream_id: str, product_ids: Collection[str]) -> bool:
        """Whether the show's shelf holds all of these."""
        return await ShelfRepository(transaction).count_of(stream_id, product_ids) == len(set(product_ids))

    async def purchase_count(self, transaction: Transaction, stream_id: str, product_id: str) -> int:
        """How many orders of this product the show has had."""
        row = await ShelfRepository(transaction).row(stream_id, product_id)
        return row.purchase_count if row is not None else 0

    async def products_changing(self, transaction: Transaction, product_ids: Collection[str]) -> None:
        """Products are about to change: lock the shows they are in, in the order of their ids, before them."""
        for stream_id in await ShelfRepository(transaction).shows_of_products(product_ids, _OVER):
            await self._lookup.require(transaction, stream_id)

    async def sold_elsewhere(self, transaction: Transaction, stream_id: str, product_ids: Collection[str]) -> None:
        """These were sold in this show: the other shows they are in have less of them. Nothing is locked before."""
        await self.products_changing(transaction, product_ids)
        products = await self._catalog.by_id(transaction, product_ids)
        for product_id in sorted(products):
            product = products[product_id]
            for row, status in await ShelfRepository(transaction).rows_of_product(product_id):
                stock = stock_on_air(row, product)
                if row.stream_id != stream_id and status not in _OVER and (row.stock is None or stock < row.stock):
                    await self._shelf.tell_stock(transaction, row, stock)
                    await self._alerts.stock_changed(transaction, row, product)

    async def product_changed(self, transaction: Transaction, product_id: str, stock_before: int) -> None:
        """A product was edited: the rooms of the shows it is in hear of it."""
        product = (await self._catalog.by_id(transaction, [product_id]))[product_id]
        for row, status in await ShelfRepository(transaction).rows_of_product(product_id):
            if status in _OVER:
                continue
            await self._shelf.tell_updated(transaction, row)
            stock = stock_on_air(row, product)
            if stock != (stock_before if row.stock is None else min(row.stock, stock_before)):
                await self._shelf.tell_stock(transaction, row, stock)
                await self._alerts.stock_changed(transaction, row, product)

    async def product_deleting(self, transaction: Transaction, product_id: str) -> None:
        """A product is being deleted: off the shelves of shows to come, kept on those of the past.

        Raises:
            Refused: `product.on_air`.
        """
        for row, status in await ShelfRepository(transaction).rows_of_product(product_id):
            if status is StreamStatus.LIVE:
                raise Refused("product.on_air")
            if status is StreamStatus.SCHEDULED:
                await self._shelf.take_off(transaction, row)
                await self._tell_shelf_changed(transaction, row.stream_id)

    # ------------------------------------------------------------------------------------------------------------

    async def _tell_shelf_changed(self, transaction: Transaction, stream_id: str) -> None:
        for listener in self._listeners:
            await listener(transaction, stream_id)

    async def _changing(self, transaction: Transaction, caller: Caller | None, stream_id: str) -> StreamFacts:
        stream = await self._lookup.facts(transaction, stream_id, caller)
        require(caller, StreamRight.SHOW_PRODUCTS, stream)
        if stream.status in _OVER:
            raise Refused("stream.over")
        return stream

    async def _row(
        self, transaction: Transaction, caller: Caller | None, stream_id: str, product_id: str
    ) -> LiveStreamProductRow:
        await self._changing(transaction, caller, stream_id)
        return await self._shelf.require(transaction, stream_id, product_id)

    async def _hide(self, transaction: Transaction, row: LiveStreamProductRow, media_at_ms: int) -> None:
        row.is_visible = False
        await ShelfRepository(transaction).flush()
        hidden = HiddenEvent(stream_id=row.stream_id, product_id=row.product_id, media_at=media_at_ms)
        await self._gateway.record(transaction, row.stream_id, ServerEvent.PRODUCT_HIDDEN, hidden)

    async def _own_answer(self, transaction: Transaction, row: LiveStreamProductRow) -> StreamProduct:
        """To who may show products: the host, who sees revenue, and moderators, who do, too."""
        [answer] = await self._shelf.answers(transaction, [row], sees_revenue=True)
        return answer
