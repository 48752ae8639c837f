"""The shelf of a show: its order, its prices and stock, what is counted, and what its host is alerted of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.domain.product_alerts import AlertType
from gshop_studio.server.catalog.repository import ProductRepository
from gshop_studio.server.clock import to_ms, utc_now
from gshop_studio.server.on_air.alerts import alert_text
from gshop_studio.server.on_air.media_time import media_at
from gshop_studio.server.on_air.repository import ShelfRepository
from tests.gshop_studio.server.shop import Listener, Person, Shop, eventually, eventually_async


async def shelf_of(shop: Shop, stream_id: str) -> list[tuple[str, int]]:
    shelf = await shop.ask("GET", f"live/streams/{stream_id}/products")
    return [(item["product"]["name"], item["position"]) for item in shelf["products"]]


async def sell(shop: Shop, stream_id: str, product_id: str, quantity: int, paid_minor: int = 0) -> None:
    """What a checkout does: the show first, then the catalogue's stock, then the sale is told."""
    services = shop.server.services
    async with services.database.write() as transaction:
        await services.streams._lookup.require(transaction, stream_id)
        product = await services.catalog.require(transaction, product_id)
        product.stock -= quantity
        await services.on_air.record_sale(transaction, stream_id, product_id, quantity=quantity, paid_minor=paid_minor)


async def staff_room(shop: Shop, host: Person, stream_id: str) -> Listener:
    listener = await shop.listener(host)
    await listener.join(stream_id)
    return listener


# --- the order --------------------------------------------------------------------------------------------------


async def test_a_product_put_between_others_moves_them_and_a_removed_one_leaves_no_gap(
    shop: Shop, seller: Person
) -> None:
    ids = [await shop.product(seller, name=name) for name in "ABCD"]
    stream_id = await shop.live_stream(seller, productIds=ids[:3])
    viewer = await shop.listener()
    await viewer.join(stream_id)
    path = f"live/streams/{stream_id}/products"
    added = await shop.ask("POST", path, seller, json={"productId": ids[3], "position": 2}, status=201)
    assert added["position"] == 2
    assert await shelf_of(shop, stream_id) == [("A", 1), ("D", 2), ("B", 3), ("C", 4)]
    [told] = await eventually(lambda: viewer.named("live:products:reordered"))
    assert told["productIds"] == [ids[0], ids[3], ids[1], ids[2]]
    await shop.ask("DELETE", f"{path}/{ids[0]}", seller, status=204)
    assert await shelf_of(shop, stream_id) == [("D", 1), ("B", 2), ("C", 3)]


async def test_reordering_names_every_product_once(shop: Shop, seller: Person) -> None:
    ids = [await shop.product(seller, name=name) for name in "ABC"]
    stream_id = await shop.live_stream(seller, productIds=ids)
    viewer = await shop.listener()
    await viewer.join(stream_id)
    path = f"live/streams/{stream_id}/products/reorder"
    for wrong in ([], ids[:2], [*ids, ids[0]], [*ids[:2], "nope"], [ids[0], ids[0], ids[1]]):
        assert await shop.refused("stream.products_mismatch", "PUT", path, seller, json={"productIds": wrong}) == 422
    for _ in range(2):
        answer = await shop.ask("PUT", path, seller, json={"productIds": ids[::-1]})
        assert answer == {"success": True, "productIds": ids[::-1]}
    assert await shelf_of(shop, stream_id) == [("C", 1), ("B", 2), ("A", 3)]
    await shop.ask("PUT", f"live/streams/{stream_id}/products/{ids[0]}/pin", seller)
    await eventually(lambda: viewer.named("live:product:pinned"))
    [told] = viewer.named("live:products:reordered")
    assert told["productIds"] == ids[::-1], "told once: the second time nothing changed"


async def test_many_at_once_leave_positions_without_a_gap(shop: Shop, seller: Person) -> None:
    ids = [await shop.product(seller, name=str(number)) for number in range(6)]
    stream_id = await shop.live_stream(seller)
    path = f"live/streams/{stream_id}/products"
    wishes = [{"productId": product_id, "position": 1} for product_id in ids]
    await asyncio.gather(*(shop.ask("POST", path, seller, json=wish, status=201) for wish in wishes))
    assert [position for _, position in await shelf_of(shop, stream_id)] == [1, 2, 3, 4, 5, 6]


