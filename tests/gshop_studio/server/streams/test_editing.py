"""Editing shows, their pictures, sharing them, and removing them."""

from __future__ import annotations

import asyncio
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gshop_studio.contract.links import is_web_link
from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.shop import Person, Shop, eventually

STAFF_FIELDS = {"gmv", "revenue", "totalRevenue", "metrics", "currency", "allowedViewers", "moderators"}


def picture(size: tuple[int, int] = (1600, 1600)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (20, 130, 190)).save(out, "JPEG")
    return out.getvalue()


async def test_every_field_is_taken_and_edited(shop: Shop, seller: Person) -> None:
    friend = await shop.person()
    wish = {
        "title": "Evening",
        "description": "Warm things",
        "scheduledAt": "2030-10-01T18:00:00.000Z",
        "category": "home",
        "tags": ["autumn"],
        "thumbnailUrl": "https://example.com/a.jpg?x=1",
        "isPrivate": True,
        "allowedViewers": [friend.id, friend.id],
        "language": "es",
        "streamQuality": "1080p",
        "orientation": "portrait",
        "latencyMode": "ultra-low",
        "isRecorded": True,
    }
    made = await shop.ask("POST", "live/streams", seller, json=wish, status=201)
    assert {key: made[key] for key in wish} == {**wish, "allowedViewers": [friend.id]}
    other = {
        "title": "Morning",
        "description": "Cold things",
        "scheduledAt": "2031-10-01T18:00:00.000Z",
        "category": "fashion",
        "tags": ["#Spring", "SALE", "spring"],
        "thumbnailUrl": "http://example.com/b.jpg",
        "isPrivate": False,
        "allowedViewers": [],
        "language": "pt",
        "streamQuality": "auto",
        "orientation": "landscape",
        "latencyMode": "low",
        "isRecorded": False,
    }
    changed = await shop.ask("PATCH", f"live/streams/{made['id']}", seller, json=other)
    assert {key: changed[key] for key in other} == {**other, "tags": ["spring", "sale"]}
    cleared = await shop.ask(
        "PATCH",
        f"live/streams/{made['id']}",
        seller,
        json={"category": None, "scheduledAt": None, "thumbnailUrl": None, "title": None},
    )
    assert cleared["title"] == "Morning" and not {"category", "scheduledAt", "thumbnailUrl"} & cleared.keys()


@pytest.mark.parametrize(
    "field",
    [
        {"streamQuality": "4k"},
        {"orientation": "square"},
        {"latencyMode": "none"},
        {"allowedViewers": "everybody"},
        {"isPrivate": "perhaps"},
        {"tags": ["x" * 41]},
        {"tags": ["x"] * 21},
        {"status": "live"},
        {"hostId": "me"},
    ],
)
async def test_what_does_not_fit_is_refused(shop: Shop, seller: Person, field: dict[str, object]) -> None:
    stream_id = await shop.stream(seller)
    assert await shop.refused("request.invalid", "PATCH", f"live/streams/{stream_id}", seller, json=field) == 422
    wish = {"title": "x", **field}
    assert await shop.refused("request.invalid", "POST", "live/streams", seller, json=wish) == 422


async def test_allowed_viewers_are_people(shop: Shop, seller: Person) -> None:
    wish = {"title": "x", "isPrivate": True, "allowedViewers": ["nobody"]}
    assert await shop.refused("user.not_found", "POST", "live/streams", seller, json=wish) == 404


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "//example.com/a.jpg",
        "/a.jpg",
        "https://",
        'https://example.com/"onerror="alert(1)',
        "https://example.com/a b",
        "https://example.com/'x",
        "https://example.com/<script>",
        "https://user:password@example.com/a.jpg",
        "https://example.com:port/",
        "https://[::1",
    ],
)
async def test_a_thumbnails_link_is_http_without_a_breakout(shop: Shop, seller: Person, link: str) -> None:
    """case 2."""
    response = await shop.send("POST", "live/streams", seller, json={"title": "x", "thumbnailUrl": link})
    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "field.bad_link"


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_link_that_passes_holds_what_ends_an_attribute(before: str, after: str) -> None:
    """case 2."""
    for text in (before + after, f"https://example.com/{after}", f"https://{before}/{after}"):
        if is_web_link(text):
            assert text.lower().startswith(("http://", "https://"))
            assert not set("\"'<>` \n\r\t\\") & set(text)


