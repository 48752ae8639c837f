"""Shows: their basics, and who sees what of them."""

from __future__ import annotations

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.shop import Person, Shop

SECRETS = ("streamKey", "rtmpUrl", "revenue", "gmv", "allowedViewers", "email", "stream_key")


async def test_a_show_is_created_whole_and_edited(shop: Shop, seller: Person) -> None:
    products = [await shop.product(seller), await shop.product(seller, name="Lamp")]
    wish = {
        "title": "Autumn sale",
        "description": "Warm things",
        "category": "Home",
        "tags": ["autumn", "sale"],
        "productIds": products,
        "scheduledAt": "2030-10-01T18:00:00.000Z",
        "language": "es",
    }
    made = await shop.ask("POST", "live/streams", seller, json=wish, status=201)
    assert made["status"] == "scheduled" and made["isReceiving"] is False and made["hostType"] == "seller"
    assert made["host"] == {"id": seller.id, "displayName": "Alba"} and made["sellerId"] == seller.id
    assert [item["productId"] for item in made["products"]] == products
    assert {key: made[key] for key in ("description", "tags", "scheduledAt", "language")} == {
        key: wish[key] for key in ("description", "tags", "scheduledAt", "language")
    }
    assert made["hlsUrl"] == f"{shop.url}/live/{made['id']}/index.m3u8"
    changed = await shop.ask("PATCH", f"live/streams/{made['id']}", seller, json={"title": "New", "tags": ["a"]})
    assert changed["title"] == "New" and changed["tags"] == ["a"] and changed["description"] == "Warm things"


async def test_who_may_create_and_edit(shop: Shop, seller: Person) -> None:
    affiliate = await shop.person(Role.AFFILIATE)
    mine = await shop.ask("POST", "live/streams", affiliate, json={"title": "Finds"}, status=201)
    assert mine["hostType"] == "affiliate" and mine["affiliateId"] == affiliate.id and "sellerId" not in mine
    for who, code in (
        (None, "auth.required"),
        (await shop.person(), "auth.forbidden"),
        (await shop.guest(), "auth.forbidden"),
    ):
        await shop.refused(code, "POST", "live/streams", who, json={"title": "x"})
        await shop.refused(code, "PATCH", f"live/streams/{mine['id']}", who, json={"title": "x"})
    await shop.refused("auth.forbidden", "PATCH", f"live/streams/{mine['id']}", seller, json={"title": "x"})


async def test_unknown_fields_and_foreign_products_are_refused(shop: Shop, seller: Person) -> None:
    other = await shop.product(await shop.person(Role.SELLER))
    wishes: tuple[dict[str, str], ...] = (
        {"title": "x", "status": "live"},
        {"title": ""},
        {},
        {"title": "x", "streamKey": "k"},
    )
    for wish in wishes:
        assert await shop.refused("request.invalid", "POST", "live/streams", seller, json=wish) == 422
    await shop.refused("auth.forbidden", "POST", "live/streams", seller, json={"title": "x", "productIds": [other]})
    await shop.refused("product.not_found", "POST", "live/streams", seller, json={"title": "x", "productIds": ["no"]})
    assert (await shop.ask("GET", "live/streams?mine=true", seller))["total"] == 0, "nothing is half-made"


async def test_lists_mine_by_state_and_the_public_ones(shop: Shop, seller: Person) -> None:
    live = await shop.live_stream(seller, title="Live")
    await shop.stream(seller, title="To come")
    await shop.stream(seller, title="Private", isPrivate=True)
    mine = await shop.ask("GET", "live/streams?mine=true", seller)
    assert [stream["title"] for stream in mine["streams"]] == ["Private", "To come", "Live"]
    assert "products" not in mine["streams"][0]
    found = await shop.ask("GET", "live/streams?mine=true&status=live", seller)
    assert [stream["id"] for stream in found["streams"]] == [live] and found["total"] == 1
    public = await shop.ask("GET", "live/streams")
    assert [stream["title"] for stream in public["streams"]] == ["To come"], "a live show once its media has come"
    assert (await shop.ask("GET", "live/streams?status=live"))["total"] == 0
    await shop.media.authority.media_started(live)
    public = await shop.ask("GET", "live/streams")
    assert [stream["title"] for stream in public["streams"]] == ["To come", "Live"] and public["total"] == 2
    await shop.refused("auth.required", "GET", "live/streams?mine=true")


