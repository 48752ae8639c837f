"""Who is told of a paid order, and what is kept of it: celebrations, the chat, the host, milestones, highlights."""

from __future__ import annotations

from typing import Any

from gshop_studio.contract.rest import Role
from gshop_studio.server.checkout import kinds
from tests.gshop_studio.server.checkout.buying import buyer_of
from tests.gshop_studio.server.shop import Listener, Person, Shop, eventually, eventually_async


async def heard(listener: Listener, event: str, number: int = 1) -> list[dict[str, Any]]:
    await eventually(lambda: len(listener.named(event)) >= number, f"{number} {event}")
    return listener.named(event)


async def test_everybody_celebrates_and_nobody_is_told_who(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, stock=5)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    viewer = await shop.listener()
    await viewer.join(stream_id)
    buyer = await buyer_of(shop, "Ana Secreta")
    await buyer.take(stream_id, mug, 2)
    [told] = await heard(viewer, "live:purchase:celebration")
    expected = {"productId": mug, "productName": "Mug", "quantity": 2, "totalPurchases": 1, "showAnimation": True}
    assert expected.items() <= told.items()
    assert told["message"] == "Somebody just bought Mug!" and told["seq"] > 0
    said = await eventually(lambda: next((m for m in viewer.named("live:message") if m["type"] == "purchase"), None))
    assert said is not None
    assert said["message"] == "Sold: 2 of Mug." and said["metadata"]["code"] == "purchase.made"
    [stock] = await heard(viewer, "live:product:stock")
    assert (stock["stock"], stock["soldCount"]) == (3, 2)
    assert "Ana" not in str(viewer.events) and buyer.person.id not in str(viewer.events)
    assert viewer.named("live:sale") == []


async def test_the_host_hears_of_the_sale_and_sees_the_numbers(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, price=10, stock=5)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    host = await shop.listener(seller)
    await host.join(stream_id)
    order = await (await buyer_of(shop, "Ana")).take(stream_id, mug)
    [sale] = await heard(host, "live:sale")
    assert (sale["orderId"], sale["buyerName"], sale["amount"]) == (order["id"], "Ana", 10.0)
    [numbers, *_] = await heard(host, "live:analytics:update")
    assert numbers["purchasesCount"] == 1 and numbers["revenue"] == 10.0
    assert numbers["topProduct"]["soldCount"] == 1


async def test_a_claim_celebrates_what_is_paid_and_not_celebrated(shop: Shop, seller: Person) -> None:
    """A client says it bought: only a paid order of theirs counts, once."""
    mug, bowl = await shop.product(seller), await shop.product(seller, name="Bowl")
    stream_id = await shop.live_stream(seller, productIds=[mug, bowl])
    buyer = await buyer_of(shop)
    viewer, claimant, liar = await shop.listener(), await shop.listener(buyer.person), await shop.listener(seller)
    await viewer.join(stream_id)
    await buyer.take(stream_id, mug)
    await heard(viewer, "live:purchase:celebration")
    wish = {"streamId": stream_id, "productId": mug, "quantity": 1, "amount": 18.5}
    assert await claimant.call("live:purchase", wish) == {"ok": True, "isCelebrated": False}
    answer = await claimant.call("live:purchase", {**wish, "productId": bowl})
    assert answer["error"]["code"] == "order.not_found"
    assert (await liar.call("live:purchase", wish))["error"]["code"] == "order.not_found"
    assert (await viewer.call("live:purchase", wish))["error"]["code"] == "auth.required"
    assert len(viewer.named("live:purchase:celebration")) == 1


async def test_milestones_and_big_purchases_are_kept(shop: Shop, seller: Person) -> None:
    mug, piano = await shop.product(seller, price=10, stock=50), await shop.product(seller, name="Piano", price=900)
    stream_id = await shop.live_stream(seller, productIds=[mug, piano])
    viewer = await shop.listener()
    await viewer.join(stream_id)
    buyer = await buyer_of(shop)
    for _ in range(9):
        await buyer.take(stream_id, mug)
    order = await buyer.take(stream_id, piano)
    [milestone] = await heard(viewer, "live:milestone:purchase")
    assert milestone["milestone"] == 10 and milestone["message"] == "10 purchases in this show!"
    assert "totalRevenue" not in milestone

    async def highlights() -> dict[str, dict[str, Any]] | None:
        found = (await shop.ask("GET", f"live/streams/{stream_id}/highlights", seller))["highlights"]
        by_type = {each["type"]: each for each in found}
        return by_type if {"big_purchase", "milestone"} <= set(by_type) else None

    found = await eventually_async(highlights)
    assert found is not None
    assert found["big_purchase"]["title"] == "Piano: a purchase of $900.00"
    assert found["big_purchase"]["metadata"]["orderId"] == order["id"] and not found["big_purchase"]["isPublic"]
    assert found["milestone"]["metadata"]["purchaseCount"] == 10 and found["milestone"]["isPublic"]
    seen = (await shop.ask("GET", f"live/streams/{stream_id}/highlights"))["highlights"]
    assert [each["type"] for each in seen] == ["milestone"]


async def test_other_shows_of_the_product_hear_of_its_stock(shop: Shop, seller: Person) -> None:
    affiliate = await shop.person(Role.AFFILIATE)
    mug = await shop.product(seller, stock=5)
    here, there = [await shop.live_stream(host, productIds=[mug]) for host in (seller, affiliate)]
    viewer = await shop.listener()
    await viewer.join(there)
    await (await buyer_of(shop)).take(here, mug, 2)
    [stock] = await heard(viewer, "live:product:stock")
    assert (stock["streamId"], stock["stock"], stock["soldCount"]) == (there, 3, 0)


async def test_a_task_done_twice_tells_once(shop: Shop, seller: Person) -> None:
    """At least once, and no more than once to be seen: who died between doing and saying so is followed by another."""
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    viewer, host = await shop.listener(), await shop.listener(seller)
    await viewer.join(stream_id)
    await host.join(stream_id)
    order = await (await buyer_of(shop)).take(stream_id, mug)
    await heard(viewer, "live:purchase:celebration")
    await heard(host, "live:sale")
    database, after_commit = shop.server.services.database, shop.server.checkout.after_commit
    async with database.write() as transaction:
        await after_commit.add(transaction, order["id"], kinds.OF_PAID_ORDER)
    await after_commit.do_all_due()
    await shop.ask("POST", f"live/streams/{stream_id}/messages", seller, json={"message": "thank you"}, status=201)
    await eventually(lambda: [each for each in viewer.named("live:message") if each["message"] == "thank you"])
    assert len(viewer.named("live:purchase:celebration")) == 1 and len(host.named("live:sale")) == 1
