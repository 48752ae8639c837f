"""How a show's chat is kept, and that it is kept so."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gshop_studio.server.chat.settings.repository import ChatSettingsRepository
from gshop_studio.server.clock import utc_now
from tests.gshop_studio.server.chat.test_changes import moderator, say
from tests.gshop_studio.server.shop import Person, Shop, eventually, eventually_async


async def keep(shop: Shop, who: Person, stream_id: str, **settings: Any) -> dict[str, Any]:
    return await shop.ask("PUT", f"live/streams/{stream_id}/chat-settings", who, json=settings)


async def test_everybody_knows_the_settings_and_only_moderators_the_words(shop: Shop, seller: Person) -> None:
    """case 17."""
    stream_id = await shop.live_stream(seller)
    path = f"live/streams/{stream_id}/chat-settings"
    usual = {"slowModeS": 0, "followersOnly": False, "links": "allow"}
    assert await shop.ask("GET", path) == usual
    mia, viewer = await moderator(shop, seller, stream_id), await shop.listener()
    assert (await viewer.join(stream_id))["chatSettings"] == usual
    changed = await keep(shop, seller, stream_id, slowModeS=5, links="hold", blockedWords=["fake", "fake", "scam"])
    now = {"slowModeS": 5, "followersOnly": False, "links": "hold"}
    assert changed == {**now, "blockedWords": ["fake", "scam"]}
    [event] = await eventually(lambda: viewer.named("live:chat:settings"))
    assert {key: value for key, value in event.items() if key not in ("at", "seq")} == {"streamId": stream_id, **now}
    assert await shop.ask("GET", path) == now
    assert await shop.ask("GET", path, await shop.guest()) == now
    assert await shop.ask("GET", path, mia) == changed
    assert (await (await shop.listener()).join(stream_id))["chatSettings"] == now
    assert await keep(shop, seller, stream_id, followersOnly=True) == {**changed, "followersOnly": True}
    await keep(shop, seller, stream_id, blockedWords=["scam"])
    await eventually(lambda: len(viewer.named("live:chat:settings")) == 2)
    assert (await shop.ask("GET", path, seller))["blockedWords"] == ["scam"]


async def test_who_changes_settings(shop: Shop, seller: Person) -> None:
    """case 16."""
    stream_id, other = await shop.live_stream(seller), await shop.live_stream(seller)
    path = f"live/streams/{stream_id}/chat-settings"
    await shop.refused("auth.required", "PUT", path, json={"slowModeS": 5})
    usual, strange = await moderator(shop, seller, stream_id), await moderator(shop, seller, other, "settings")
    for person in (usual, strange, await shop.guest()):
        assert await shop.refused("auth.forbidden", "PUT", path, person, json={"slowModeS": 5}) == 403
    able = await moderator(shop, seller, stream_id, "settings")
    assert (await keep(shop, able, stream_id, slowModeS=5))["slowModeS"] == 5


@pytest.mark.parametrize(
    "wish",
    [
        {"slowModeS": -1},
        {"slowModeS": 3601},
        {"slowModeS": "fast"},
        {"links": "maybe"},
        {"followersOnly": "yes, please"},
        {"blockedWords": ["x" * 61]},
        {"blockedWords": [""]},
        {"blockedWords": ["x"] * 501},
        {"blockedWords": "x"},
        {"slowMode": 5},
    ],
)
async def test_settings_that_do_not_fit(shop: Shop, seller: Person, wish: dict[str, Any]) -> None:
    """case 6."""
    stream_id = await shop.stream(seller)
    await shop.refused("request.invalid", "PUT", f"live/streams/{stream_id}/chat-settings", seller, json=wish)


async def test_slow_mode_holds_over_connections_and_ways(shop: Shop, seller: Person) -> None:
    """case 15: neither another connection nor REST is quicker; the host and the moderators write on."""
    stream_id = await shop.live_stream(seller)
    mia, ana, zoe = await moderator(shop, seller, stream_id), await shop.guest("Ana"), await shop.guest("Zoe")
    await keep(shop, seller, stream_id, slowModeS=3600)
    path = f"live/streams/{stream_id}/messages"
    first = await shop.ask("POST", path, ana, json={"message": "one", "clientMessageId": "k1"}, status=201)
    response = await shop.send("POST", path, ana, json={"message": "two"})
    assert response.status_code == 429 and response.json()["code"] == "chat.slow_mode"
    assert 3500 < int(response.headers["retry-after"]) <= 3600
    again = await shop.listener(ana)
    refusal = await again.call("live:message", {"streamId": stream_id, "message": "two"})
    assert refusal["error"]["code"] == "chat.slow_mode" and "every 1 h" in refusal["error"]["detail"]
    repeat = await again.call("live:message", {"streamId": stream_id, "message": "one", "clientMessageId": "k1"})
    assert repeat["message"] == first, "a repeat of what was said is answered"
    await shop.ask("DELETE", f"{path}/{first['id']}", ana, status=204)
    await shop.refused("chat.slow_mode", "POST", path, ana, json={"message": "two"})
    await say(shop, zoe, stream_id, "me")
    for person in (seller, mia):
        for number in range(2):
            await say(shop, person, stream_id, f"{person.name} {number}")
    await keep(shop, seller, stream_id, slowModeS=0)
    await say(shop, ana, stream_id, "two")


async def test_slow_mode_outlives_a_clock_that_is_set_back(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """case 59: who wrote before that waits no hour, and is slowed down all the same."""
    stream_id, ana = await shop.live_stream(seller), await shop.guest("Ana")
    path = f"live/streams/{stream_id}/messages"
    await keep(shop, seller, stream_id, slowModeS=5)
    await say(shop, ana, stream_id, "before")
    writer = shop.server.chat.chat._writer._group_writer
    monkeypatch.setattr(writer, "_clock", lambda: utc_now() - timedelta(hours=1))
    await say(shop, ana, stream_id, "after")
    response = await shop.send("POST", path, ana, json={"message": "at once"})
    assert response.json()["code"] == "chat.slow_mode" and 1 <= int(response.headers["retry-after"]) <= 5


async def test_of_two_at_once_slow_mode_lets_one_pass(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    await keep(shop, seller, stream_id, slowModeS=60)
    ana = await shop.guest("Ana")
    sockets = [await shop.listener(ana) for _ in range(4)]
    for number, socket in enumerate(sockets):
        await socket.client.emit("live:message", {"streamId": stream_id, "message": f"text {number}"})
    for socket in sockets:
        await socket.call("live:leave", {"streamId": stream_id})
    assert (await shop.ask("GET", f"live/streams/{stream_id}"))["totalMessages"] == 1


async def test_only_followers_write_where_the_host_says_so(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    await keep(shop, seller, stream_id, followersOnly=True)
    ana, mia = await shop.person(name="Ana"), await moderator(shop, seller, stream_id)
    path = f"live/streams/{stream_id}/messages"
    assert await shop.refused("chat.followers_only", "POST", path, ana, json={"message": "hi"}) == 403
    await shop.send("POST", f"sellers/{seller.id}/follow", ana)
    await say(shop, ana, stream_id, "hi")
    await say(shop, mia, stream_id, "I moderate")
    await say(shop, seller, stream_id, "I sell")


async def test_blocked_words_hold_in_all_shows_of_the_host_in_that_language(shop: Shop, seller: Person) -> None:
    stream_id, english = await shop.live_stream(seller, language="es"), await shop.live_stream(seller, language="en")
    other = await shop.live_stream(seller, language="es")
    ana = await shop.guest("Ana")
    await keep(shop, seller, stream_id, blockedWords=["réplica barata"])
    for show in (stream_id, other):
        path = f"live/streams/{show}/messages"
        code = "chat.blocked_words"
        assert await shop.refused(code, "POST", path, ana, json={"message": "es RÉPLICA barata!"}) == 422
    await say(shop, ana, english, "es réplica barata")


async def test_links_are_blocked_or_held_as_the_host_says(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    ana, path = await shop.guest("Ana"), f"live/streams/{stream_id}/messages"
    await say(shop, ana, stream_id, "look at https://example.com/mug")
    await keep(shop, seller, stream_id, links="block")
    assert await shop.refused("chat.links", "POST", path, ana, json={"message": "see https://example.com/a"}) == 422
    await say(shop, seller, stream_id, "my shop: https://example.com/b")
    await keep(shop, seller, stream_id, links="hold")
    held = await shop.ask("POST", path, ana, json={"message": "see https://example.com/c"}, status=202)
    assert held["held"] is True and held["message"]["message"] == "see https://example.com/c"


async def test_the_words_of_two_shows_set_at_once(shop: Shop, seller: Person) -> None:
    """One host, one language: both are done, and the later ones hold."""
    database = shop.server.services.database
    if not database.is_postgres:
        pytest.skip("SQLite has one writer")
    stream_id = await shop.live_stream(seller, language="es")

    async def waits() -> bool:
        async with database.read() as reading:
            found = await reading.session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        return bool(found)

    async with database.write() as other_show:
        await ChatSettingsRepository(other_show).set_words(seller.id, "es", ["one"], utc_now())
        keeping = asyncio.create_task(keep(shop, seller, stream_id, blockedWords=["two"]))
        await eventually_async(waits)
    assert (await keeping)["blockedWords"] == ["two"]
    assert (await shop.ask("GET", f"live/streams/{stream_id}/chat-settings", seller))["blockedWords"] == ["two"]