async def test_on_air_for_everybody_is_what_sends_media(shop: Shop, seller: Person) -> None:
    quiet = await shop.live_stream(seller, title="No media yet")
    shown = [
        await shop.live_stream(seller, title="One", category="Home", tags=["Sale", "mugs"]),
        await shop.live_stream(seller, title="Two", category="Fashion"),
    ]
    hidden = await shop.live_stream(seller, title="Private", isPrivate=True)
    for stream_id in (*shown, hidden):
        await shop.media.authority.media_started(stream_id)
    active = await shop.ask("GET", "live/streams/active?sort=newest")
    assert [stream["id"] for stream in active["streams"]] == shown[::-1] and active["total"] == 2
    assert quiet not in str(active)
    for query, found in (("category=Home", 1), ("tags=sale", 1), ("tags=sale,mugs", 1), ("tags=sale,no", 0)):
        assert (await shop.ask("GET", f"live/streams/active?{query}"))["total"] == found, query


async def test_what_is_the_hosts_alone_is_shown_to_nobody_else(shop: Shop, seller: Person) -> None:
    """case 17: no key, revenue or e-mail in any answer or event for others."""
    product_id = await shop.product(seller)
    stream_id = await shop.stream(seller, productIds=[product_id])
    buyer = await shop.person(name="Marina")
    listener = await shop.listener(buyer)
    snapshot = await listener.join(stream_id)
    key = (await shop.ask("POST", f"live/streams/{stream_id}/start", seller))["streamKey"]
    await shop.ask("PUT", f"live/streams/{stream_id}/products/{product_id}/highlight", seller)
    await shop.ask("PATCH", f"products/{product_id}", seller, json={"stock": 3})
    await listener.call("live:message", {"streamId": stream_id, "message": "hello"})
    seen = [
        snapshot,
        await shop.ask("GET", f"live/streams/{stream_id}", buyer),
        await shop.ask("GET", f"live/streams/{stream_id}/products", buyer),
        await shop.ask("GET", f"live/streams/{stream_id}/messages"),
        await shop.ask("GET", "live/streams"),
        await listener.call("live:resume", {"streamId": stream_id, "afterSeq": 0}),
        listener.events,
    ]
    text = repr(seen)
    assert [word for word in (*SECRETS, key, "@example.com", "127.0.0.1'") if word in text] == []
    own = await shop.ask("GET", f"live/streams/{stream_id}", seller)
    assert own["products"][0]["revenue"] == 0


async def test_only_the_host_starts_ends_and_sees_the_key(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    calls = [("POST", "start"), ("POST", "end"), ("GET", "ingest"), ("POST", "ingest/rotate")]
    strangers = [
        (None, "auth.required"),
        (await shop.person(Role.SELLER), "auth.forbidden"),
        (await shop.guest(), "auth.forbidden"),
    ]
    for who, code in strangers:
        for method, what in calls:
            await shop.refused(code, method, f"live/streams/{stream_id}/{what}", who)


async def test_a_private_show_is_only_for_those_let_in(shop: Shop, seller: Person) -> None:
    """case 43: its page, its chat, its room and its media."""
    stream_id = await shop.live_stream(seller, isPrivate=True)
    stranger = await shop.person()
    for who in (None, stranger):
        for path in ("", "/products", "/messages"):
            assert await shop.refused("stream.private", "GET", f"live/streams/{stream_id}{path}", who) == 403
        listener = await shop.listener(who)
        for event in ("live:join", "live:resume"):
            extra = {"afterSeq": 0} if event == "live:resume" else {}
            answer = await listener.call(event, {"streamId": stream_id, **extra})
            assert answer["error"]["code"] == "stream.private"
    await shop.refused("stream.private", "POST", f"live/streams/{stream_id}/messages", stranger, json={"message": "x"})
    playlist = await shop.http.get(f"/live/{stream_id}/index.m3u8")
    assert playlist.status_code == 403 and playlist.json()["code"] == "stream.private"
    await shop.ask("GET", f"live/streams/{stream_id}", seller)
    public = await shop.stream(seller)
    assert (await shop.http.get(f"/live/{public}/index.m3u8")).text == "#EXTM3U\n"
