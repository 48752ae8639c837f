"""A show's shelf: its products in their order, how they are answered, and what its room is told of them.

Works within the transactions of `OnAirService`, which checks rights. Positions are 1 to n without a gap.
"""

from __future__ import annotations

from collections.abc import Iterable

from gshop_studio.contract.events import (
    ProductEventOfRoom,
    ProductUpdatedEvent,
    ReorderedEvent,
    ServerEvent,
    StockEvent,
)
from gshop_studio.contract.rest import AddStreamProduct, StreamProduct, StreamProductPatch
from gshop_studio.domain.money import Money
from gshop_studio.domain.product_alerts import AlertMemory
from gshop_studio.server.accounts.rights import StreamFacts
from gshop_studio.server.catalog.service import CatalogService, price_in_minor_units
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.on_air.card import card_of, shelf_product_of, stock_on_air
from gshop_studio.server.on_air.repository import ShelfRepository
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import FieldRefusal, Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamProductRow, ProductRow


class Shelf:
    def __init__(self, lookup: StreamLookup, catalog: CatalogService, gateway: Gateway, clock: Clock) -> None:
        self._lookup = lookup
        self._catalog = catalog
        self._gateway = gateway
        self._clock = clock

    async def require(self, transaction: Transaction, stream_id: str, product_id: str) -> LiveStreamProductRow:
        """A product of the show.

        Raises:
            Refused: `stream.product_not_found`.
        """
        row = await ShelfRepository(transaction).row(stream_id, product_id)
        if row is None:
            raise Refused("stream.product_not_found")
        return row

    async def put(
        self, transaction: Transaction, stream: StreamFacts, product_id: str, wish: AddStreamProduct | None
    ) -> LiveStreamProductRow:
        """Write a product onto the shelf, where it is wished; those behind it make room.

        Raises:
            Refused: `product.not_found`, `auth.forbidden` (another seller's, where the host is a seller),
                `stream.product_already_added`, `stream.currency_mismatch`, and what `check_offer` and `checked_cap`
                refuse.
        """
        repository = ShelfRepository(transaction)
        product = await self._catalog.require_kept(transaction, product_id)
        if product.seller_id != stream.host_id and not stream.is_affiliates:
            raise Refused("auth.forbidden")
        if await repository.row(stream.id, product_id) is not None:
            raise Refused("stream.product_already_added")
        if wish is not None:
            check_offer(stream, product, wish)
        rows = await repository.rows(stream.id)
        await self._lookup.settle_currency(transaction, stream.id, product.currency, is_first=not rows)
        wished = wish.position if wish is not None and wish.position is not None else len(rows) + 1
        position = min(wished, len(rows) + 1)
        discount = wish.discount_percent if wish else None
        live_price = wish.live_price if wish else None
        row = LiveStreamProductRow(
            id=new_id(),
            stream_id=stream.id,
            product_id=product_id,
            position=position,
            is_visible=False,
            is_pinned=False,
            highlighted_at=None,
            live_price_minor=(
                price_in_minor_units(live_price, product.currency, "livePrice") if live_price is not None else None
            ),
            discount_percent=str(discount) if discount is not None else None,
            stock=checked_cap(wish.stock if wish else None, product),
            sold_count=0,
            click_count=0,
            add_to_cart_count=0,
            purchase_count=0,
            revenue_minor=0,
            alert_memory={},
            created_at=self._clock(),
        )
        row.alert_memory = AlertMemory.begin(stock_on_air(row, product)).to_json()
        number_anew([*rows[: position - 1], row, *rows[position - 1 :]])
        await repository.add(row)
        return row

    async def take_off(self, transaction: Transaction, row: LiveStreamProductRow) -> None:
        """Remove a product that is hidden; those behind it move up, and the room hears of it."""
        repository = ShelfRepository(transaction)
        await repository.remove(row)
        number_anew(await repository.rows(row.stream_id))
        removed = ProductEventOfRoom(stream_id=row.stream_id, product_id=row.product_id)
        await self._gateway.record(transaction, row.stream_id, ServerEvent.PRODUCT_REMOVED, removed)

    async def answers(
        self, transaction: Transaction, rows: Iterable[LiveStreamProductRow], *, sees_revenue: bool
    ) -> list[StreamProduct]:
        """These products as the wire has them."""
        rows = list(rows)
        products = await self._catalog.by_id(transaction, (row.product_id for row in rows))
        answers = []
        for row in rows:
            product = products[row.product_id]
            card = card_of(row, product, self._catalog.image_url(product))
            answers.append(shelf_product_of(row, card, sees_revenue=sees_revenue))
        return answers

    # --- what the room is told ----------------------------------------------------------------------------------

    async def tell_updated(self, transaction: Transaction, row: LiveStreamProductRow) -> None:
        [answer] = await self.answers(transaction, [row], sees_revenue=False)
        updated = ProductUpdatedEvent(stream_id=row.stream_id, product=answer)
        await self._gateway.record(transaction, row.stream_id, ServerEvent.PRODUCT_UPDATED, updated)

    async def tell_stock(self, transaction: Transaction, row: LiveStreamProductRow, stock: int) -> None:
        event = StockEvent(stream_id=row.stream_id, product_id=row.product_id, stock=stock, sold_count=row.sold_count)
        await self._gateway.record(transaction, row.stream_id, ServerEvent.PRODUCT_STOCK, event)

    async def tell_order(self, transaction: Transaction, stream_id: str, product_ids: list[str]) -> None:
        event = ReorderedEvent(stream_id=stream_id, product_ids=product_ids)
        await self._gateway.record(transaction, stream_id, ServerEvent.PRODUCTS_REORDERED, event)


def number_anew(rows: Iterable[LiveStreamProductRow]) -> None:
    """Positions 1 to n, in this order."""
    for position, row in enumerate(rows, 1):
        row.position = position


def check_offer(stream: StreamFacts, product: ProductRow, wish: AddStreamProduct | StreamProductPatch) -> None:
    """What a product costs on air is said by its own seller, and is no more than in the catalogue.

    Raises:
        Refused: `stream.price_not_yours`, `request.invalid`.
    """
    if wish.live_price is None and wish.discount_percent is None:
        return
    if product.seller_id != stream.host_id:
        raise Refused("stream.price_not_yours")
    live_price, currency = wish.live_price, product.currency
    if live_price is not None and price_in_minor_units(live_price, currency, "livePrice") > product.price_minor:
        limit = str(Money(product.price_minor, currency).to_wire())
        problem = FieldRefusal("livePrice", "field.too_large", (("limit", limit),))
        raise Refused("request.invalid", errors=(problem,))


def checked_cap(stock: int | None, product: ProductRow) -> int | None:
    """A cap for one show, which lies inside the catalogue's stock.

    Raises:
        Refused: `request.invalid`: it does not.
    """
    if stock is not None and stock > product.stock:
        problem = FieldRefusal("stock", "field.too_large", (("limit", str(product.stock)),))
        raise Refused("request.invalid", errors=(problem,))
    return stock
