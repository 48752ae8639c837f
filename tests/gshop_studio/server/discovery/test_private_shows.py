"""Private shows are in nobody's lists, whoever may watch them."""

from __future__ import annotations

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.discovery.shows import draws, has_watched, on_air
from tests.gshop_studio.server.schedules.test_schedules import in_days
from tests.gshop_studio.server.shop import Person, Shop

LISTS = (
    "live/streams",
    "live/streams?status=live",
    "live/streams?status=scheduled",
    "live/streams?status=ended",
    "live/streams/active",
    "live/streams/active?sort=newest",
    "live/streams/active?sort=trending&category=home",
    "live/streams/trending",
    "live/streams/trending?category=home",
    "live/streams/search",
    "live/streams/search?q=secret",
    "live/streams/search?q=secret&status=live",
    "live/streams/search?q=secret&status=scheduled",
    "live/streams/search?q=secret&status=ended",
    "live/streams/search?q=secret&status=cancelled",
    "live/streams/search?tags=secret&sort=trending",
    "live/streams/search?q=vault&maxPrice=100",
    "live/streams/scheduled",
    "live/streams/scheduled?category=home",
    "live/streams/for-you",
    "live/streams/recommended",
)


async def refresh(shop: Shop) -> None:
    await shop.server.discovery.trending.refresh()
    await shop.server.recommendations.refresher.refresh()


async def test_no_list_has_a_private_show(shop: Shop, seller: Person) -> None:
    """case 43: neither one that was private from the start, nor one that was kept in every list before it became so."""
    follower, invited, buyer = [await shop.person() for _ in range(3)]
    others = [None, await shop.guest(), buyer, follower, invited, await shop.person(Role.SELLER)]
    await shop.ask("POST", f"sellers/{seller.id}/follow", follower)
    vault = await shop.product(seller, name="Vault")
    fields = {"tags": ["secret"], "category": "home", "productIds": [vault], "allowedViewers": [invited.id]}
    open_ones = [
        await on_air(shop, seller, "Secret one", **fields),
        await shop.stream(seller, title="Secret two", scheduledAt=in_days(2), **fields),
        await on_air(shop, seller, "Secret three", **fields),
        await shop.stream(seller, title="Secret four", scheduledAt=in_days(2), **fields),
    ]
    hidden = [
        await on_air(shop, seller, "Secret five", isPrivate=True, **fields),
        await shop.stream(seller, title="Secret six", scheduledAt=in_days(2), isPrivate=True, **fields),
        await on_air(shop, seller, "Secret seven", isPrivate=True, **fields),
    ]
    await shop.ask("POST", f"live/streams/{open_ones[2]}/end", seller)
    await shop.ask("POST", f"live/streams/{hidden[2]}/end", seller)
    await shop.ask("DELETE", f"live/streams/{open_ones[3]}", seller, status=204)
    for stream_id in (open_ones[0], hidden[0]):
        await draws(shop, stream_id, viewer_count=20)
        await has_watched(shop, invited, stream_id)
    await refresh(shop)
    for who in others:
        seen = " ".join([(await shop.send("GET", path, who)).text for path in LISTS])
        assert all(stream_id in seen for stream_id in open_ones)
        assert not any(stream_id in seen for stream_id in hidden)
    for stream_id in open_ones:
        await shop.ask("PATCH", f"live/streams/{stream_id}", seller, json={"isPrivate": True})
    for is_refreshed in (False, True):
        if is_refreshed:
            await refresh(shop)
        for who in others:
            for path in [*LISTS, f"sellers/{seller.id}", f"live/streams/search?sellerId={seller.id}"]:
                response = await shop.send("GET", path, who)
                assert response.status_code == 200, (path, response.text)
                assert not any(stream_id in response.text for stream_id in [*open_ones, *hidden]), (path, who)
    mine = (await shop.send("GET", "live/streams?mine=true", seller)).text
    assert all(stream_id in mine for stream_id in [*open_ones, *hidden])
