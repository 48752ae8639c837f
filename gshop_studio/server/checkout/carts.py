"""Carts: what somebody means to buy in a show. Nothing is kept for them yet; prices are those of now."""

from __future__ import annotations

from collections.abc import Sequence

from gshop_studio.contract.checkout import MAX_LINES, MAX_QUANTITY, AddToCart, AddToCartAnswer, Cart, CartItem
from gshop_studio.domain.money import Money
from gshop_studio.domain.pricing import line_total
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, require, require_account
from gshop_studio.server.catalog.service import CatalogService
from gshop_studio.server.checkout.cart_repository import CartRepository
from gshop_studio.server.checkout.goods import Goods, goods_of
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.refusals import FieldRefusal, Refused
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import CartItemRow, CartRow


class CartService:
    def __init__(self, database: Database, lookup: StreamLookup, catalog: CatalogService, clock: Clock) -> None:
        self._database = database
        self._lookup = lookup
        self._catalog = catalog
        self._clock = clock

    async def add(self, caller: Caller | None, wish: AddToCart) -> AddToCartAnswer:
        """Put more of a product into the caller's cart of a show.

        Raises:
            Refused: `stream.not_found`, `stream.not_live`, `stream.product_not_found`, `product.out_of_stock`,
                `product.too_few`, `checkout.own_product`, `checkout.in_purchase`, `request.invalid` (more than an order
                may hold), and what rights say.
        """
        caller = require_account(caller)
        async with self._database.write() as transaction:
            stream = await self._lookup.facts(transaction, wish.stream_id, caller)
            may_buy(caller, stream)
            goods = (await goods_of(transaction, {(stream.id, wish.product_id)})).get((stream.id, wish.product_id))
            if goods is None:
                raise Refused("stream.product_not_found")
            if goods.product.seller_id == caller.user_id:
                raise Refused("checkout.own_product")
            repository = CartRepository(transaction)
            cart = await self._open_cart(repository, caller, stream.id)
            items = (await repository.items([cart.id]))[cart.id]
            item = next((item for item in items if item.product_id == wish.product_id), None)
            quantity = wish.quantity + (item.quantity if item is not None else 0)
            check_quantity(goods, quantity)
            if item is None:
                if len(items) >= MAX_LINES:
                    raise _too_many("productId", MAX_LINES)
                item = CartItemRow(
                    id=new_id(),
                    cart_id=cart.id,
                    product_id=wish.product_id,
                    quantity=quantity,
                    told_minor=goods.unit.minor,
                    created_at=self._clock(),
                )
                await repository.add(item)
            item.quantity, item.told_minor, cart.updated_at = quantity, goods.unit.minor, self._clock()
            await repository.flush()
            await repository.count_added(stream.id, wish.product_id)
            answer = await self._answer(transaction, cart)
        return AddToCartAnswer(
            cart_id=cart.id,
            item_id=item.id,
            quantity=quantity,
            total=answer.total,
            currency=goods.unit.currency,
        )

    async def get(self, caller: Caller | None, stream_id: str | None) -> Cart:
        """The caller's cart of a show, or the one changed last; without items where there is none."""
        caller = require_account(caller)
        async with self._database.read() as transaction:
            cart = await CartRepository(transaction).open_cart(caller.user_id, stream_id)
            return await self._answer(transaction, cart) if cart is not None else Cart(stream_id=stream_id)

    async def set_quantity(self, caller: Caller | None, item_id: str, quantity: int) -> Cart:
        """So many of a product.

        Raises:
            Refused: `checkout.item_not_found`, and as `add`.
        """
        caller = require_account(caller)
        async with self._database.write() as transaction:
            cart, item = await self._item(transaction, caller, item_id)
            goods = (await goods_of(transaction, {(cart.stream_id, item.product_id)}))[cart.stream_id, item.product_id]
            check_quantity(goods, quantity)
            item.quantity, item.told_minor, cart.updated_at = quantity, goods.unit.minor, self._clock()
            await CartRepository(transaction).flush()
            return await self._answer(transaction, cart)

    async def remove(self, caller: Caller | None, item_id: str) -> None:
        """Take a product out of the cart.

        Raises:
            Refused: `checkout.item_not_found`, `checkout.in_purchase`.
        """
        caller = require_account(caller)
        async with self._database.write() as transaction:
            cart, item = await self._item(transaction, caller, item_id)
            cart.updated_at = self._clock()
            await CartRepository(transaction).remove_item(item)

    async def clear(self, caller: Caller | None, stream_id: str | None) -> None:
        """Give the cart up; again is the same.

        Raises:
            Refused: `checkout.in_purchase`.
        """
        caller = require_account(caller)
        async with self._database.write() as transaction:
            cart = await CartRepository(transaction).open_cart(caller.user_id, stream_id)
            if cart is not None:
                _require_free(cart)
                cart.is_open, cart.updated_at = False, self._clock()

    async def _open_cart(self, repository: CartRepository, caller: Caller, stream_id: str) -> CartRow:
        cart = await repository.open_cart(caller.user_id, stream_id)
        if cart is not None:
            _require_free(cart)
            return cart
        now = self._clock()
        cart = CartRow(
            id=new_id(),
            user_id=caller.user_id,
            stream_id=stream_id,
            is_open=True,
            order_id=None,
            created_at=now,
            updated_at=now,
        )
        await repository.add(cart)
        return cart

    async def _item(self, transaction: Transaction, caller: Caller, item_id: str) -> tuple[CartRow, CartItemRow]:
        """A line of the caller's open cart; the show is locked before the cart."""
        found = await CartRepository(transaction).item_of(caller.user_id, item_id)
        if found is None:
            raise Refused("checkout.item_not_found")
        await self._lookup.require(transaction, found)
        cart = await CartRepository(transaction).open_cart(caller.user_id, found)
        items = (await CartRepository(transaction).items([cart.id]))[cart.id] if cart is not None else []
        item = next((item for item in items if item.id == item_id), None)
        if cart is None or item is None:
            raise Refused("checkout.item_not_found")
        _require_free(cart)
        return cart, item

    async def _answer(self, transaction: Transaction, cart: CartRow) -> Cart:
        items = (await CartRepository(transaction).items([cart.id]))[cart.id]
        goods = await goods_of(transaction, {(cart.stream_id, item.product_id) for item in items})
        found = [
            (item, goods[cart.stream_id, item.product_id])
            for item in items
            if (cart.stream_id, item.product_id) in goods
        ]
        return Cart(
            cart_id=cart.id,
            stream_id=cart.stream_id,
            items=[self._answer_item(item, each) for item, each in found],
            total=_sum([line_total(each.unit, item.quantity) for item, each in found]),
            currency=found[0][1].unit.currency if found else None,
            order_id=cart.order_id,
        )

    def _answer_item(self, item: CartItemRow, goods: Goods) -> CartItem:
        return CartItem(
            id=item.id,
            product_id=item.product_id,
            name=goods.product.name,
            image_url=self._catalog.image_url(goods.product),
            quantity=item.quantity,
            price=goods.price.to_wire(),
            unit_price=goods.unit.to_wire(),
            total=line_total(goods.unit, item.quantity).to_wire(),
            stock=goods.free,
        )


