"""case 60, through the doors people use: whoever bought, was told and sold is searched for afterwards in every table,
file, key and log, by everything they ever said of themselves."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.clock import utc_now
from tests.gshop_studio.server.checkout.buying import Buyer
from tests.gshop_studio.server.privacy.test_erasure import EMAIL, NAME, erase, register, traces
from tests.gshop_studio.server.privacy.traces import CANARY
from tests.gshop_studio.server.shop import Person, Shop, eventually, eventually_async

ADDRESS = {
    "recipient": f"{CANARY} recipient",
    "line1": f"{CANARY} street 17",
    "line2": f"{CANARY} door",
    "city": f"{CANARY}ville",
    "postalCode": "CANARY-4711",
    "country": "PE",
    "phone": "+51 999 314 159",
}
DEVICE, KEY = "CANARY-device-token", "CANARY-idempotency-key"


async def test_a_buyer(shop: Shop, seller: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="gshop_studio")
    ana = await register(shop)
    address = await shop.ask("POST", "users/me/addresses", ana, json=ADDRESS, status=201)
    buyer = Buyer(shop, ana, address["id"])
    mug = await shop.product(seller, stock=9)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    coming = await shop.stream(seller, scheduledAt=(utc_now() + timedelta(days=1)).isoformat())
    of_ana, of_seller = await shop.listener(ana), await shop.listener(seller)
    await of_ana.join(stream_id, f"{CANARY}-session")
    await of_seller.join(stream_id)
    await shop.ask("POST", "users/me/devices", ana, json={"token": DEVICE, "platform": "web"}, status=201)
    wish = {"timeZone": "America/Lima", "reminder": {"email": True}}
    await shop.ask("PATCH", "users/me/preferences", ana, json=wish)
    await shop.ask("PATCH", "users/me/profile", ana, json={"location": {"city": f"{CANARY}ville", "country": "PE"}})
    await shop.ask("POST", f"live/streams/{coming}/subscribe", ana)
    await shop.ask("POST", f"sellers/{seller.id}/follow", ana)
    said = {"message": f"{CANARY} is it blue?", "clientMessageId": "CANARY-key"}
    await shop.ask("POST", f"live/streams/{stream_id}/messages", ana, json=said, status=201)
    order = await buyer.take(stream_id, mug, key=KEY)
    declined = await buyer.take(stream_id, mug, token="tok_insufficient_funds", status=402)
    await buyer.add(stream_id, mug)
    await eventually(lambda: of_seller.named("live:sale"))

    async def is_seller_told() -> bool:
        inbox = await shop.ask("GET", "users/me/notifications", seller)
        return bool(inbox["total"]) and NAME in str(inbox)

    await eventually_async(is_seller_told)
    await shop.ask("POST", f"orders/{order['id']}/refund", seller, json={"reason": f"{CANARY} regrets"})
    names = (
        *(value for name, value in ADDRESS.items() if name != "country"), DEVICE, KEY, address["id"],
        *buyer.methods.values(), ana.refresh_token or "", ana.token, "America/Lima",
    )  # fmt: skip
    assert declined["code"] and len(await traces(shop, ana, *names)) > 30

    async def is_money_back() -> bool:
        return str((await buyer.order(order["id"]))["status"]) == "refunded"

    await eventually_async(is_money_back)
    await erase(shop, ana)
    await shop.server.privacy.traces.clean()
    assert await traces(shop, ana, *names) == []
    assert [
        line for line in caplog.text.splitlines() if any(name in line for name in (ana.id, NAME, EMAIL, *names))
    ] == []
    for path in ("users/export-data", f"live/streams/{stream_id}/chat-log", "users/me/notifications"):
        text = (await shop.send("GET", path, seller)).text
        assert text and not any(name in text for name in (ana.id, NAME, EMAIL, CANARY, *names)), path
    stats = await shop.ask("GET", f"live/streams/{stream_id}", seller)
    assert stats["totalPurchases"] == 1, "sums stay"


async def test_a_seller_whose_shows_and_products_were_kept_as_answers(shop: Shop) -> None:
    """In caches, too, also where they are out of date already."""
    ana, zoe = await register(shop, Role.SELLER), await shop.person(name="Zoe")
    mug = await shop.product(ana, description=f"{CANARY} made by {NAME}")
    stream_id = await shop.live_stream(ana, title=f"{CANARY} sale", tags=["canary"], productIds=[mug])
    await shop.media.authority.media_started(stream_id)
    asked = ("live/streams", "live/streams/active", "live/streams/trending", "products", f"products/{mug}",
             f"products?sellerId={ana.id}", f"live/streams/search?q={CANARY}", f"sellers/{ana.id}")  # fmt: skip
    for path in asked:
        assert (await shop.send("GET", path, zoe)).status_code == 200, path
    await shop.ask("PATCH", f"products/{mug}", ana, json={"description": f"{CANARY} again"})
    for path in asked:
        await shop.send("GET", path, zoe)
    await shop.ask("POST", f"live/streams/{stream_id}/end", ana)
    await erase(shop, ana)
    await shop.server.privacy.traces.clean()
    assert await traces(shop, ana) == []
