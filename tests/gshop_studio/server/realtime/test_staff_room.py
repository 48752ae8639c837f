"""The room of the host and the moderators, and who may stay in which."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from gshop_studio.contract.events import PERSONAL_EVENTS, Room, ServerEvent, StreamReceivingEvent
from gshop_studio.contract.wire import Answer
from tests.gshop_studio.server.shop import Listener, Person, Shop, eventually


class Note(Answer):
    stream_id: str
    text: str


async def say_to_staff(shop: Shop, stream_id: str, text: str) -> int:
    async with shop.server.services.database.write() as transaction:
        return await shop.server.gateway.record(
            transaction, stream_id, ServerEvent.SALE, Note(stream_id=stream_id, text=text), room=Room.STAFF
        )


async def say_to_all(shop: Shop, stream_id: str) -> int:
    async with shop.server.services.database.write() as transaction:
        payload = StreamReceivingEvent(stream_id=stream_id)
        return await shop.server.gateway.record(transaction, stream_id, ServerEvent.STREAM_RECEIVING, payload)


def texts(listener: Listener) -> list[str]:
    return [data["text"] for data in listener.named("live:sale")]


def has_heard(listener: Listener, seq: int) -> bool:
    return bool([data for data in listener.named("live:stream:receiving") if data["seq"] == seq])


async def make_moderator(shop: Shop, seller: Person, stream_id: str, who: Person) -> None:
    await shop.ask("POST", f"live/streams/{stream_id}/moderators", seller, json={"userId": who.id}, status=201)


async def test_only_the_host_and_moderators_hear_it_in_its_own_order(shop: Shop, seller: Person) -> None:
    """case 17: what is for the staff reaches nobody else."""
    stream_id = await shop.live_stream(seller)
    moderator = await shop.person()
    await make_moderator(shop, seller, stream_id, moderator)
    host, helper = await shop.listener(seller), await shop.listener(moderator)
    viewer, anonymous = await shop.listener(await shop.person()), await shop.listener()
    snapshots = [await listener.join(stream_id) for listener in (host, helper, viewer, anonymous)]
    assert [snapshot.get("staffSeq") is not None for snapshot in snapshots] == [True, True, False, False]
    first = await say_to_staff(shop, stream_id, "one")
    await say_to_all(shop, stream_id)
    assert await say_to_staff(shop, stream_id, "two") == first + 1
    last = await say_to_all(shop, stream_id)
    for listener in (host, helper, viewer, anonymous):
        await eventually(partial(has_heard, listener, last))
    assert texts(host) == texts(helper) == ["one", "two"]
    assert texts(viewer) == texts(anonymous) == []
    assert all(data["room"] == "staff" for data in host.named("live:sale"))


async def test_staff_resume_both_orders_and_others_only_theirs(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    start = (await (await shop.listener(seller)).join(stream_id))["staffSeq"]
    await say_to_staff(shop, stream_id, "missed")
    wish = {"streamId": stream_id, "afterSeq": 1, "afterStaffSeq": start}
    answer = await (await shop.listener(seller)).call("live:resume", wish)
    assert [event["data"]["text"] for event in answer["staffEvents"]] == ["missed"]
    assert answer["staffSeq"] == start + 1
    for who in (None, await shop.person()):
        answer = await (await shop.listener(who)).call("live:resume", wish)
        assert answer["ok"] is True and "staffEvents" not in answer and "staffSeq" not in answer
    answer = await (await shop.listener(seller)).call("live:resume", {**wish, "afterStaffSeq": 99})
    assert answer["reset"] is True and answer["snapshot"]["staffSeq"] == start + 1


async def test_who_becomes_a_moderator_hears_it_from_there_and_who_ceases_no_more(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    person = await shop.person()
    listener = await shop.listener(person)
    await listener.join(stream_id)
    rooms = shop.server.realtime.rooms
    await make_moderator(shop, seller, stream_id, person)
    await eventually(lambda: rooms.members(stream_id, Room.STAFF), "the staff's room to be entered")
    await say_to_staff(shop, stream_id, "heard")
    await eventually(lambda: texts(listener) == ["heard"])
    await shop.ask("DELETE", f"live/streams/{stream_id}/moderators/{person.id}", seller, status=204)
    await eventually(lambda: not rooms.members(stream_id, Room.STAFF), "the staff's room to be left")
    await say_to_staff(shop, stream_id, "not heard")
    last = await say_to_all(shop, stream_id)
    await eventually(lambda: [data["seq"] for data in listener.named("live:stream:receiving")] == [last])
    assert texts(listener) == ["heard"]


async def test_a_private_shows_moderator_who_ceases_is_out(shop: Shop, seller: Person) -> None:
    """case 43: the room of a private show is left with the right to be in it."""
    stream_id = await shop.live_stream(seller, isPrivate=True)
    person = await shop.person()
    await make_moderator(shop, seller, stream_id, person)
    listener = await shop.listener(person)
    await listener.join(stream_id)
    await shop.ask("DELETE", f"live/streams/{stream_id}/moderators/{person.id}", seller, status=204)
    await eventually(lambda: not listener.client.connected)
    back = await shop.listener(person)
    answer = await back.call("live:join", {"streamId": stream_id})
    assert answer["error"]["code"] == "stream.private"


async def test_the_banned_are_out_with_all_their_sockets_and_nothing_is_replayed(shop: Shop, seller: Person) -> None:
    """case 5: open sockets are closed, and who reconnects is authorised anew."""
    stream_id = await shop.live_stream(seller)
    person = await shop.guest()
    one, two, witness = await shop.listener(person), await shop.listener(person), await shop.listener()
    for listener in (one, two, witness):
        await listener.join(stream_id)
    await shop.ask("POST", f"live/streams/{stream_id}/moderation/ban", seller, json={"userId": person.id}, status=201)
    await eventually(lambda: not one.client.connected and not two.client.connected)
    assert witness.client.connected
    back = await shop.listener(person)
    for event, wish in (("live:join", {}), ("live:resume", {"afterSeq": 0})):
        answer = await back.call(event, {"streamId": stream_id, **wish})
        assert answer["error"]["code"] == "stream.banned", event
        assert "events" not in answer
    assert not back.named("live:message")


async def test_what_is_for_one_person_reaches_all_their_sockets_and_nobody_elses(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    person = await shop.guest()
    own = [await shop.listener(person) for _ in range(2)]
    other = await shop.listener(await shop.guest())
    for listener in (*own, other):
        await listener.join(stream_id)
    async with shop.server.services.database.write() as transaction:
        note = Note(stream_id=stream_id, text="for you")
        shop.server.gateway.send_to_person(transaction, stream_id, person.id, ServerEvent.USER_WARNED, note)
    last = await say_to_all(shop, stream_id)
    await eventually(lambda: [data["seq"] for data in other.named("live:stream:receiving")] == [last])
    for listener in own:
        assert [data["text"] for data in listener.named("live:user:warned")] == ["for you"]
        assert all("seq" not in data for name, data in listener.events if name in PERSONAL_EVENTS - {"live:joined"})
    assert not other.named("live:user:warned")


@pytest.mark.parametrize("event", ["live:message", "live:reaction", "live:product:highlight", "live:purchase"])
async def test_the_anonymous_watch_and_no_more(shop: Shop, seller: Person, event: str) -> None:
    """case 4: whatever else they send is refused before it is looked at."""
    stream_id = await shop.live_stream(seller)
    viewer = await shop.listener()
    await viewer.join(stream_id)
    wish: dict[str, Any] = {"streamId": stream_id, "message": "hi"}
    answer = await viewer.call(event, wish)
    assert answer["error"]["code"] in {"auth.required", "request.unknown_event"}
