"""The products of the show: shown and hidden at once here, rolled back when the server says no."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

from pydantic import ValidationError

from gshop_studio.client.errors import ClientError
from gshop_studio.contract.events import HiddenEvent, HighlightedEvent, ServerEvent, Snapshot
from gshop_studio.contract.rest import CardProduct, Product, ProductList, StreamProduct
from gshop_studio.studio.observable import Observable
from gshop_studio.studio.trouble import Trouble


class ShelfServer(Protocol):
    """What the shelf asks of the shop."""

    async def my_products(self) -> ProductList: ...
    async def show_product(self, stream_id: str, product_id: str) -> object: ...
    async def hide_product(self, stream_id: str, product_id: str) -> object: ...


@dataclass(frozen=True, slots=True)
class ShelfItem:
    """A product as the seller sees it. Prices are in the currency's units, as on the wire."""

    product_id: str
    name: str
    price: float
    currency: str
    live_price: float | None = None
    image_url: str | None = None
    stock: int = 0
    sold_count: int = 0
    is_on_screen: bool = False
    is_pending: bool = False
    """The server has not confirmed yet."""
    trouble: Trouble | None = None
    """Why the last wish was not done."""


@dataclass(frozen=True, slots=True)
class ShelfSnapshot:
    items: tuple[ShelfItem, ...] = ()
    is_loading: bool = False
    can_show: bool = False
    """A show is on air: products can be put on the viewers' screens."""
    trouble: Trouble | None = None
    """Why the list could not be read."""


class Shelf:
    """The list of products; before the show the seller's catalogue."""

    def __init__(self) -> None:
        self.snapshot = Observable(ShelfSnapshot())
        self._stream_id: str | None = None
        self._server: ShelfServer | None = None
        self._on_screen: str | None = None
        """What the server says."""
        self._wish: tuple[int, str | None] | None = None
        """What the seller asked for last and the server has not answered yet: the wish's number and the product."""
        self._wish_count = 0

    async def load_catalogue(self, server: ShelfServer) -> None:
        """Read the seller's products; trouble is in the snapshot."""
        self._server = server
        self._change(is_loading=True, trouble=None)
        try:
            answer = await server.my_products()
        except ClientError as error:
            self._change(is_loading=False, trouble=Trouble.of_error(error))
            return
        if self._stream_id is None:
            self._change(items=tuple(map(_from_catalogue, answer.products)))
        self._change(is_loading=False)

    def begin_show(self, stream_id: str, server: ShelfServer) -> None:
        """A show goes on air; its products come with the snapshot of its room."""
        self._stream_id, self._server = stream_id, server
        self._on_screen = self._wish = None
        self._change(can_show=True)

    def end_show(self) -> None:
        """Nothing is on the viewers' screens any more."""
        self._stream_id = None
        self._on_screen = self._wish = None
        self._change(can_show=False)
        self._refresh()

    def clear(self) -> None:
        """The person signed out."""
        self.end_show()
        self.snapshot.set(ShelfSnapshot())

    async def show(self, product_id: str) -> None:
        """Put a product on the viewers' screens, in place of what is there."""
        await self._set_screen(product_id, product_id)

    async def hide(self, product_id: str) -> None:
        """Take a product off the viewers' screens."""
        await self._set_screen(product_id, None)

    async def toggle(self, product_id: str) -> None:
        """Show it, or hide it where it is on the screen."""
        item = next((item for item in self.snapshot.value.items if item.product_id == product_id), None)
        if item is not None:
            await (self.hide(product_id) if item.is_on_screen else self.show(product_id))

    # --- the show's events ----------------------------------------------------------------------------------------

    def joined(self, snapshot: Snapshot) -> None:
        on_screen = next((row.product_id for row in snapshot.current_products if row.is_highlighted), None)
        self._on_screen = on_screen
        self._change(items=tuple(map(_from_show, snapshot.current_products)), is_loading=False, trouble=None)
        self._refresh()

    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None:
        try:
            if event is ServerEvent.PRODUCT_HIGHLIGHTED:
                shown = HighlightedEvent.model_validate(data)
                self._on_screen = shown.product.id
                self._replace_card(shown.product)
            elif event is ServerEvent.PRODUCT_HIDDEN:
                hidden = HiddenEvent.model_validate(data)
                if self._on_screen == hidden.product_id:
                    self._on_screen = None
            elif event is ServerEvent.PRODUCT_UPDATED:
                self._put(_from_show(StreamProduct.model_validate(data.get("product"))))
            elif event is ServerEvent.PRODUCT_REMOVED:
                gone = data.get("productId")
                self._change(items=tuple(item for item in self.snapshot.value.items if item.product_id != gone))
            else:
                return
        except ValidationError:
            return  # of a newer server
        self._refresh()

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _set_screen(self, product_id: str, wish: str | None) -> None:
        if self._stream_id is None or self._server is None:
            return
        self._wish_count += 1
        number, self._wish = self._wish_count, (self._wish_count, wish)
        self._refresh(asked=product_id)
        trouble = None
        try:
            if wish is None:
                await self._server.hide_product(self._stream_id, product_id)
            else:
                await self._server.show_product(self._stream_id, product_id)
        except ClientError as error:
            trouble = Trouble.of_error(error)
        else:
            if self._wish == (number, wish):
                self._on_screen = wish
        if self._wish is not None and self._wish[0] == number:
            self._wish = None
        self._refresh(asked=product_id, trouble=trouble)

    def _refresh(self, asked: str | None = None, trouble: Trouble | None = None) -> None:
        """Mark what is on the screen: the seller's wish while it is under way, else what the server says."""
        shown = self._wish[1] if self._wish else self._on_screen
        changed = []
        for item in self.snapshot.value.items:
            is_on_screen = item.product_id == shown
            is_pending = self._wish is not None and is_on_screen != (item.product_id == self._on_screen)
            said = trouble if item.product_id == asked else item.trouble
            changed.append(replace(item, is_on_screen=is_on_screen, is_pending=is_pending, trouble=said))
        self._change(items=tuple(changed))

    def _put(self, item: ShelfItem) -> None:
        items = list(self.snapshot.value.items)
        places = {known.product_id: place for place, known in enumerate(items)}
        if item.product_id in places:
            items[places[item.product_id]] = item
        else:
            items.append(item)
        self._change(items=tuple(items))

    def _replace_card(self, card: CardProduct) -> None:
        if any(item.product_id == card.id for item in self.snapshot.value.items):
            self._put(_from_card(card))

    def _change(self, **changes: Any) -> None:
        self.snapshot.set(replace(self.snapshot.value, **changes))


def _from_catalogue(product: Product) -> ShelfItem:
    return ShelfItem(
        product.id, product.name, product.price, product.currency, image_url=product.image_url, stock=product.stock
    )


def _from_show(row: StreamProduct) -> ShelfItem:
    return _from_card(row.product)


def _from_card(card: CardProduct) -> ShelfItem:
    return ShelfItem(
        product_id=card.id,
        name=card.name,
        price=card.price,
        currency=card.currency,
        live_price=card.live_price,
        image_url=card.image_url,
        stock=card.stock,
        sold_count=card.sold_count,
    )
