"""Following hosts, their public page, and wishlists."""

from __future__ import annotations

import asyncio

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.shop import Person, Shop


async def test_following_twice_is_following_and_a_host_sees_how_many(shop: Shop, seller: Person) -> None:
    buyer, other = await shop.person(), await shop.person()
    path = f"sellers/{seller.id}/follow"
    answers = await asyncio.gather(*(shop.ask("POST", path, buyer) for _ in range(4)))
    assert answers[0] == {"sellerId": seller.id, "isFollowing": True, "followerCount": 1}
    assert (await shop.ask("POST", path, other))["followerCount"] == 2
    page = await shop.ask("GET", f"sellers/{seller.id}", buyer)
    assert page == {
        "id": seller.id,
        "displayName": "Alba",
        "hostType": "seller",
        "followerCount": 2,
        "isFollowing": True,
        "liveCount": 0,
        "upcomingCount": 0,
        "pastCount": 0,
        "liveStreams": [],
    }
    for _ in range(2):
        assert (await shop.ask("DELETE", path, buyer))["isFollowing"] is False
    assert (await shop.ask("GET", f"sellers/{seller.id}", buyer))["isFollowing"] is False
    assert "isFollowing" not in await shop.ask("GET", f"sellers/{seller.id}")


async def test_who_may_follow_whom(shop: Shop, seller: Person) -> None:
    affiliate, buyer = await shop.person(Role.AFFILIATE), await shop.person()
    await shop.ask("POST", f"sellers/{affiliate.id}/follow", seller)
    assert await shop.refused("follow.not_yourself", "POST", f"sellers/{seller.id}/follow", seller) == 422
    assert await shop.refused("user.not_found", "POST", f"sellers/{buyer.id}/follow", seller) == 404
    assert await shop.refused("user.not_found", "GET", f"sellers/{buyer.id}") == 404, "a buyer has no page"
    assert await shop.refused("auth.required", "POST", f"sellers/{seller.id}/follow") == 401
    guest = await shop.guest()
    for method, path in (
        ("POST", f"sellers/{seller.id}/follow"),
        ("DELETE", f"sellers/{seller.id}/follow"),
        ("GET", "users/me/following"),
        ("GET", "users/me/wishlist"),
        ("POST", "users/me/wishlist/x"),
        ("DELETE", "users/me/wishlist/x"),
    ):
        assert await shop.refused("auth.account_needed", method, path, guest) == 403


async def test_the_page_counts_public_shows_alone(shop: Shop, seller: Person) -> None:
    """case 43: a private show is neither counted nor listed."""
    live = await shop.live_stream(seller)
    private = await shop.live_stream(seller, isPrivate=True)
    await shop.live_stream(seller, title="No media yet")
    await shop.stream(seller)
    past = await shop.live_stream(seller)
    for stream_id in (live, private):
        await shop.media.authority.media_started(stream_id)
    await shop.ask("POST", f"live/streams/{past}/end", seller)
    page = await shop.ask("GET", f"sellers/{seller.id}", seller)
    assert (page["liveCount"], page["upcomingCount"], page["pastCount"]) == (1, 1, 1)
    assert [stream["id"] for stream in page["liveStreams"]] == [live]
    assert "gmv" not in page["liveStreams"][0]


async def test_whom_i_follow_the_last_one_first(shop: Shop, seller: Person) -> None:
    buyer, affiliate = await shop.person(), await shop.person(Role.AFFILIATE, "Teo")
    for host in (seller, affiliate):
        await shop.ask("POST", f"sellers/{host.id}/follow", buyer)
    await shop.media.authority.media_started(await shop.live_stream(seller))
    found = await shop.ask("GET", "users/me/following", buyer)
    assert found["total"] == 2
    assert [(each["displayName"], each["hostType"], each["isLive"]) for each in found["sellers"]] == [
        ("Teo", "affiliate", False),
        ("Alba", "seller", True),
    ]
    assert "email" not in str(found)
    page = await shop.ask("GET", "users/me/following?limit=1&offset=1", buyer)
    assert page["total"] == 2 and [each["id"] for each in page["sellers"]] == [seller.id]


async def test_a_wishlist_keeps_products_until_they_are_gone(shop: Shop, seller: Person) -> None:
    buyer = await shop.person()
    mug, lamp = await shop.product(seller), await shop.product(seller, name="Lamp")
    for product_id in (mug, mug, lamp):
        answer = await shop.ask("POST", f"users/me/wishlist/{product_id}", buyer)
        assert answer == {"productId": product_id, "isWished": True}
    found = await shop.ask("GET", "users/me/wishlist", buyer)
    assert [product["name"] for product in found["products"]] == ["Lamp", "Mug"] and found["total"] == 2
    assert (await shop.ask("GET", "users/me/wishlist", seller))["total"] == 0, "each has their own"
    await shop.ask("DELETE", f"products/{mug}", seller, status=204)
    found = await shop.ask("GET", "users/me/wishlist", buyer)
    assert [product["name"] for product in found["products"]] == ["Lamp"] and found["total"] == 1
    assert (await shop.ask("DELETE", f"users/me/wishlist/{lamp}", buyer))["isWished"] is False
    await shop.ask("DELETE", f"users/me/wishlist/{mug}", buyer)
    assert (await shop.ask("GET", "users/me/wishlist", buyer))["total"] == 0
    assert await shop.refused("product.not_found", "POST", f"users/me/wishlist/{mug}", buyer) == 404
