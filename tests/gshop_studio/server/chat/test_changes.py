"""Messages after they were written: edited, deleted, pinned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gshop_studio.server.chat import changes
from gshop_studio.server.database import Database
from gshop_studio.server.tables import LiveStreamMessageRow
from tests.gshop_studio.server.shop import Person, Shop, eventually


async def say(shop: Shop, who: Person, stream_id: str, text: str) -> dict[str, Any]:
    return await shop.ask("POST", f"live/streams/{stream_id}/messages", who, json={"message": text}, status=201)


async def moderator(shop: Shop, seller: Person, stream_id: str, *rights: str) -> Person:
    person = await shop.person(name="Mia")
    wish = {"userId": person.id, **({"rights": list(rights)} if rights else {})}
    await shop.ask("POST", f"live/streams/{stream_id}/moderators", seller, json=wish, status=201)
    return person


async def replayed(shop: Shop, stream_id: str, after_seq: int = 0) -> list[dict[str, Any]]:
    """The events a newcomer is told of."""
    answer = await (await shop.listener()).call("live:resume", {"streamId": stream_id, "afterSeq": after_seq})
    assert answer["ok"], answer
    return list(answer["events"])


async def test_an_author_edits_what_they_just_said(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    ana, viewer = await shop.guest("Ana"), await shop.listener()
    await viewer.join(stream_id)
    said = await say(shop, ana, stream_id, "helo")
    path = f"live/streams/{stream_id}/messages/{said['id']}"
    edited = await shop.ask("PATCH", path, ana, json={"message": " hello "})
    assert edited["message"] == "hello" and edited["editedAt"] >= said["createdAt"] and edited["seq"] == said["seq"]
    [event] = await eventually(lambda: viewer.named("live:message:edited"))
    assert event["messageId"] == said["id"] and event["message"] == "hello"
    assert event["editedAt"] == edited["editedAt"] and event["seq"] == said["seq"] + 1
    assert (await shop.ask("GET", f"live/streams/{stream_id}/messages"))["messages"] == [edited]
    again = await shop.ask("PATCH", path, ana, json={"message": "hello"})
    assert again == edited, "no change, no event"
    assert [event["event"] for event in await replayed(shop, stream_id)][-2:] == ["live:message", "live:message:edited"]


async def test_a_repeat_of_an_edited_message_is_still_the_same_message(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    ana = await shop.guest("Ana")
    wish = {"message": "helo", "clientMessageId": "k1"}
    path = f"live/streams/{stream_id}/messages"
    said = await shop.ask("POST", path, ana, json=wish, status=201)
    await shop.ask("PATCH", f"{path}/{said['id']}", ana, json={"message": "hello"})
    again = await shop.ask("POST", path, ana, json=wish, status=201)
    assert again["id"] == said["id"] and again["message"] == "hello"


async def test_who_may_not_edit(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    stream_id = await shop.live_stream(seller)
    ana, zoe = await shop.guest("Ana"), await shop.guest("Zoe")
    said = await say(shop, ana, stream_id, "hello")
    path, wish = f"live/streams/{stream_id}/messages/{said['id']}", {"message": "bye"}
    await shop.refused("auth.required", "PATCH", path, json=wish)
    assert await shop.refused("auth.forbidden", "PATCH", path, zoe, json=wish) == 403
    assert await shop.refused("auth.forbidden", "PATCH", path, seller, json=wish) == 403, (
        "the host edits no one's words"
    )
    await shop.refused("message.not_found", "PATCH", f"live/streams/{stream_id}/messages/nope", ana, json=wish)
    other = await shop.live_stream(seller)
    await shop.refused("message.not_found", "PATCH", f"live/streams/{other}/messages/{said['id']}", ana, json=wish)
    await shop.refused("request.invalid", "PATCH", path, ana, json={"message": "x" * 501})
    monkeypatch.setattr(changes, "EDIT_WITHIN_S", -1)
    assert await shop.refused("message.edit_too_late", "PATCH", path, ana, json=wish) == 409


async def test_an_edit_passes_what_a_new_message_passes(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    settings = {"blockedWords": ["cheapfakes"], "links": "hold"}
    await shop.ask("PUT", f"live/streams/{stream_id}/chat-settings", seller, json=settings)
    ana = await shop.guest("Ana")
    said = await say(shop, ana, stream_id, "hello")
    path = f"live/streams/{stream_id}/messages/{said['id']}"
    await shop.refused("chat.blocked_words", "PATCH", path, ana, json={"message": "buy cheapfakes"})
    await shop.refused("chat.links", "PATCH", path, ana, json={"message": "see https://example.com/x"})
    wish = {"userId": ana.id, "duration": 60}
    await shop.ask("POST", f"live/streams/{stream_id}/moderation/timeout", seller, json=wish, status=201)
    await shop.refused("chat.timed_out", "PATCH", path, ana, json={"message": "fine"})
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)


async def test_a_moderator_deletes_and_the_text_is_gone_for_everybody(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    mia = await moderator(shop, seller, stream_id)
    ana, viewer = await shop.guest("Ana"), await shop.listener()
    await viewer.join(stream_id)
    wish = {"message": "secretword", "clientMessageId": "k1"}
    path = f"live/streams/{stream_id}/messages"
    said = await shop.ask("POST", path, ana, json=wish, status=201)
    await shop.ask("PATCH", f"{path}/{said['id']}", ana, json={"message": "secretword again"})
    await shop.ask("PUT", f"{path}/{said['id']}/pin", mia)
    await shop.ask("DELETE", f"{path}/{said['id']}", mia, json={"reason": "rude"}, status=204)
    [event] = await eventually(lambda: viewer.named("live:message:deleted"))
    assert (event["messageId"], event["userId"], event["reason"]) == (said["id"], ana.id, "rude")
    assert (await shop.ask("GET", path))["messages"] == []
    again = await shop.ask("POST", path, ana, json=wish, status=201)
    assert again["isDeleted"] is True and again["message"] == ""
    snapshot = await (await shop.listener()).join(stream_id)
    assert snapshot["recentMessages"] == [] and snapshot["pinnedMessages"] == []
    events = await replayed(shop, stream_id)
    assert "secretword" not in str(events)
    assert [event["event"] for event in events][-5:] == [
        "live:message",
        "live:message:edited",
        "live:message:pinned",
        "live:message:unpinned",
        "live:message:deleted",
    ]
    assert events[-5]["data"]["isDeleted"] is True
    log = await shop.ask("GET", f"live/streams/{stream_id}/moderation/log", mia)
    assert log["total"] == 2 and log["entries"][0]["action"] == "delete_message"
    assert log["entries"][0]["messageId"] == said["id"] and log["entries"][0]["reason"] == "rude"
    database: Database = shop.server.services.database
    async with database.read() as transaction:
        row = await transaction.session.get(LiveStreamMessageRow, said["id"])
    assert row is not None and row.message == "secretword again" and row.deleted_by == mia.id
    await shop.ask("DELETE", f"{path}/{said['id']}", mia, status=204)
    assert len(await replayed(shop, stream_id)) == len(events), "a deleted message stays deleted, without an event"


async def test_an_author_takes_back_their_own(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    ana = await shop.guest("Ana")
    said = await say(shop, ana, stream_id, "oops")
    await shop.ask("DELETE", f"live/streams/{stream_id}/messages/{said['id']}", ana, status=204)
    assert (await shop.ask("GET", f"live/streams/{stream_id}/messages"))["messages"] == []
    log = await shop.ask("GET", f"live/streams/{stream_id}/moderation/log", seller)
    assert log == {"entries": [], "total": 0}, "that is no moderation"


async def test_who_may_not_delete(shop: Shop, seller: Person) -> None:
    """case 16: a viewer, and the moderator of another show."""
    stream_id, other = await shop.live_stream(seller), await shop.live_stream(seller)
    stranger = await moderator(shop, seller, other)
    pinner = await moderator(shop, seller, stream_id, "pin")
    ana, zoe = await shop.guest("Ana"), await shop.guest("Zoe")
    path = f"live/streams/{stream_id}/messages/{(await say(shop, ana, stream_id, 'hi'))['id']}"
    await shop.refused("auth.required", "DELETE", path)
    for person in (zoe, stranger, pinner):
        assert await shop.refused("auth.forbidden", "DELETE", path, person) == 403
    mia = await moderator(shop, seller, stream_id)
    of_host = (await say(shop, seller, stream_id, "welcome"))["id"]
    code = "moderation.not_allowed_on"
    assert await shop.refused(code, "DELETE", f"live/streams/{stream_id}/messages/{of_host}", mia) == 409
    await shop.refused("message.not_found", "DELETE", f"live/streams/{stream_id}/messages/nope", mia)


async def test_three_messages_are_pinned_at_most(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    mia = await moderator(shop, seller, stream_id, "pin")
    viewer = await shop.listener()
    await viewer.join(stream_id)
    path = f"live/streams/{stream_id}/messages"
    ids = [(await say(shop, seller, stream_id, f"offer {number}"))["id"] for number in range(4)]
    for message_id in (ids[1], ids[0], ids[2], ids[3]):
        pinned = await shop.ask("PUT", f"{path}/{message_id}/pin", mia)
        assert pinned["isPinned"] is True
    await eventually(lambda: len(viewer.named("live:message:pinned")) == 4)
    assert [event["messageId"] for event in viewer.named("live:message:unpinned")] == [ids[1]]
    assert viewer.named("live:message:pinned")[0]["message"]["message"] == "offer 1"
    snapshot = await (await shop.listener()).join(stream_id)
    assert [message["id"] for message in snapshot["pinnedMessages"]] == [ids[3], ids[2], ids[0]]
    await shop.ask("PUT", f"{path}/{ids[3]}/pin", mia)
    assert len(viewer.named("live:message:pinned")) == 4, "pinned already"
    unpinned = await shop.ask("DELETE", f"{path}/{ids[0]}/pin", mia)
    assert unpinned["isPinned"] is False
    await eventually(lambda: viewer.named("live:message:unpinned")[1:])
    ana = await shop.guest()
    assert await shop.refused("auth.forbidden", "PUT", f"{path}/{ids[0]}/pin", ana) == 403
    await shop.ask("DELETE", f"{path}/{ids[0]}", seller, status=204)
    await shop.refused("message.not_found", "PUT", f"{path}/{ids[0]}/pin", mia)


async def test_an_edit_comes_within_a_minute(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    stream_id = await shop.live_stream(seller)
    said = await say(shop, seller, stream_id, "hello")
    path = f"live/streams/{stream_id}/messages/{said['id']}"
    service = shop.server.services.message_changes
    clock = service._clock
    monkeypatch.setattr(service, "_clock", lambda: clock() + timedelta(seconds=58))
    await shop.ask("PATCH", path, seller, json={"message": "in time"})
    monkeypatch.setattr(service, "_clock", lambda: clock() + timedelta(seconds=61))
    await shop.refused("message.edit_too_late", "PATCH", path, seller, json={"message": "too late"})
