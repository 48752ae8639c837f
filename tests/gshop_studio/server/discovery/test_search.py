"""Finding shows by words and filters, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select, text

from gshop_studio.contract.rest import Role, StreamCreate
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.clock import utc_now
from gshop_studio.server.discovery.repository import DiscoveryRepository
from tests.gshop_studio.server.discovery.shows import draws, ids, on_air
from tests.gshop_studio.server.shop import Person, Shop, eventually_async

SEARCH = "live/streams/search"


async def found(shop: Shop, **query: Any) -> list[str]:
    answer = await shop.ask("GET", SEARCH, params=query)
    assert answer["total"] == len(answer["streams"])
    return ids(answer)


async def test_finds_the_words_of_title_description_tags_category_host_and_products(shop: Shop, seller: Person) -> None:
    product = await shop.product(seller, name="Cafetera de latón")
    stream_id = await on_air(
        shop, seller, "Rebajas de otoño", description="Todo para la cocina", tags=["#Hogar"], category="fashion",
        productIds=[product],
    )  # fmt: skip
    await on_air(shop, await shop.person(Role.SELLER, "Nobody"), "Another show")
    for said in ("otono", "OTOÑO", "coc", "hogar", "moda", "cafetera", "laton", "alba", "otoño alba latón"):
        assert await found(shop, q=said) == [stream_id], said
    for said in ("invierno", "otono invierno", "toño", "!!!"):
        assert await found(shop, q=said) == [], said


async def test_the_title_counts_more_than_the_description(shop: Shop, seller: Person) -> None:
    in_description = await on_air(shop, seller, "Evening", description="We also show one mug")
    in_title = await on_air(shop, seller, "Mugs and bowls")
    await draws(shop, in_description, viewer_count=500)
    assert await found(shop, q="mug") == [in_title, in_description]
    assert await found(shop, q="mug", sort="viewers") == [in_description, in_title]
    assert await found(shop, q="mug", sort="newest") == [in_title, in_description]


async def test_what_changes_a_show_changes_the_words_it_is_found_by(shop: Shop, seller: Person) -> None:
    mug, bowl = await shop.product(seller, name="Mug"), await shop.product(seller, name="Bowl")
    stream_id = await on_air(shop, seller, "Spring", productIds=[mug])
    path = f"live/streams/{stream_id}"
    await shop.ask("PATCH", path, seller, json={"title": "Summer"})
    assert await found(shop, q="summer") == [stream_id] and await found(shop, q="spring") == []
    await shop.ask("POST", f"{path}/products", seller, json={"productId": bowl}, status=201)
    assert await found(shop, q="bowl") == [stream_id]
    await shop.ask("DELETE", f"{path}/products/{bowl}", seller, status=204)
    assert await found(shop, q="bowl") == []
    await shop.ask("PATCH", f"products/{mug}", seller, json={"name": "Teacup"})
    assert await found(shop, q="teacup") == [stream_id] and await found(shop, q="mug") == []
    await shop.ask("PATCH", "users/me/profile", seller, json={"displayName": "Berta"})
    assert await found(shop, q="berta") == [stream_id] and await found(shop, q="alba") == []


async def test_a_show_that_is_removed_is_found_no_more(shop: Shop, seller: Person) -> None:
    stream_id = await on_air(shop, seller, "Summer")
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    assert await found(shop, q="summer") == []
    assert await found(shop, q="summer", status="ended") == [stream_id]
    await shop.ask("DELETE", f"live/streams/{stream_id}", seller, status=204)
    assert await found(shop, q="summer", status="ended") == []


async def test_private_shows_and_those_without_media_are_not_found(shop: Shop, seller: Person) -> None:
    await on_air(shop, seller, "Summer", isPrivate=True)
    waiting = await shop.live_stream(seller, title="Summer")
    draft = await shop.stream(seller, title="Summer")
    to_come = await shop.stream(seller, title="Summer", scheduledAt="2099-01-01T10:00:00Z")
    assert await found(shop, q="summer") == [to_come]
    await shop.media.authority.media_started(waiting)
    assert set(await found(shop, q="summer")) == {waiting, to_come}
    assert await found(shop, q="summer", status="scheduled") == [to_come]
    assert draft not in await found(shop, q="summer")


async def test_a_show_whose_date_has_passed_is_not_one_to_come(shop: Shop, seller: Person) -> None:
    stream_id = await shop.stream(seller, title="Summer", scheduledAt="2099-01-01T10:00:00Z")
    await draws(shop, stream_id, scheduled_at=utc_now() - timedelta(minutes=50))
    assert await found(shop, q="summer") == [stream_id], "its host is late"
    await draws(shop, stream_id, scheduled_at=utc_now() - timedelta(minutes=70))
    assert await found(shop, q="summer") == await found(shop, q="summer", status="scheduled") == []


async def test_a_category_is_the_same_however_it_is_written(shop: Shop, seller: Person) -> None:
    stream_id = await on_air(shop, seller, category="Home")
    to_come = await shop.stream(seller, category="Home", scheduledAt="2099-01-01T10:00:00Z")
    accented = await on_air(shop, seller, category="Época")
    await shop.server.discovery.trending.refresh()
    for said in ("home", "Home", "HOME"):
        for path in ("active", "trending"):
            assert ids(await shop.ask("GET", f"live/streams/{path}", params={"category": said})) == [stream_id]
        assert set(await found(shop, category=said)) == {stream_id, to_come}
    for path in ("active", "trending", "search"):
        assert ids(await shop.ask("GET", f"live/streams/{path}", params={"category": "Época"})) == [accented]


async def test_filters_by_category_tags_and_seller(shop: Shop, seller: Person) -> None:
    other = await shop.person(Role.SELLER)
    home = await on_air(shop, seller, "One", category="Home", tags=["sale", "winter"])
    await on_air(shop, other, "Two", category="fashion", tags=["sale"])
    assert await found(shop, category="home") == [home]
    assert await found(shop, tags="#Sale, winter") == [home]
    assert len(await found(shop, tags="sale")) == 2
    assert await found(shop, sellerId=seller.id) == [home]
    assert await found(shop, sellerId=seller.id, category="fashion") == []


async def test_filters_by_what_a_product_costs_on_air(shop: Shop, seller: Person) -> None:
    lamp = await shop.product(seller, name="Lamp", price=80)
    dear = await on_air(shop, seller, "Dear", productIds=[lamp])
    cheap = await on_air(shop, seller, "Cheap", productIds=[lamp])
    change = {"livePrice": 20.5}
    await shop.ask("PATCH", f"live/streams/{cheap}/products/{lamp}", seller, json=change)
    assert await found(shop, minPrice="20.50", maxPrice="20.50") == [cheap]
    assert await found(shop, minPrice=20.51) == [dear]
    await shop.ask(
        "PATCH", f"live/streams/{cheap}/products/{lamp}", seller, json={"livePrice": None, "discountPercent": 12.5}
    )
    assert await found(shop, maxPrice=70) == [cheap]
    assert await found(shop, maxPrice="69.99") == []
    assert await found(shop, maxPrice=70, currency="EUR") == []
    assert await found(shop, maxPrice=70, currency="USD") == [cheap]


async def test_a_price_is_in_the_currencys_own_units(shop: Shop, seller: Person) -> None:
    """A yen has no cents."""
    cup = await shop.product(seller, name="Cup", price=1500, currency="JPY")
    stream_id = await on_air(shop, seller, "Cups", productIds=[cup])
    assert await found(shop, minPrice=1400, maxPrice=1500) == [stream_id]
    assert await found(shop, minPrice=10, maxPrice=20) == []


async def test_filters_by_where_the_host_is(shop: Shop, seller: Person) -> None:
    other = await shop.person(Role.SELLER)
    stream_id = await on_air(shop, seller, "Sale")
    await on_air(shop, other, "Sale")
    profile = await shop.ask(
        "PATCH", "users/me/profile", seller, json={"location": {"city": "Bogotá", "country": "CO"}}
    )
    assert profile["location"] == {"city": "Bogotá", "country": "CO"}
    assert (await shop.ask("GET", f"sellers/{seller.id}"))["location"] == {"city": "Bogotá", "country": "CO"}
    for place in ("bogota", "BOG", "co", "CO"):
        assert await found(shop, q="sale", location=place) == [stream_id], place
    assert await found(shop, q="sale", location="Lima") == []
    await shop.ask("PATCH", "users/me/profile", seller, json={"displayName": "Alba B."})
    assert await found(shop, location="bogota") == [stream_id], "only what is given changes"
    profile = await shop.ask("PATCH", "users/me/profile", seller, json={"location": None})
    assert "location" not in profile
    assert await found(shop, location="bogota") == []


@pytest.mark.parametrize(
    "wild",
    [
        "' OR 1=1 --",
        '" OR title:"',
        "a* NEAR(b)",
        "mug:*A & !bowl | <->",
        "%_\\",
        "a\x00b",
        "{mug} - col : x",
        "𝔪𝔲𝔤 😀",
        "'); DROP TABLE live_stream_search; --",
        "mug' <2> \\' | !!(:*",
        "live_stream_search_index MATCH x^2 +y",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
async def test_nothing_that_is_looked_for_is_a_query(shop: Shop, seller: Person, wild: str) -> None:
    """case 39"""
    await on_air(shop, seller, "Spring")
    for query in ({"q": wild}, {"tags": wild}, {"category": wild}, {"sellerId": wild}, {"location": wild}):
        response = await shop.send("GET", SEARCH, params=query)
        assert response.status_code in (200, 422), (query, response.text)
        assert response.status_code == 422 or response.json()["total"] == 0
    for path in ("active?category", "active?tags", "trending?category", "scheduled?category"):
        response = await shop.send("GET", f"live/streams/{path.replace('?', '?limit=9&')}={quote(wild)}")
        assert response.status_code in (200, 422), (path, response.text)
        assert response.status_code == 422 or response.json()["total"] == 0
    assert await found(shop, q="spring") != []


async def test_the_words_of_a_query_language_are_words(shop: Shop, seller: Person) -> None:
    """case 39"""
    stream_id = await on_air(shop, seller, "Near or not and null")
    await on_air(shop, seller, "Spring")
    for said in ("NEAR", "or", "AND", "not", "NULL", "near OR spring", "NOT spring", "title:near", "near*", "^near"):
        expected = [stream_id] if "spring" not in said and "title" not in said else []
        assert await found(shop, q=said) == expected, said


async def test_pages_follow_each_other(shop: Shop, seller: Person) -> None:
    shows = [await on_air(shop, seller, f"Sale {number}") for number in range(5)]
    pages = [
        ids(await shop.ask("GET", SEARCH, params={"q": "sale", "limit": 2, "offset": offset, "sort": "newest"}))
        for offset in (0, 2, 4)
    ]
    assert [stream_id for page in pages for stream_id in page] == shows[::-1]


async def test_words_are_looked_up_in_an_index(shop: Shop, seller: Person) -> None:
    """On PostgreSQL the query must say what the index says, to the letter."""
    await on_air(shop, seller)
    async with shop.server.services.database.read() as transaction:
        if not transaction.is_postgres:
            return
        hits = select(DiscoveryRepository(transaction).hits(["autumn"]))
        said = str(hits.compile(dialect=transaction.session.get_bind().dialect, compile_kwargs={"literal_binds": True}))
        await transaction.session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await transaction.session.scalars(text("EXPLAIN " + said.replace(":", "\\:")))
        assert any("idx_live_stream_search_words" in line for line in plan)


async def test_two_who_change_the_same_words_at_once_lose_nothing(shop: Shop, seller: Person) -> None:
    """A product's name and the host's are in many shows' words."""
    mug = await shop.product(seller, name="Mug")
    shows = {await on_air(shop, seller, f"Sale {number}", productIds=[mug]) for number in range(4)}
    for number in range(3):
        await asyncio.gather(
            shop.ask("PATCH", f"products/{mug}", seller, json={"name": f"Vessel{number}"}),
            shop.ask("PATCH", "users/me/profile", seller, json={"displayName": f"Host{number}"}),
            *(shop.ask("PATCH", f"live/streams/{each}", seller, json={"title": f"Title{number}"}) for each in shows),
        )
        assert set(await found(shop, q=f"vessel{number} host{number} title{number}")) == shows


