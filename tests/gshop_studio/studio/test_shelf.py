"""Products are shown and hidden at once, and rolled back when the shop says no."""

from __future__ import annotations

import asyncio

import pytest

from gshop_studio.client.errors import ApiError, ServerUnreachable
from gshop_studio.contract.events import ServerEvent
from gshop_studio.contract.rest import ProductList
from gshop_studio.studio.shelf import Shelf
from tests.gshop_studio.studio.examples import SHOW, hidden, highlighted, on_shelf, product, snapshot


class Shop:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.refusal: ApiError | ServerUnreachable | None = None

    async def my_products(self) -> ProductList:
        if self.refusal:
            raise self.refusal
        return ProductList(products=[product("a"), product("b")], total=2)

    async def show_product(self, stream_id: str, product_id: str) -> None:
        await self._answer(f"show {product_id}")

    async def hide_product(self, stream_id: str, product_id: str) -> None:
        await self._answer(f"hide {product_id}")

    async def _answer(self, what: str) -> None:
        self.asked.append(what)
        await self.gate.wait()
        if self.refusal:
            raise self.refusal


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def shelf(shop: Shop) -> Shelf:
    made = Shelf()
    made.begin_show(SHOW, shop)
    made.joined(snapshot(on_shelf("a", 1), on_shelf("b", 2, is_highlighted=True)))
    return made


def on_screen(shelf: Shelf) -> list[str]:
    return [item.product_id for item in shelf.snapshot.value.items if item.is_on_screen]


def pending(shelf: Shelf) -> list[str]:
    return [item.product_id for item in shelf.snapshot.value.items if item.is_pending]


async def test_what_is_on_the_screen_comes_with_the_snapshot(shelf: Shelf) -> None:
    assert on_screen(shelf) == ["b"]


async def test_a_product_shows_at_once_in_place_of_the_other(shelf: Shelf, shop: Shop) -> None:
    wish = asyncio.create_task(shelf.show("a"))
    await asyncio.sleep(0)
    assert on_screen(shelf) == ["a"]
    assert pending(shelf) == ["a", "b"]
    shop.gate.set()
    await wish
    assert on_screen(shelf) == ["a"]
    assert pending(shelf) == []


async def test_a_refusal_rolls_back_and_says_why_at_the_product(shelf: Shelf, shop: Shop) -> None:
    shop.refusal = ApiError("stream.not_live", "The show is not live.", 409)
    shop.gate.set()
    await shelf.show("a")
    assert on_screen(shelf) == ["b"]
    trouble = {item.product_id: item.trouble for item in shelf.snapshot.value.items}
    assert trouble["a"] is not None and trouble["a"].detail == "The show is not live."
    assert trouble["b"] is None


async def test_the_last_of_two_quick_wishes_counts(shelf: Shelf, shop: Shop) -> None:
    first = asyncio.create_task(shelf.show("a"))
    await asyncio.sleep(0)
    second = asyncio.create_task(shelf.hide("a"))
    await asyncio.sleep(0)
    shop.gate.set()
    await asyncio.gather(first, second)
    assert shop.asked == ["show a", "hide a"]
    assert on_screen(shelf) == []


async def test_what_a_moderator_shows_is_seen_here(shelf: Shelf) -> None:
    shelf.happened(ServerEvent.PRODUCT_HIGHLIGHTED, highlighted("a"))
    assert on_screen(shelf) == ["a"]
    shelf.happened(ServerEvent.PRODUCT_HIDDEN, hidden("a"))
    assert on_screen(shelf) == []


async def test_the_toggle_hides_what_is_on_the_screen(shelf: Shelf, shop: Shop) -> None:
    shop.gate.set()
    await shelf.toggle("b")
    await shelf.toggle("a")
    await shelf.toggle("unknown")
    assert shop.asked == ["hide b", "show a"]


async def test_events_that_are_not_understood_change_nothing(shelf: Shelf) -> None:
    before = shelf.snapshot.value
    shelf.happened(ServerEvent.PRODUCT_HIGHLIGHTED, {"product": "?"})
    shelf.happened(ServerEvent.PRODUCT_UPDATED, {})
    assert shelf.snapshot.value == before


async def test_products_come_and_go_during_the_show(shelf: Shelf) -> None:
    added = on_shelf("c", 3).model_dump(mode="json", by_alias=True)
    shelf.happened(ServerEvent.PRODUCT_UPDATED, {"streamId": SHOW, "product": added, "seq": 11})
    shelf.happened(ServerEvent.PRODUCT_REMOVED, {"streamId": SHOW, "productId": "a", "seq": 12})
    assert [item.product_id for item in shelf.snapshot.value.items] == ["b", "c"]


async def test_before_a_show_the_catalogue_is_listed_and_cannot_be_shown(shop: Shop) -> None:
    shelf = Shelf()
    await shelf.load_catalogue(shop)
    await shelf.show("a")
    assert [item.product_id for item in shelf.snapshot.value.items] == ["a", "b"]
    assert not shelf.snapshot.value.can_show
    assert shop.asked == []


async def test_a_catalogue_that_cannot_be_read_says_so(shop: Shop) -> None:
    shop.refusal = ServerUnreachable("http://shop")
    shelf = Shelf()
    await shelf.load_catalogue(shop)
    trouble = shelf.snapshot.value.trouble
    assert trouble is not None and trouble.code == "server.unreachable"
    assert not shelf.snapshot.value.is_loading


async def test_nothing_is_on_the_screen_after_the_show(shelf: Shelf) -> None:
    shelf.end_show()
    assert on_screen(shelf) == []
    assert not shelf.snapshot.value.can_show
