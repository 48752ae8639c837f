"""Held messages and what is decided over them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gshop_studio.server.chat.settings.test_settings import keep
from tests.gshop_studio.server.chat.test_changes import moderator, replayed, say
from tests.gshop_studio.server.shop import Person, Shop, eventually

LINK = "see https://example.com/mug"


async def held(shop: Shop, stream_id: str, who: Person, **wish: Any) -> dict[str, Any]:
    path = f"live/streams/{stream_id}/messages"
    answer = await shop.ask("POST", path, who, json={"message": LINK, **wish}, status=202)
    message = answer["message"]
    assert isinstance(message, dict)
    return message


@pytest.fixture
async def stream_id(shop: Shop, seller: Person) -> str:
    """A show where links are held."""
    stream_id = await shop.live_stream(seller)
    await keep(shop, seller, stream_id, links="hold")
    return stream_id


async def test_a_held_message_is_seen_by_moderators_alone(shop: Shop, seller: Person, stream_id: str) -> None:
    """case 17."""
    mia, ana = await moderator(shop, seller, stream_id), await shop.guest("Ana")
    host, viewer, author = await shop.listener(seller), await shop.listener(), await shop.listener(ana)
    for listener in (host, viewer, author):
        await listener.join(stream_id)
    answer = await author.call("live:message", {"streamId": stream_id, "message": LINK, "clientMessageId": "k1"})
    assert answer["ok"] is True and answer["held"] is True
    assert answer["detail"] == "Your message appears once a moderator has approved it."
    message = answer["message"]
    assert message["message"] == LINK and message["reasons"] == [] and message["clientMessageId"] == "k1"
    again = await held(shop, stream_id, ana, clientMessageId="k1")
    assert again == message, "the same key, the same message"
    wish = {"message": "other", "clientMessageId": "k1"}
    await shop.refused("idempotency.key_reused", "POST", f"live/streams/{stream_id}/messages", ana, json=wish)
    for language, text in (("es", "un moderador lo apruebe"), ("pt", "um moderador a aprovar")):
        wish = {"message": LINK, "clientMessageId": "k1"}
        told = await shop.ask(
            "POST", f"live/streams/{stream_id}/messages", ana, json=wish, params={"lang": language}, status=202
        )
        assert text in told["detail"]
    [event] = await eventually(lambda: host.named("live:message:held"))
    assert event["id"] == message["id"] and event["reasons"] == ["links"] and event["room"] == "staff"
    queue = await shop.ask("GET", f"live/streams/{stream_id}/moderation/queue", mia)
    assert queue["total"] == 1 and queue["messages"] == [{**message, "reasons": ["links"]}]
    assert (await shop.ask("GET", f"live/streams/{stream_id}/messages"))["messages"] == []
    await say(shop, seller, stream_id, "go on")
    await eventually(lambda: viewer.named("live:message"))
    assert viewer.named("live:message:held") == [] and LINK not in str(await replayed(shop, stream_id))
    assert await shop.refused("auth.forbidden", "GET", f"live/streams/{stream_id}/moderation/queue", ana) == 403


async def test_what_is_approved_is_said_now(shop: Shop, seller: Person, stream_id: str) -> None:
    mia, ana, viewer = await moderator(shop, seller, stream_id), await shop.guest("Ana"), await shop.listener()
    host = await shop.listener(seller)
    await viewer.join(stream_id)
    await host.join(stream_id)
    message = await held(shop, stream_id, ana, clientMessageId="k1")
    after = await say(shop, seller, stream_id, "meanwhile")
    path = f"live/streams/{stream_id}/moderation/queue/{message['id']}"
    decided = await shop.ask("POST", path, mia, json={"decision": "approve"})
    assert decided["decision"] == "approve" and decided["messageId"] == message["id"]
    said = decided["message"]
    assert (said["id"], said["message"], said["userId"]) == (message["id"], LINK, ana.id)
    assert said["seq"] == after["seq"] + 1 and said["createdAt"] >= after["createdAt"]
    await eventually(lambda: len(viewer.named("live:message")) == 2)
    assert viewer.named("live:message")[1]["id"] == message["id"]
    history = (await shop.ask("GET", f"live/streams/{stream_id}/messages"))["messages"]
    assert [each["id"] for each in history] == [after["id"], message["id"]]
    [event] = await eventually(lambda: host.named("live:message:decided"))
    assert (event["messageId"], event["decision"], event["moderatorId"]) == (message["id"], "approve", mia.id)
    assert (await shop.ask("GET", f"live/streams/{stream_id}/moderation/queue", mia))["total"] == 0
    wish = {"message": LINK, "clientMessageId": "k1"}
    repeat = await shop.ask("POST", f"live/streams/{stream_id}/messages", ana, json=wish, status=201)
    assert repeat == said
    log = await shop.ask("GET", f"live/streams/{stream_id}/moderation/log", mia)
    assert log["entries"][0]["action"] == "approve" and log["entries"][0]["messageId"] == message["id"]
    assert await shop.refused("message.already_decided", "POST", path, seller, json={"decision": "reject"}) == 409


async def test_what_is_rejected_is_never_said(shop: Shop, seller: Person, stream_id: str) -> None:
    ana = await shop.guest("Ana")
    message = await held(shop, stream_id, ana)
    path = f"live/streams/{stream_id}/moderation/queue/{message['id']}"
    assert "message" not in await shop.ask("POST", path, seller, json={"decision": "reject"})
    assert (await shop.ask("GET", f"live/streams/{stream_id}/messages"))["messages"] == []
    log = await shop.ask("GET", f"live/streams/{stream_id}/moderation/log", seller)
    assert [entry["action"] for entry in log["entries"]] == ["reject", "chat_settings"]


async def test_who_may_not_decide(shop: Shop, seller: Person, stream_id: str) -> None:
    """case 16."""
    other = await shop.live_stream(seller)
    strange, pinner = await moderator(shop, seller, other), await moderator(shop, seller, stream_id, "pin")
    ana = await shop.guest("Ana")
    message = await held(shop, stream_id, ana)
    path, wish = f"live/streams/{stream_id}/moderation/queue/{message['id']}", {"decision": "approve"}
    await shop.refused("auth.required", "POST", path, json=wish)
    for person in (strange, pinner, ana):
        assert await shop.refused("auth.forbidden", "POST", path, person, json=wish) == 403
    elsewhere = f"live/streams/{other}/moderation/queue/{message['id']}"
    assert await shop.refused("message.not_found", "POST", elsewhere, seller, json=wish) == 404
    await shop.refused("request.invalid", "POST", path, seller, json={"decision": "maybe"})
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    assert await shop.refused("stream.over", "POST", path, seller, json=wish) == 409


async def test_the_host_and_the_moderators_are_not_held(shop: Shop, seller: Person, stream_id: str) -> None:
    await say(shop, seller, stream_id, LINK)
    await say(shop, await moderator(shop, seller, stream_id), stream_id, LINK)


async def test_slow_mode_counts_what_is_held(shop: Shop, seller: Person, stream_id: str) -> None:
    await keep(shop, seller, stream_id, slowModeS=60)
    ana = await shop.guest("Ana")
    await held(shop, stream_id, ana)
    path = f"live/streams/{stream_id}/messages"
    await shop.refused("chat.slow_mode", "POST", path, ana, json={"message": "and another"})