async def test_a_show_made_while_its_product_and_its_host_are_renamed_has_their_new_names(
    shop: Shop, seller: Person
) -> None:
    """Each of the two waits for the other's commit, whoever is first."""
    database, streams = shop.server.services.database, shop.server.services.streams
    mug = await shop.product(seller, name="Mug")
    host = Caller(seller.id, Role.SELLER, seller.name, "en", None, utc_now())
    wish = StreamCreate.model_validate({"title": "Made", "scheduled_at": "2099-01-01T10:00:00Z", "product_ids": [mug]})
    async with database.write() as transaction:
        made = await streams.add(transaction, host, wish)
        renaming = [
            asyncio.create_task(shop.ask("PATCH", f"products/{mug}", seller, json={"name": "Teacup"})),
            asyncio.create_task(shop.ask("PATCH", "users/me/profile", seller, json={"displayName": "Berta"})),
        ]
        if transaction.is_postgres:
            await eventually_async(lambda: are_waiting(shop, 2), "both to wait")
    await asyncio.gather(*renaming)
    assert await found(shop, q="made teacup berta") == [made.id]
    assert await found(shop, q="mug") == await found(shop, q="alba") == []


async def are_waiting(shop: Shop, number: int) -> bool:
    """Whether so many transactions wait for another's."""
    async with shop.server.services.database.read() as transaction:
        wish = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(await transaction.session.scalar(text(wish)) == number)
