"""What the server says in the chat by itself."""

from __future__ import annotations

from typing import Any

from tests.gshop_studio.server.chat.settings.test_settings import keep
from tests.gshop_studio.server.on_air.test_shelf import sell
from tests.gshop_studio.server.shop import Listener, Person, Shop, eventually


def said(listener: Listener) -> list[dict[str, Any]]:
    return [message for message in listener.named("live:message") if message["type"] != "message"]


async def test_the_chat_says_who_may_write_now(shop: Shop, seller: Person) -> None:
    stream_id, viewer = await shop.live_stream(seller, language="es"), await shop.listener()
    await viewer.join(stream_id)
    for wish in ({"slowModeS": 90}, {"slowModeS": 90}, {"slowModeS": 0, "followersOnly": True}, {"links": "block"}):
        await keep(shop, seller, stream_id, **wish)
    await keep(shop, seller, stream_id, followersOnly=False)
    await eventually(lambda: len(said(viewer)) == 4)
    assert [(message["message"], message["metadata"]["code"]) for message in said(viewer)] == [
        ("Modo lento: un mensaje cada 1 min 30 s.", "chat.slow_mode_on"),
        ("El modo lento está desactivado.", "chat.slow_mode_off"),
        ("Ahora solo pueden escribir los seguidores.", "chat.followers_only_on"),
        ("Ahora puede escribir todo el mundo.", "chat.followers_only_off"),
    ]
    first = said(viewer)[0]
    assert (first["type"], first["userId"], first["metadata"]["fields"]) == ("system", seller.id, {"seconds": 90})
    path = f"live/streams/{stream_id}"
    history = (await shop.ask("GET", f"{path}/messages"))["messages"]
    assert [message["seq"] for message in history] == [message["seq"] for message in said(viewer)]
    assert (await shop.ask("GET", path))["totalMessages"] == 0, "nobody wrote"
    wish = {"message": "I said no such thing"}
    await shop.refused("auth.forbidden", "PATCH", f"{path}/messages/{first['id']}", seller, json=wish)


async def test_viewers_read_that_a_product_sells_and_runs_out(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller, stock=8)
    stream_id, viewer = await shop.live_stream(seller, productIds=[mug]), await shop.listener()
    await viewer.join(stream_id)
    await sell(shop, stream_id, mug, 5)
    await eventually(lambda: len(said(viewer)) == 2)
    assert [(message["type"], message["message"]) for message in said(viewer)] == [
        ("product_alert", "Selling fast: Mug, 5 in 5 minutes."),
        ("product_alert", "Only 3 left: Mug."),
    ]
    metadata = said(viewer)[1]["metadata"]
    assert (metadata["productId"], metadata["code"]) == (mug, "product.low_stock")
    assert metadata["fields"] == {"productName": "Mug", "stock": 3}


async def test_before_the_show_the_chat_is_left_alone(shop: Shop, seller: Person) -> None:
    stream_id = await shop.stream(seller)
    await keep(shop, seller, stream_id, slowModeS=5, followersOnly=True)
    assert (await shop.ask("GET", f"live/streams/{stream_id}/messages", seller))["messages"] == []
