"""What a show offers now: price on air, and how much is free, which is the stock less what is kept for orders."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from gshop_studio.domain.money import Money
from gshop_studio.server.database import Transaction
from gshop_studio.server.on_air.card import offer_on_air
from gshop_studio.server.tables import LiveStreamProductRow, ProductRow, StockReservationRow

Key = tuple[str, str]
"""A show's id and a product's."""


@dataclass(slots=True)
class Goods:
    """One product of one show. `free` falls as orders of one group are reserved."""

    product: ProductRow
    shelf: LiveStreamProductRow
    price: Money
    unit: Money
    """What one costs on air."""
    kept: int
    """Of the product, for orders of any show."""
    kept_in_show: int

    @property
    def free(self) -> int:
        """What can be bought: inside the catalogue's stock and the show's cap."""
        free = self.product.stock - self.kept
        return free if self.shelf.stock is None else min(free, self.shelf.stock - self.kept_in_show)


async def goods_of(transaction: Transaction, keys: Collection[Key]) -> dict[Key, Goods]:
    """These products of these shows; one that is not on the show's shelf is left out. Where the transaction writes, the
    products are locked, in the order of their ids; the shows are locked before."""
    if not keys:
        return {}
    product_ids = {product_id for _, product_id in keys}
    products = await locked_products(transaction, product_ids)
    shelf = await transaction.session.scalars(
        select(LiveStreamProductRow).where(
            LiveStreamProductRow.stream_id.in_({stream_id for stream_id, _ in keys}),
            LiveStreamProductRow.product_id.in_(product_ids),
        )
    )
    kept = await _kept(transaction, product_ids)
    goods = {}
    for row in shelf:
        if (row.stream_id, row.product_id) in keys and row.product_id in products:
            offer = offer_on_air(row, product := products[row.product_id])
            goods[row.stream_id, row.product_id] = Goods(
                product=product,
                shelf=row,
                price=offer.price,
                unit=offer.charged,
                kept=sum(number for (_, of), number in kept.items() if of == product.id),
                kept_in_show=kept.get((row.stream_id, product.id), 0),
            )
    return goods


async def locked_products(transaction: Transaction, product_ids: Iterable[str]) -> dict[str, ProductRow]:
    """Deleted ones too; locked, where the transaction writes."""
    wish = select(ProductRow).where(ProductRow.id.in_(set(product_ids))).order_by(ProductRow.id)
    if transaction.is_writing:
        wish = wish.with_for_update().execution_options(populate_existing=True)
    return {product.id: product for product in await transaction.session.scalars(wish)}


async def _kept(transaction: Transaction, product_ids: Collection[str]) -> dict[Key, int]:
    """How much is kept for orders, by show and product."""
    found = await transaction.session.execute(
        select(StockReservationRow.stream_id, StockReservationRow.product_id, func.sum(StockReservationRow.quantity))
        .where(StockReservationRow.product_id.in_(product_ids))
        .group_by(StockReservationRow.stream_id, StockReservationRow.product_id)
    )
    return {(stream_id, product_id): int(number) for stream_id, product_id, number in found}
