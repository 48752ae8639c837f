"""Products on air: a show's shelf, the one product highlighted, and the pinned ones."""

from __future__ import annotations

from gshop_studio.contract.events import (
    HiddenEvent,
    HighlightedEvent,
    ProductEventOfRoom,
    ProductUpdatedEvent,
    ServerEvent,
)
from gshop_studio.contract.rest import (
    AddStreamProduct,
    HideAnswer,
    HighlightAnswer,
    PinAnswer,
    StreamProduct,
    StreamProductList,
)
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, may, require
from gshop_studio.server.catalog.service import CatalogService, price_in_minor_units
from gshop_studio.server.clock import Clock, new_id, to_ms
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.on_air.card import card_of, shelf_product_of
from gshop_studio.server.on_air.repository import ShelfRepository
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamProductRow

_OVER = frozenset({StreamStatus.ENDED, StreamStatus.CANCELLED})


class OnAirService:
    def __init__(
        self, database: Database, lookup: StreamLookup, catalog: CatalogService, gateway: Gateway, clock: Clock
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._catalog = catalog
        self._gateway = gateway
        self._clock = clock

    async def products(self, caller: Caller | None, stream_id: str) -> StreamProductList:
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.WATCH, stream)
            products = await self.shelf(transaction, caller, stream)
        return StreamProductList(products=products, total=len(products))

    async def shelf(self, transaction: Transaction, caller: Caller | None, stream: StreamFacts) -> list[StreamProduct]:
        """The show's products in order, as the caller may see them."""
        rows = await ShelfRepository(transaction).rows(stream.id)
        products = await self._catalog.by_id(transaction, (row.product_id for row in rows))
        sees_revenue = may(caller, StreamRight.SEE_NUMBERS, stream)
        answers = []
        for row in rows:
            product = products[row.product_id]
            card = card_of(row, product, self._catalog.image_url(product))
            answers.append(shelf_product_of(row, card, sees_revenue=sees_revenue))
        return answers

    async def add(self, caller: Caller | None, stream_id: str, wish: AddStreamProduct) -> StreamProduct:
        """Put a product of the seller's on the shelf."""
        async with self._database.write() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.SHOW_PRODUCTS, stream)
            _refuse_over(stream)
            row = await self.put_on_shelf(transaction, stream, wish.product_id, wish)
            await self._announce(transaction, row)
            return await self._answer(transaction, row, sees_revenue=True)

    async def put_on_shelf(
        self, transaction: Transaction, stream: StreamFacts, product_id: str, wish: AddStreamProduct | None = None
    ) -> LiveStreamProductRow:
        """Write a product onto a show's shelf, at the end if no position is wished. Rights are the caller's to check.

        Raises:
            Refused: `product.not_found`, `auth.forbidden` (another seller's), `stream.product_already_added`,
                `stream.currency_mismatch`.
        """
        repository = ShelfRepository(transaction)
        product = await self._catalog.require(transaction, product_id)
        if product.seller_id != stream.host_id:
            raise Refused("auth.forbidden")
        if await repository.row(stream.id, product_id) is not None:
            raise Refused("stream.product_already_added")
        await self._lookup.settle_currency(transaction, stream.id, product.currency)
        live_price = wish.live_price if wish else None
        discount = wish.discount_percent if wish else None
        row = LiveStreamProductRow(
            id=new_id(),
            stream_id=stream.id,
            product_id=product_id,
            position=(wish.position if wish else None) or await repository.last_position(stream.id) + 1,
            is_visible=False,
            is_pinned=False,
            highlighted_at=None,
            live_price_minor=(
                price_in_minor_units(live_price, product.currency, "livePrice") if live_price is not None else None
            ),
            discount_percent=str(discount) if discount is not None else None,
            stock=None,
            sold_count=0,
            click_count=0,
            add_to_cart_count=0,
            purchase_count=0,
            revenue_minor=0,
            created_at=self._clock(),
        )
        await repository.add(row)
        return row

    async def remove(self, caller: Caller | None, stream_id: str, product_id: str) -> None:
        """Take a product off the shelf, hiding it first if it is highlighted."""
        async with self._database.write() as transaction:
            row = await self._row(transaction, caller, stream_id, product_id)
            if row.is_visible:
                await self._hide(transaction, row)
            await ShelfRepository(transaction).remove(row)
            removed = ProductEventOfRoom(stream_id=stream_id, product_id=product_id)
            await self._gateway.record(transaction, stream_id, ServerEvent.PRODUCT_REMOVED, removed)

    async def highlight(self, caller: Caller | None, stream_id: str, product_id: str) -> HighlightAnswer:
        """Show this product's card to everybody; the one shown before is hidden in the same transaction."""
        async with self._database.write() as transaction:
            row = await self._row(transaction, caller, stream_id, product_id)
            for other in await ShelfRepository(transaction).highlighted(stream_id):
                if other.id != row.id:
                    await self._hide(transaction, other)
            now = self._clock()
            row.is_visible, row.highlighted_at = True, now
            await ShelfRepository(transaction).flush()
            product = await self._catalog.require(transaction, product_id)
            highlighted = HighlightedEvent(
                stream_id=stream_id,
                product=card_of(row, product, self._catalog.image_url(product)),
                position=row.position,
                is_pinned=row.is_pinned,
                media_at=to_ms(now),
            )
            await self._gateway.record(transaction, stream_id, ServerEvent.PRODUCT_HIGHLIGHTED, highlighted)
        return HighlightAnswer(highlighted_at=now)

    async def hide(self, caller: Caller | None, stream_id: str, product_id: str) -> HideAnswer:
        """Take this product's card away; one that is hidden already stays so, without an event."""
        async with self._database.write() as transaction:
            row = await self._row(transaction, caller, stream_id, product_id)
            if row.is_visible:
                await self._hide(transaction, row)
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

    # --- what the catalogue tells -------------------------------------------------------------------------------

    async def product_changed(self, transaction: Transaction, product_id: str) -> None:
        """A product was edited: the rooms of the shows it is in hear of it."""
        for row, status in await ShelfRepository(transaction).rows_of_product(product_id):
            if status not in _OVER:
                await self._announce(transaction, row)

    async def product_deleting(self, transaction: Transaction, product_id: str) -> None:
        """A product is being deleted: off the shelves of shows to come, kept on those of the past.

        Raises:
            Refused: `product.on_air`.
        """
        for row, status in await ShelfRepository(transaction).rows_of_product(product_id):
            if status is StreamStatus.LIVE:
                raise Refused("product.on_air")
            if status is StreamStatus.SCHEDULED:
                await ShelfRepository(transaction).remove(row)
                removed = ProductEventOfRoom(stream_id=row.stream_id, product_id=product_id)
                await self._gateway.record(transaction, row.stream_id, ServerEvent.PRODUCT_REMOVED, removed)

    # ------------------------------------------------------------------------------------------------------------

    async def _row(
        self, transaction: Transaction, caller: Caller | None, stream_id: str, product_id: str
    ) -> LiveStreamProductRow:
        stream = await self._lookup.facts(transaction, stream_id, caller)
        require(caller, StreamRight.SHOW_PRODUCTS, stream)
        _refuse_over(stream)
        row = await ShelfRepository(transaction).row(stream_id, product_id)
        if row is None:
            raise Refused("stream.product_not_found")
        return row

    async def _hide(self, transaction: Transaction, row: LiveStreamProductRow) -> None:
        row.is_visible = False
        await ShelfRepository(transaction).flush()
        hidden = HiddenEvent(stream_id=row.stream_id, product_id=row.product_id, media_at=to_ms(self._clock()))
        await self._gateway.record(transaction, row.stream_id, ServerEvent.PRODUCT_HIDDEN, hidden)

    async def _announce(self, transaction: Transaction, row: LiveStreamProductRow) -> None:
        answer = await self._answer(transaction, row, sees_revenue=False)
        updated = ProductUpdatedEvent(stream_id=row.stream_id, product=answer)
        await self._gateway.record(transaction, row.stream_id, ServerEvent.PRODUCT_UPDATED, updated)

    async def _answer(
        self, transaction: Transaction, row: LiveStreamProductRow, *, sees_revenue: bool
    ) -> StreamProduct:
        product = (await self._catalog.by_id(transaction, [row.product_id]))[row.product_id]
        return shelf_product_of(row, card_of(row, product, self._catalog.image_url(product)), sees_revenue=sees_revenue)


def _refuse_over(stream: StreamFacts) -> None:
    if stream.status in _OVER:
        raise Refused("stream.over")
