"""What a product card shows: which price counts on air, and how much is left. Pure."""

from __future__ import annotations

from decimal import Decimal

from gshop_studio.contract.rest import CardProduct, StreamProduct
from gshop_studio.domain.money import Money
from gshop_studio.domain.pricing import PriceOnAir, price_on_air
from gshop_studio.server.tables import LiveStreamProductRow, ProductRow


def card_of(row: LiveStreamProductRow, product: ProductRow, image_url: str | None) -> CardProduct:
    """The live price wins, else the price less the discount; live stock is a cap inside the catalogue's. Where the
    catalogue's price has fallen below the live one, it is what counts."""
    offer = offer_on_air(row, product)
    return CardProduct(
        id=product.id,
        name=product.name,
        price=offer.price.to_wire(),
        currency=product.currency,
        live_price=offer.charged.to_wire() if offer.is_lower else None,
        discount_percent=float(offer.discount_percent) if offer.discount_percent is not None else None,
        image_url=image_url,
        stock=stock_on_air(row, product),
        sold_count=row.sold_count,
    )


def offer_on_air(row: LiveStreamProductRow, product: ProductRow) -> PriceOnAir:
    """What one costs in this show now."""
    discount = Decimal(row.discount_percent) if row.discount_percent is not None else None
    return price_on_air(Money(product.price_minor, product.currency), row.live_price_minor, discount)


def stock_on_air(row: LiveStreamProductRow, product: ProductRow) -> int:
    """What can be bought on air: the catalogue's stock, capped by the show's."""
    return product.stock if row.stock is None else min(row.stock, product.stock)


def shelf_product_of(row: LiveStreamProductRow, card: CardProduct, *, sees_revenue: bool) -> StreamProduct:
    """The product of a show as the wire has it; revenue is left out for who may not see it."""
    return StreamProduct(
        id=row.id,
        stream_id=row.stream_id,
        product_id=row.product_id,
        product=card,
        position=row.position,
        is_visible=row.is_visible,
        is_highlighted=row.is_visible,
        is_pinned=row.is_pinned,
        highlighted_at=row.highlighted_at,
        click_count=row.click_count,
        add_to_cart_count=row.add_to_cart_count,
        purchase_count=row.purchase_count,
        sold_count=row.sold_count,
        revenue=Money(row.revenue_minor, card.currency).to_wire() if sees_revenue else None,
    )