async def test_the_highlighted_product_is_found(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    path = f"live/streams/{stream_id}/products"
    assert await shop.ask("GET", f"{path}/highlighted") == {"products": [], "total": 0}
    await shop.ask("PUT", f"{path}/{mug}/highlight", seller)
    found = await shop.ask("GET", f"{path}/highlighted")
    assert found["total"] == 1 and found["products"][0]["productId"] == mug


# --- price and stock --------------------------------------------------------------------------------------------


async def test_an_offer_is_changed_and_taken_away(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, price=18.5, stock=9)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    viewer = await shop.listener()
    await viewer.join(stream_id)
    path = f"live/streams/{stream_id}/products/{mug}"
    changed = await shop.ask("PATCH", path, seller, json={"livePrice": 15, "discountPercent": 10, "stock": 4})
    assert changed["product"]["livePrice"] == 15 and changed["product"]["stock"] == 4
    changed = await shop.ask("PATCH", path, seller, json={"livePrice": None})
    assert changed["product"]["livePrice"] == 16.65 and changed["product"]["discountPercent"] == 10
    changed = await shop.ask("PATCH", path, seller, json={"discountPercent": None, "stock": None})
    assert "livePrice" not in changed["product"] and changed["product"]["stock"] == 9
    await eventually(lambda: len(viewer.named("live:product:updated")) == 3)
    await eventually(lambda: len(viewer.named("live:product:stock")) == 2)
    assert [event["stock"] for event in viewer.named("live:product:stock")] == [4, 9]
    assert "revenue" not in str(viewer.events), "case 17"


@pytest.mark.parametrize(
    "wish",
    [
        {"livePrice": -1},
        {"livePrice": 1.234},
        {"livePrice": 1e12},
        {"livePrice": "NaN"},
        {"discountPercent": 101},
        {"discountPercent": 12.345},
        {"stock": -1},
        {"stock": 1.5},
        {"stock": 6},
        {"position": 3},
    ],
)
async def test_impossible_offers_are_refused(shop: Shop, seller: Person, wish: dict[str, Any]) -> None:
    """case 27, as far as offers go; the stock on air lies inside the catalogue's, which is 5."""
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    path = f"live/streams/{stream_id}/products/{mug}"
    assert await shop.refused("request.invalid", "PATCH", path, seller, json=wish) == 422


async def test_the_catalogues_stock_is_told_where_it_changes_what_can_be_bought(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, stock=9)
    capped = await shop.live_stream(seller, productIds=[mug])
    free = await shop.live_stream(seller, productIds=[mug])
    await shop.ask("PATCH", f"live/streams/{capped}/products/{mug}", seller, json={"stock": 4})
    in_capped, in_free = await shop.listener(), await shop.listener()
    await in_capped.join(capped)
    await in_free.join(free)
    for stock in (8, 3):
        await shop.ask("PATCH", f"products/{mug}", seller, json={"stock": stock})
    await eventually(lambda: len(in_free.named("live:product:stock")) == 2)
    await eventually(lambda: len(in_capped.named("live:product:stock")) == 1)
    assert in_capped.named("live:product:stock")[0]["stock"] == 3
    assert [event["stock"] for event in in_free.named("live:product:stock")] == [8, 3]


async def test_edits_of_one_product_and_its_shows_at_once_do_not_block_each_other(shop: Shop, seller: Person) -> None:
    mugs = [await shop.product(seller, stock=50), await shop.product(seller, stock=50)]
    streams = [await shop.live_stream(seller, productIds=mugs) for _ in range(3)]
    edits = [
        shop.ask("PATCH", f"products/{mug}", seller, json={"stock": stock}) for stock in range(20, 26) for mug in mugs
    ]
    offers = [
        shop.ask("PATCH", f"live/streams/{stream_id}/products/{mug}", seller, json={"discountPercent": 5})
        for stream_id in streams
        for mug in mugs
    ]
    await asyncio.gather(*edits, *offers)


async def test_a_product_deleted_meanwhile_does_not_get_onto_a_live_shelf(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller)
    services = shop.server.services
    async with services.database.write() as deletion:
        product = await services.catalog.require(deletion, mug)
        assert await ProductRepository(deletion).lock(product)
        product.deleted_at = utc_now()
        await ProductRepository(deletion).flush()
        path = f"live/streams/{stream_id}/products"
        adding = asyncio.create_task(shop.refused("product.not_found", "POST", path, seller, json={"productId": mug}))
        await asyncio.wait({adding}, timeout=0.5)  # it has read what it reads before it must wait
    assert await adding == 404
    assert await shelf_of(shop, stream_id) == []


async def test_a_product_that_was_sold_stays_on_the_shelf_with_its_sales(shop: Shop, seller: Person) -> None:
    mug, lamp = await shop.product(seller), await shop.product(seller, name="Lamp")
    stream_id = await shop.live_stream(seller, productIds=[mug, lamp])
    await sell(shop, stream_id, mug, 2, 3700)
    path = f"live/streams/{stream_id}/products"
    assert await shop.refused("stream.product_sold", "DELETE", f"{path}/{mug}", seller) == 409
    await shop.ask("DELETE", f"{path}/{lamp}", seller, status=204)
    assert (await shop.ask("GET", f"{path}/{mug}/stats", seller))["soldCount"] == 2


# --- when -------------------------------------------------------------------------------------------------------


async def test_a_card_is_stamped_with_the_moment_the_seller_saw(shop: Shop, seller: Person) -> None:
    mug, lamp = await shop.product(seller), await shop.product(seller, name="Lamp")
    stream_id = await shop.live_stream(seller, productIds=[mug, lamp])
    viewer = await shop.listener()
    await viewer.join(stream_id)
    path = f"live/streams/{stream_id}/products"
    shop.media.clock_offset_ms = 5_000
    captured = to_ms(utc_now()) - 5_000 - 800
    await shop.ask("PUT", f"{path}/{mug}/highlight", seller, json={"capturedAt": captured})
    host = await shop.listener(seller)
    wish = {"streamId": stream_id, "productId": lamp, "capturedAt": captured + 100}
    assert (await host.call("live:product:highlight", wish))["ok"]
    await shop.ask("PUT", f"{path}/{lamp}/hide", seller, json={"capturedAt": 1})
    await eventually(lambda: len(viewer.named("live:product:hidden")) == 2)
    cards = viewer.named("live:product:highlighted")
    assert [card["mediaAt"] for card in cards] == [captured + 5_000, captured + 5_100]
    replaced, hidden = viewer.named("live:product:hidden")
    assert replaced["mediaAt"] == captured + 5_100, "one goes as the other comes"
    assert abs(hidden["mediaAt"] - hidden["at"]) < 100, "nonsense is passed over"


@pytest.mark.parametrize(
    ("offset_ms", "captured_at_ms", "at_ms"),
    [
        (None, 1_000_000, 1_000_000),
        (0, None, 1_000_000),
        (0, 999_000, 999_000),
        (-500, 1_000_200, 999_700),
        (0, 940_000, 940_000),
        (0, 939_999, 1_000_000),
        (0, 1_060_001, 1_000_000),
        (0, 10**30, 1_000_000),
    ],
)
def test_what_is_no_moment_near_now_is_now(offset_ms: int | None, captured_at_ms: int | None, at_ms: int) -> None:
    def media_time(_stream_id: str, captured: int) -> int | None:
        return None if offset_ms is None else captured + offset_ms

    assert media_at(media_time, "s", captured_at_ms, 1_000_000) == at_ms


# --- clicks and stats -------------------------------------------------------------------------------------------


async def clicks_of(shop: Shop, host: Person, stream_id: str, product_id: str) -> int:
    stats = await shop.ask("GET", f"live/streams/{stream_id}/products/{product_id}/stats", host)
    return int(stats["clickCount"])


async def test_a_click_counts_once_a_person_a_minute_by_whatever_way(shop: Shop, seller: Person) -> None:
    mug, lamp = await shop.product(seller), await shop.product(seller, name="Lamp")
    stream_id = await shop.live_stream(seller, productIds=[mug, lamp])
    buyer, other = await shop.person(), await shop.person()
    path = f"live/streams/{stream_id}/products/{mug}/click"
    assert await shop.ask("POST", path, buyer) == {"success": True, "isCounted": True}
    assert (await shop.ask("POST", path, buyer))["isCounted"] is False
    listener = await shop.listener(buyer)
    await listener.join(stream_id)
    click = {"streamId": stream_id, "productId": mug}
    assert (await listener.call("live:product:click", click))["isCounted"] is False
    assert (await listener.call("live:product:click", {**click, "productId": lamp}))["isCounted"] is True
    assert (await shop.ask("POST", path, other))["isCounted"] is True
    assert (await shop.ask("POST", path))["isCounted"] is True, "the anonymous count, too"
    assert (await shop.ask("POST", path))["isCounted"] is False
    assert (await shop.ask("POST", path, seller))["isCounted"] is False, "the host is no buyer"

    async def all_are_written() -> bool:
        return await clicks_of(shop, seller, stream_id, mug) == 3

    await eventually_async(all_are_written, "the clicks")
    assert await clicks_of(shop, seller, stream_id, lamp) == 1


async def test_an_anonymous_viewer_clicks_over_the_socket(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    viewer = await shop.listener()
    await viewer.join(stream_id)
    click = {"streamId": stream_id, "productId": mug}
    assert (await viewer.call("live:product:click", click))["isCounted"] is True
    assert (await viewer.call("live:product:click", click))["isCounted"] is False
    for wrong, code in (({"streamId": stream_id, "productId": "x"}, "stream.product_not_found"),
                        ({"streamId": "x", "productId": mug}, "stream.not_found"),
                        ({"streamId": stream_id, "productId": 5}, "request.invalid")):  # fmt: skip
        assert (await viewer.call("live:product:click", wrong))["error"]["code"] == code


async def test_a_private_shows_products_are_not_clicked(shop: Shop, seller: Person) -> None:
    """case 43."""
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, isPrivate=True, productIds=[mug])
    path = f"live/streams/{stream_id}/products/{mug}/click"
    assert await shop.refused("stream.private", "POST", path, await shop.person()) == 403


async def test_clicks_are_written_before_the_server_stops(tmp_path: Path, storage: dict[str, Any]) -> None:
    shop = Shop(tmp_path / "data", **storage)
    await shop.open()
    seller = await shop.person(Role.SELLER)
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    await shop.ask("POST", f"live/streams/{stream_id}/products/{mug}/click")
    await shop.close()
    await shop.open()
    assert await clicks_of(shop, seller, stream_id, mug) == 1
    await shop.close()


async def test_clicks_of_other_shows_are_written_where_one_fails(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mug = await shop.product(seller)
    broken, fine = [await shop.live_stream(seller, productIds=[mug]) for _ in range(2)]
    failed = []
    count_clicks = ShelfRepository.count_clicks

    async def fail(repository: ShelfRepository, stream_id: str, clicks: Mapping[str, int]) -> None:
        if stream_id == broken:
            failed.append(stream_id)
            raise RuntimeError("inner workings")
        await count_clicks(repository, stream_id, clicks)

    monkeypatch.setattr(ShelfRepository, "count_clicks", fail)
    for who in (None, await shop.person()):  # the second comes after the first turn failed
        for stream_id in (broken, fine):
            await shop.ask("POST", f"live/streams/{stream_id}/products/{mug}/click", who)
        await eventually(lambda: failed, "a turn that fails")

    async def are_written() -> bool:
        return await clicks_of(shop, seller, fine, mug) == 2

    await eventually_async(are_written, "the other show's clicks")


async def test_stats_are_for_the_host_and_the_moderators(shop: Shop, seller: Person) -> None:
    """case 17."""
    mug = await shop.product(seller, stock=9)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    moderator = await shop.person()
    await shop.ask("POST", f"live/streams/{stream_id}/moderators", seller, json={"userId": moderator.id}, status=201)
    path = f"live/streams/{stream_id}/products/{mug}/stats"
    for _ in range(2):
        await shop.ask("POST", f"live/streams/{stream_id}/products/{mug}/click", await shop.person())
    await sell(shop, stream_id, mug, 2, 3700)

    async def are_counted() -> bool:
        return bool((await shop.ask("GET", path, seller))["clickCount"] == 2)

    await eventually_async(are_counted, "the clicks")
    assert await shop.ask("GET", path, moderator) == {
        "productId": mug,
        "soldCount": 2,
        "revenue": 37.0,
        "currency": "USD",
        "clickCount": 2,
        "addToCartCount": 0,
        "purchaseCount": 1,
        "conversionRate": 0.5,
    }
    for who, code in ((None, "auth.required"), (await shop.person(), "auth.forbidden")):
        await shop.refused(code, "GET", path, who)


# --- sales and alerts -------------------------------------------------------------------------------------------


async def test_a_sale_lowers_the_cap_and_is_told(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, stock=9)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    await shop.ask("PATCH", f"live/streams/{stream_id}/products/{mug}", seller, json={"stock": 6})
    viewer = await shop.listener()
    await viewer.join(stream_id)
    await sell(shop, stream_id, mug, 1)
    [told] = await eventually(lambda: viewer.named("live:product:stock"))
    assert (told["stock"], told["soldCount"]) == (5, 1)


async def test_alerts_of_low_stock_are_for_the_staff(shop: Shop, seller: Person) -> None:
    """case 17: alerts go to the room of the host and the moderators."""
    mug = await shop.product(seller, stock=6)
    stream_id = await shop.live_stream(seller, productIds=[mug], language="es")
    host, viewer = await staff_room(shop, seller, stream_id), await shop.listener()
    await viewer.join(stream_id)
    for _ in range(4):
        await sell(shop, stream_id, mug, 1)
    await shop.ask("PATCH", f"products/{mug}", seller, json={"stock": 0})
    await eventually(lambda: len(host.named("live:product:alert")) == 2)
    few, none = host.named("live:product:alert")
    assert (few["type"], few["code"], few["stock"]) == ("low_stock", "product.low_stock", 3)
    assert few["message"] == "Solo quedan 3: Mug." and few["fields"] == {"productName": "Mug", "stock": 3}
    assert none["message"] == "Agotado: Mug." and none["seq"] == few["seq"] + 1
    await eventually(lambda: len(viewer.named("live:product:stock")) == 5)
    assert viewer.named("live:product:alert") == []


async def test_the_host_hears_what_sells_fast(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, stock=100)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    host = await staff_room(shop, seller, stream_id)
    for quantity in (2, 2, 2, 2):
        await sell(shop, stream_id, mug, quantity)
    [alert] = await eventually(lambda: host.named("live:product:alert"))
    assert alert["type"] == "hot_selling" and alert["fields"]["sold"] == 6
    assert alert["message"] == "Selling fast: Mug, 6 in 5 minutes."


async def test_the_host_hears_what_nobody_opens(
    tmp_path: Path, storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Shop(tmp_path / "data", **storage) as shop:
        seller = await shop.person(Role.SELLER)
        mug = await shop.product(seller)
        stream_id = await shop.live_stream(seller, productIds=[mug])
        host = await staff_room(shop, seller, stream_id)
        viewers = [await shop.listener() for _ in range(10)]
        for viewer in viewers:
            await viewer.join(stream_id)

        async def are_ten() -> bool:
            return bool((await shop.ask("GET", f"live/streams/{stream_id}"))["viewerCount"] == 10)

        await eventually_async(are_ten, "ten viewers")
        await shop.ask("PUT", f"live/streams/{stream_id}/products/{mug}/highlight", seller)
        alerts, now = shop.server.services.on_air._alerts, utc_now()
        for look in range(1, 30):
            moment = now + timedelta(seconds=10 * look)
            monkeypatch.setattr(alerts, "_clock", lambda moment=moment: moment)
            await alerts.look()
        [alert] = await eventually(lambda: host.named("live:product:alert"))
        assert alert["type"] == "no_interest" and alert["fields"]["minutes"] == 3


async def test_before_the_show_nobody_is_alerted(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, stock=6)
    stream_id = await shop.stream(seller, productIds=[mug])
    host = await staff_room(shop, seller, stream_id)
    await shop.ask("PATCH", f"products/{mug}", seller, json={"stock": 2})
    await eventually(lambda: host.named("live:product:stock"))
    assert host.named("live:product:alert") == []


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_every_alert_is_worded(language: str) -> None:
    fields: dict[str, str | int] = {"productName": "Mug", "stock": 1200, "sold": 5, "minutes": 5}
    for alert in AlertType:
        assert "Mug" in alert_text(alert, fields, language) and "{" not in alert_text(alert, fields, language)