def may_buy(caller: Caller, stream: StreamFacts) -> None:
    """Let pass who may buy in this show now.

    Raises:
        Refused: `checkout.own_show`, `stream.not_live`, and what rights say.
    """
    require(caller, StreamRight.WATCH, stream)
    if caller.user_id == stream.host_id:
        raise Refused("checkout.own_show")
    if not stream.is_live:
        raise Refused("stream.not_live")


def check_quantity(goods: Goods, quantity: int) -> None:
    """So many can be in one order, and are there.

    Raises:
        Refused: `product.out_of_stock`, `product.too_few`, `request.invalid`.
    """
    if quantity > MAX_QUANTITY:
        raise _too_many("quantity", MAX_QUANTITY)
    if goods.product.deleted_at is not None or goods.free <= 0:
        raise Refused("product.out_of_stock")
    if quantity > goods.free:
        raise Refused("product.too_few", params={"count": str(goods.free)})


def _require_free(cart: CartRow) -> None:
    if cart.order_id is not None:
        raise Refused("checkout.in_purchase")


def _too_many(field: str, limit: int) -> Refused:
    return Refused("request.invalid", errors=(FieldRefusal(field, "field.too_large", (("limit", str(limit)),)),))


def _sum(amounts: Sequence[Money]) -> float:
    if not amounts:
        return 0.0
    return Money(sum(amount.minor for amount in amounts), amounts[0].currency).to_wire()
