"""Affiliates: what an order of their show earns them, in sum, shared, and reversed."""

from __future__ import annotations

from decimal import Decimal

from gshop_studio.contract.rest import Role
from gshop_studio.server.checkout.commission_repository import CommissionRepository
from gshop_studio.server.clock import utc_now
from tests.gshop_studio.server.checkout.buying import buyer_of
from tests.gshop_studio.server.checkout.test_refunds import until
from tests.gshop_studio.server.shop import Person, Shop


async def test_an_affiliates_order_earns_a_tenth(shop: Shop, seller: Person) -> None:
    affiliate = await shop.person(Role.AFFILIATE)
    mug = await shop.product(seller, price=10.05, stock=9)
    stream_id = await shop.live_stream(affiliate, productIds=[mug])
    buyer = await buyer_of(shop)
    orders = [await buyer.take(stream_id, mug) for _ in range(2)]
    assert orders[0]["affiliateId"] == affiliate.id
    assert orders[0]["commissionAmount"] == 1.01, "rounded half up"
    mine = await shop.ask("GET", "affiliates/me/commissions", affiliate)
    assert [line["orderId"] for line in mine["commissions"]] == [order["id"] for order in reversed(orders)]
    assert mine["commissions"][0]["percent"] == 10.0 and mine["commissions"][0]["streamId"] == stream_id
    assert mine["sums"] == [{"currency": "USD", "amount": 2.02, "orders": 2}]
    await shop.ask("POST", f"orders/{orders[0]['id']}/refund", seller)
    await until(buyer, orders[0]["id"], "refunded")
    mine = await shop.ask("GET", "affiliates/me/commissions", affiliate)
    assert mine["sums"] == [{"currency": "USD", "amount": 1.01, "orders": 1}]
    assert mine["commissions"][1]["reversedAt"] and mine["total"] == 2
    assert (await shop.ask("GET", "affiliates/me/commissions", seller))["commissions"] == []


async def test_a_percentage_of_their_own(shop: Shop, seller: Person) -> None:
    affiliate = await shop.person(Role.AFFILIATE)
    async with shop.server.services.database.write() as transaction:
        await CommissionRepository(transaction).set_percent(affiliate.id, Decimal("12.5"), utc_now())
    path = f"affiliates/{affiliate.id}/commission"
    await shop.refused("auth.forbidden", "PUT", path, affiliate, json={"percent": 99})
    mug = await shop.product(seller, price=10)
    stream_id = await shop.live_stream(affiliate, productIds=[mug])
    assert (await (await buyer_of(shop)).take(stream_id, mug))["commissionAmount"] == 1.25


async def test_hosts_share(shop: Shop, seller: Person) -> None:
    affiliate, helper = await shop.person(Role.AFFILIATE), await shop.person(Role.AFFILIATE)
    mug = await shop.product(seller, price=10.05)
    stream_id = await shop.live_stream(affiliate, productIds=[mug])
    path = f"live/streams/{stream_id}/co-hosts"
    wish = {"coHosts": [{"userId": helper.id, "sharePercent": 33.33}]}
    assert (await shop.ask("PUT", path, affiliate, json=wish))["total"] == 1
    await (await buyer_of(shop)).take(stream_id, mug)
    [theirs] = (await shop.ask("GET", "affiliates/me/commissions", helper))["commissions"]
    [own] = (await shop.ask("GET", "affiliates/me/commissions", affiliate))["commissions"]
    assert (own["amount"], theirs["amount"]) == (0.68, 0.33), "together the commission, to the cent"
    own_show = await shop.live_stream(seller, productIds=[mug])
    await shop.refused("stream.not_affiliates", "PUT", f"live/streams/{own_show}/co-hosts", seller, json=wish)
    twice = {"coHosts": [*wish["coHosts"], *wish["coHosts"]]}
    for bad in (twice, {"coHosts": [{"userId": affiliate.id, "sharePercent": 5}]}):
        assert await shop.refused("request.invalid", "PUT", path, affiliate, json=bad) == 422
    both = {"coHosts": [{"userId": helper.id, "sharePercent": 60}, {"userId": seller.id, "sharePercent": 41}]}
    assert await shop.refused("request.invalid", "PUT", path, affiliate, json=both) == 422
    nobody = {"coHosts": [{"userId": "nobody", "sharePercent": 5}]}
    assert await shop.refused("user.not_found", "PUT", path, affiliate, json=nobody) == 404


async def test_sellers_own_shows_earn_no_commission(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    order = await (await buyer_of(shop)).take(stream_id, mug)
    assert "commissionAmount" not in order and "affiliateId" not in order