async def test_a_link_given_is_never_fetched(shop: Shop, seller: Person) -> None:
    """case 37: nothing is asked of the address, whatever it is; it is only handed on."""
    asked: list[object] = []

    async def serve(reader: object, writer: object) -> None:
        asked.append(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        link = f"http://127.0.0.1:{port}/latest/meta-data"
        stream_id = await shop.stream(seller, thumbnailUrl=link)
        assert (await shop.ask("GET", f"live/streams/{stream_id}"))["thumbnailUrl"] == link
    assert asked == []


@pytest.mark.parametrize(("orientation", "size"), [("landscape", (1280, 720)), ("portrait", (720, 1280))])
async def test_an_uploaded_thumbnail_is_cut_to_the_shows_shape(
    shop: Shop, seller: Person, orientation: str, size: tuple[int, int]
) -> None:
    stream_id = await shop.stream(seller, orientation=orientation, thumbnailUrl="https://example.com/a.jpg")
    path = f"live/streams/{stream_id}"
    urls = []
    for upload in (picture(), picture((400, 900))):
        files = {"thumbnail": ("x.jpg", upload, "image/jpeg")}
        urls.append((await shop.ask("POST", f"{path}/thumbnail", seller, files=files))["thumbnailUrl"])
    served = await shop.http.get(urls[1])
    with Image.open(io.BytesIO(served.content)) as image:
        assert image.size == size
    assert (await shop.http.get(urls[0])).status_code == 404, "the one before is forgotten"
    changed = await shop.ask("PATCH", path, seller, json={"thumbnailUrl": "https://example.com/b.jpg"})
    assert changed["thumbnailUrl"] == "https://example.com/b.jpg"
    assert (await shop.http.get(urls[1])).status_code == 404
    stranger = await shop.person(Role.SELLER)
    files = {"thumbnail": ("x.jpg", picture(), "image/jpeg")}
    assert await shop.refused("auth.forbidden", "POST", f"{path}/thumbnail", stranger, files=files) == 403
    bomb = io.BytesIO()
    Image.new("1", (9000, 9000)).save(bomb, "PNG")
    for upload, code in ((b"text", "image.unreadable"), (bomb.getvalue(), "image.too_large")):
        files = {"thumbnail": ("x.jpg", upload, "image/jpeg")}
        await shop.refused(code, "POST", f"{path}/thumbnail", seller, files=files)


async def test_the_room_hears_of_an_edit_and_of_nothing_that_is_the_hosts(shop: Shop, seller: Person) -> None:
    """case 17."""
    stream_id = await shop.live_stream(seller)
    viewer = await shop.listener()
    await viewer.join(stream_id)
    await shop.ask("PATCH", f"live/streams/{stream_id}", seller, json={"title": "New", "allowedViewers": [seller.id]})
    [event] = await eventually(lambda: viewer.named("live:stream:updated"))
    assert event["stream"]["title"] == "New" and not STAFF_FIELDS & event["stream"].keys()


async def test_what_only_staff_sees(shop: Shop, seller: Person) -> None:
    """case 17: the host and the moderators see the numbers and the names, others do not."""
    moderator, buyer = await shop.person(), await shop.person()
    stream_id = await shop.stream(seller, productIds=[await shop.product(seller)])
    await shop.ask("POST", f"live/streams/{stream_id}/moderators", seller, json={"userId": moderator.id}, status=201)
    for who in (seller, moderator):
        seen = await shop.ask("GET", f"live/streams/{stream_id}", who)
        assert seen["gmv"] == seen["revenue"] == seen["totalRevenue"] == 0 and seen["metrics"] == []
        assert seen["currency"] == "USD"
        assert seen["moderators"] == [moderator.id] and seen["allowedViewers"] == []
    for person in (buyer, None):
        assert not STAFF_FIELDS & (await shop.ask("GET", f"live/streams/{stream_id}", person)).keys()
    [mine] = (await shop.ask("GET", "live/streams?mine=true", seller))["streams"]
    assert mine["moderators"] == [moderator.id]
    [public] = (await shop.ask("GET", "live/streams", buyer))["streams"]
    assert not STAFF_FIELDS & public.keys()


async def test_private_means_now_and_for_media_too(shop: Shop, seller: Person) -> None:
    """case 43: made private, a show's page, room and media are closed at once; opened, they open."""
    friend, follower = await shop.person(), await shop.person()
    await shop.ask("POST", f"sellers/{seller.id}/follow", follower)
    stream_id = await shop.live_stream(seller)
    path, playlist = f"live/streams/{stream_id}", f"/live/{stream_id}/index.m3u8"
    assert (await shop.http.get(playlist)).status_code == 200
    anonymous, friends, followers = await shop.listener(), await shop.listener(friend), await shop.listener(follower)
    for listener in (anonymous, friends, followers):
        await listener.join(stream_id)
    await shop.ask("PATCH", path, seller, json={"isPrivate": True})
    assert (await shop.http.get(playlist)).status_code == 403
    media = await shop.http.get(playlist, headers=follower.headers)
    assert media.status_code == 200 and media.headers["cache-control"] == "private, no-store"
    await eventually(lambda: not anonymous.client.connected and not friends.client.connected)
    await shop.refused("stream.private", "GET", path, friend)
    await shop.ask("GET", path, follower)
    assert followers.client.connected
    await shop.ask("PATCH", path, seller, json={"allowedViewers": [friend.id]})
    await shop.refused("stream.private", "GET", path, follower)
    assert (await shop.http.get(playlist, headers=follower.headers)).status_code == 403
    assert (await shop.http.get(playlist, headers=friend.headers)).status_code == 200
    assert (await shop.http.get(f"{playlist}?token={friend.token}")).status_code == 403, "case 32"
    assert (await shop.http.get(playlist, headers={"Authorization": "Bearer x"})).status_code == 401
    await shop.ask("PATCH", path, seller, json={"isPrivate": False})
    assert (await shop.http.get(playlist)).status_code == 200


async def test_a_date_is_changed_before_the_show_only(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    path, wish = f"live/streams/{stream_id}", {"scheduledAt": "2031-01-01T00:00:00Z"}
    assert await shop.refused("stream.is_live", "PATCH", path, seller, json=wish) == 409
    await shop.ask("POST", f"{path}/end", seller)
    assert await shop.refused("stream.over", "PATCH", path, seller, json=wish) == 409
    assert (await shop.ask("PATCH", path, seller, json={"title": "As it was"}))["title"] == "As it was"


async def test_a_show_to_come_is_cancelled_and_one_that_is_over_removed(shop: Shop, seller: Person) -> None:
    product_id = await shop.product(seller)
    stream_id = await shop.stream(seller, productIds=[product_id])
    path = f"live/streams/{stream_id}"
    viewer = await shop.listener()
    await viewer.join(stream_id)
    stranger = await shop.person(Role.SELLER)
    assert await shop.refused("auth.forbidden", "DELETE", path, stranger) == 403
    await shop.ask("DELETE", path, seller, status=204)
    [event] = await eventually(lambda: viewer.named("live:stream:cancelled"))
    assert event["status"] == "cancelled" and event["seq"] >= 1
    assert (await shop.ask("GET", path))["status"] == "cancelled"
    assert await shop.refused("stream.over", "POST", f"{path}/start", seller) == 409
    await shop.ask("DELETE", path, seller, status=204)
    assert await shop.refused("stream.not_found", "GET", path) == 404
    await shop.ask("DELETE", f"products/{product_id}", seller, status=204)


async def test_a_live_show_is_not_removed_and_an_ended_one_goes_with_all_it_had(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller, productIds=[await shop.product(seller)])
    path = f"live/streams/{stream_id}"
    files = {"thumbnail": ("x.jpg", picture(), "image/jpeg")}
    url = (await shop.ask("POST", f"{path}/thumbnail", seller, files=files))["thumbnailUrl"]
    listener = await shop.listener(await shop.person())
    await listener.join(stream_id)
    assert (await listener.call("live:message", {"streamId": stream_id, "message": "hello"}))["ok"]
    assert await shop.refused("stream.is_live", "DELETE", path, seller) == 409
    await shop.ask("POST", f"{path}/end", seller)
    await shop.ask("DELETE", path, seller, status=204)
    assert await shop.refused("stream.not_found", "GET", f"{path}/messages") == 404
    assert (await shop.http.get(url)).status_code == 404


async def test_shares_are_counted_of_who_may_watch(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    path = f"live/streams/{stream_id}"
    answer = await shop.ask("POST", f"{path}/share")
    assert answer == {"url": f"{shop.url}/watch/{stream_id}", "sharesCount": 1}
    buyer = await shop.person()
    assert (await shop.ask("POST", f"{path}/share", buyer, json={"channel": "whatsapp"}))["sharesCount"] == 2
    assert await shop.refused("request.invalid", "POST", f"{path}/share", buyer, json={"channel": "fax"}) == 422
    for _ in range(9):
        await shop.ask("POST", f"{path}/share", buyer)
    assert await shop.refused("event.rate_limited", "POST", f"{path}/share", buyer) == 429
    assert (await shop.ask("GET", path))["sharesCount"] == 11
    private = await shop.stream(seller, isPrivate=True)
    assert await shop.refused("stream.private", "POST", f"live/streams/{private}/share", buyer) == 403


async def test_categories_have_names_in_three_languages(shop: Shop) -> None:
    found = await shop.ask("GET", "live/categories?lang=es")
    by_slug = {category["slug"]: category for category in found["categories"]}
    assert by_slug["electronics"]["name"] == "Electrónica"
    assert by_slug["fashion"]["names"] == {"en": "Fashion", "es": "Moda", "pt": "Moda"}
    assert found["total"] == len(by_slug) >= 10
    assert all(name for category in by_slug.values() for name in category["names"].values())


async def test_an_affiliate_shows_products_of_any_seller(shop: Shop, seller: Person) -> None:
    affiliate = await shop.person(Role.AFFILIATE)
    mug = await shop.product(seller)
    lamp = await shop.product(await shop.person(Role.SELLER), name="Lamp")
    stream_id = await shop.stream(affiliate, productIds=[mug])
    await shop.ask("POST", f"live/streams/{stream_id}/products", affiliate, json={"productId": lamp}, status=201)
    shelf = await shop.ask("GET", f"live/streams/{stream_id}/products")
    assert [item["productId"] for item in shelf["products"]] == [mug, lamp]


@pytest.mark.parametrize("offer", [{"livePrice": 0.01}, {"livePrice": 18.5}, {"discountPercent": 99}])
async def test_an_affiliate_does_not_price_the_goods_of_others(
    shop: Shop, seller: Person, offer: dict[str, float]
) -> None:
    affiliate, mug = await shop.person(Role.AFFILIATE), await shop.product(seller)
    stream_id = await shop.stream(affiliate)
    path, code = f"live/streams/{stream_id}/products", "stream.price_not_yours"
    assert await shop.refused(code, "POST", path, affiliate, json={"productId": mug, **offer}) == 403
    await shop.ask("POST", path, affiliate, json={"productId": mug, "stock": 2}, status=201)
    assert await shop.refused(code, "PATCH", f"{path}/{mug}", affiliate, json=offer) == 403
    kept = await shop.ask("PATCH", f"{path}/{mug}", affiliate, json={"stock": 1, **dict.fromkeys(offer)})
    assert kept["product"]["price"] == 18.5 and "livePrice" not in kept["product"] and kept["product"]["stock"] == 1
