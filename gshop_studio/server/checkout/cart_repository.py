"""Reads and writes of carts. The show is locked before its carts are changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import func, select, update

from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import CartItemRow, CartRow, LiveStreamProductRow


class CartRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session
        self._is_writing = transaction.is_writing

    async def add(self, row: CartRow | CartItemRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def flush(self) -> None:
        await self._session.flush()

    async def open_cart(self, user_id: str, stream_id: str | None) -> CartRow | None:
        """Somebody's open cart in a show; the one changed last, where no show is named."""
        wish = select(CartRow).where(CartRow.user_id == user_id, CartRow.is_open.is_(True))
        if stream_id is not None:
            wish = wish.where(CartRow.stream_id == stream_id)
        wish = wish.order_by(CartRow.updated_at.desc(), CartRow.id.desc()).limit(1)
        return await self._session.scalar(wish.with_for_update() if self._is_writing else wish)

    async def carts(self, cart_ids: Iterable[str]) -> dict[str, CartRow]:
        """By id; locked, where the transaction writes."""
        wish = select(CartRow).where(CartRow.id.in_(set(cart_ids))).order_by(CartRow.id)
        found = await self._session.scalars(wish.with_for_update() if self._is_writing else wish)
        return {cart.id: cart for cart in found}

    async def items(self, cart_ids: Collection[str]) -> dict[str, list[CartItemRow]]:
        """By cart, in the order they were put in."""
        found = await self._session.scalars(
            select(CartItemRow).where(CartItemRow.cart_id.in_(set(cart_ids))).order_by(CartItemRow.id)
        )
        items: dict[str, list[CartItemRow]] = {cart_id: [] for cart_id in cart_ids}
        for item in found:
            items[item.cart_id].append(item)
        return items

    async def item_of(self, user_id: str, item_id: str) -> str | None:
        """The show of a line of somebody's open cart."""
        return await self._session.scalar(
            select(CartRow.stream_id)
            .join(CartItemRow, CartItemRow.cart_id == CartRow.id)
            .where(CartItemRow.id == item_id, CartRow.user_id == user_id, CartRow.is_open.is_(True))
        )

    async def remove_item(self, item: CartItemRow) -> None:
        await self._session.delete(item)
        await self._session.flush()

    async def hold(self, orders: Iterable[tuple[str, str]], now: datetime) -> None:
        """These carts are being bought: (cart, order)."""
        for cart_id, order_id in orders:
            await self._session.execute(
                update(CartRow).where(CartRow.id == cart_id).values(order_id=order_id, updated_at=now)
            )

    async def let_go(self, order_id: str) -> None:
        """The order did not come about: its cart may be bought again."""
        await self._session.execute(
            update(CartRow).where(CartRow.order_id == order_id, CartRow.is_open.is_(True)).values(order_id=None)
        )

    async def close(self, order_id: str) -> None:
        """The order's cart is bought."""
        await self._session.execute(update(CartRow).where(CartRow.order_id == order_id).values(is_open=False))

    async def count_added(self, stream_id: str, product_id: str) -> None:
        await self._session.execute(
            update(LiveStreamProductRow)
            .where(LiveStreamProductRow.stream_id == stream_id, LiveStreamProductRow.product_id == product_id)
            .values(add_to_cart_count=LiveStreamProductRow.add_to_cart_count + 1)
        )

    async def count(self, stream_id: str) -> int:
        """How many carts there were in a show."""
        return await self._session.scalar(select(func.count()).where(CartRow.stream_id == stream_id)) or 0
