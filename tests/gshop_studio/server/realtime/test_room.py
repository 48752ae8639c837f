"""A show's room: the snapshot, the sequence, what is replayed, and how many watch."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.realtime import snapshots
from tests.gshop_studio.server.shop import Listener, Person, Shop, eventually, eventually_async


async def test_joining_brings_the_whole_show(shop: Shop, seller: Person) -> None:
    mug = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    await shop.ask("PUT", f"live/streams/{stream_id}/products/{mug}/highlight", seller)
    viewer = await shop.listener()
    snapshot = await viewer.join(stream_id)
    assert snapshot["ok"] is True and snapshot["seq"] == 2 and snapshot["viewerCount"] == 1
    assert snapshot["stream"]["status"] == "live" and snapshot["recentMessages"] == []
    assert [item["isHighlighted"] for item in snapshot["currentProducts"]] == [True]
    assert snapshot["currentProducts"] == (await shop.ask("GET", f"live/streams/{stream_id}/products"))["products"]
    joined = await eventually(lambda: viewer.named("live:joined"))
    assert joined == [{key: value for key, value in snapshot.items() if key != "ok"}]


async def test_many_write_at_once_and_everybody_reads_the_same_order(shop: Shop, seller: Person) -> None:
    """200 messages from 8 clients: `seq` rises by exactly 1 for every reader, each writer's own order is kept."""
    stream_id = await shop.live_stream(seller)
    readers = [await shop.listener() for _ in range(3)]
    [start] = {(await reader.join(stream_id))["seq"] for reader in readers}
    writers = [await shop.listener(await shop.guest(f"Writer {number}")) for number in range(8)]

    async def write(number: int) -> list[int]:
        seqs = []
        for count in range(25):
            wish = {"streamId": stream_id, "message": f"{number}:{count}"}
            seqs.append((await writers[number].call("live:message", wish))["message"]["seq"])
        return seqs

    acknowledged = await asyncio.gather(*(write(number) for number in range(8)))
    expected = list(range(start + 1, start + 201))
    assert sorted(seq for seqs in acknowledged for seq in seqs) == expected
    assert all(seqs == sorted(seqs) for seqs in acknowledged)
    for reader in readers:
        await eventually(partial(has_seq, reader, start + 200))
        assert reader.seqs == expected
    first = [message["id"] for message in readers[0].named("live:message")]
    assert all([message["id"] for message in reader.named("live:message")] == first for reader in readers)


def has_seq(listener: Listener, seq: int) -> bool:
    """Whether everything up to this place has come."""
    return listener.seqs[-1:] == [seq]


async def test_snapshot_and_gap_make_a_fresh_state(shop: Shop, seller: Person) -> None:
    """Whoever comes into the middle of a storm knows, after it, what the database knows."""
    products = [await shop.product(seller, name=f"Product {number}") for number in range(3)]
    stream_id = await shop.live_stream(seller, productIds=products)
    guest = await shop.guest()

    async def storm() -> None:
        for number in range(40):
            wish = {"message": str(number)}
            await shop.ask("POST", f"live/streams/{stream_id}/messages", guest, json=wish, status=201)
            action = "hide" if number % 5 == 4 else "highlight"
            path = f"live/streams/{stream_id}/products/{products[number % 3]}/{action}"
            await shop.ask("PUT", path, seller)

    blowing = asyncio.create_task(storm())
    states = []
    for _ in range(6):
        await asyncio.sleep(0.05)
        viewer = await shop.listener()
        states.append((viewer, await viewer.join(stream_id)))
    await blowing
    fresh = await (await shop.listener()).join(stream_id)
    for viewer, snapshot in states:
        await eventually(partial(has_seq, viewer, fresh["seq"]))
        gap = [
            (name, data)
            for name, data in viewer.events
            if name != "live:joined" and data.get("seq", 0) > snapshot["seq"]
        ]
        assert [data["seq"] for _, data in gap] == list(range(snapshot["seq"] + 1, fresh["seq"] + 1))
        messages, highlighted = apply(snapshot, gap)
        assert messages[-40:] == [message["id"] for message in fresh["recentMessages"]][-40:]
        assert highlighted == {item["productId"] for item in fresh["currentProducts"] if item["isHighlighted"]}


def apply(snapshot: dict[str, Any], gap: list[tuple[str, dict[str, Any]]]) -> tuple[list[str], set[str]]:
    messages = [message["id"] for message in snapshot["recentMessages"]]
    highlighted = {item["productId"] for item in snapshot["currentProducts"] if item["isHighlighted"]}
    for name, data in gap:
        match name:
            case "live:message":
                messages.append(data["id"])
            case "live:product:highlighted":
                highlighted.add(data["product"]["id"])
            case "live:product:hidden":
                highlighted.discard(data["productId"])
    return messages, highlighted


async def test_who_comes_back_is_told_what_was_missed(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    viewer = await shop.listener()
    await viewer.join(stream_id)
    await viewer.client.disconnect()
    for number in range(3):
        wish = {"message": str(number)}
        await shop.ask("POST", f"live/streams/{stream_id}/messages", seller, json=wish, status=201)
    back = await shop.listener()
    replay = await back.call("live:resume", {"streamId": stream_id, "afterSeq": 1})
    assert replay["ok"] is True and replay["seq"] == 4
    assert [(event["event"], event["data"]["message"]) for event in replay["events"]] == [
        ("live:message", "0"),
        ("live:message", "1"),
        ("live:message", "2"),
    ]
    assert all(event["data"]["at"] for event in replay["events"])
    assert (await back.call("live:resume", {"streamId": stream_id, "afterSeq": 4}))["events"] == []
    await shop.ask("POST", f"live/streams/{stream_id}/messages", seller, json={"message": "3"}, status=201)
    await eventually(lambda: back.seqs == [5])


async def test_who_was_away_too_long_starts_anew(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "REPLAY_LIMIT", 2)
    stream_id = await shop.live_stream(seller)
    for number in range(3):
        wish = {"message": str(number)}
        await shop.ask("POST", f"live/streams/{stream_id}/messages", seller, json=wish, status=201)
    viewer = await shop.listener()
    for after_seq in (0, 1, 99):
        answer = await viewer.call("live:resume", {"streamId": stream_id, "afterSeq": after_seq})
        assert answer["reset"] is True and answer["snapshot"]["seq"] == 4, after_seq
    assert len((await viewer.call("live:resume", {"streamId": stream_id, "afterSeq": 2}))["events"]) == 2


async def test_people_are_counted_not_sockets(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    guest = await shop.guest()
    one, two = await shop.listener(guest), await shop.listener(guest)
    anonymous = await shop.listener()
    assert (await one.join(stream_id))["viewerCount"] == 1
    assert (await two.join(stream_id))["viewerCount"] == 1
    assert (await anonymous.join(stream_id))["viewerCount"] == 2
    host = await shop.listener(seller)
    assert (await host.join(stream_id))["viewerCount"] == 2, "the host is no viewer"
    same_session = await shop.listener()
    assert (await same_session.join(stream_id, anonymous.session_id))["viewerCount"] == 2
    invented = await shop.listener()
    forged = f"{str(anonymous.session_id)[:-1]}x"
    assert (await invented.join(stream_id, forged))["sessionId"] != forged
    assert [update["viewerCount"] for update in await eventually(lambda: one.named("live:viewers:update")[2:])] == [3]
    for listener in (one, two, invented):
        assert await listener.call("live:leave", {"streamId": stream_id}) == {"ok": True}
    await eventually(
        lambda: host.named("live:viewers:update")[-1:] and host.named("live:viewers:update")[-1]["viewerCount"] == 1
    )

    async def is_written() -> bool:
        stream = await shop.ask("GET", f"live/streams/{stream_id}")
        return (stream["viewerCount"], stream["peakViewerCount"], stream["totalViews"]) == (1, 3, 3)

    await eventually_async(is_written, "the count in the show itself")
    await one.join(stream_id)
    assert (await shop.ask("GET", f"live/streams/{stream_id}"))["totalViews"] == 3, "who comes back is no new viewer"


async def test_one_socket_is_one_viewer_whatever_sessions_it_claims(shop: Shop, seller: Person) -> None:
    stream_id, other_id = [await shop.live_stream(seller) for _ in range(2)]
    viewer, other = await shop.listener(), await shop.listener()
    await other.join(other_id)
    first = await viewer.join(stream_id)
    for claimed in ("x", None, other.session_id, "y"):
        again = await viewer.join(stream_id, claimed)
        assert (again["viewerCount"], again["sessionId"]) == (1, first["sessionId"])
    assert (await viewer.join(other_id))["sessionId"] == first["sessionId"]
    stream = await shop.ask("GET", f"live/streams/{stream_id}")
    assert (stream["peakViewerCount"], stream["totalViews"]) == (1, 1)


async def test_one_address_gets_so_many_new_sessions(tmp_path: Path) -> None:
    """Opening sockets anew is no way to invent viewers either; those who come back, or are signed in, are none."""
    async with Shop(tmp_path / "data", guest_rate_limit="3/minute") as shop:
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        listeners = [await shop.listener() for _ in range(3)]
        for listener in listeners:
            await listener.join(stream_id)
        answer = await (await shop.listener()).call("live:join", {"streamId": stream_id, "sessionId": "x"})
        assert answer["error"]["code"] == "event.rate_limited" and answer["error"]["retryAfter"] >= 1
        await (await shop.listener()).join(stream_id, listeners[0].session_id)
        await (await shop.listener(await shop.guest())).join(stream_id)


async def test_who_may_not_watch_any_more_is_not_told_what_was_missed(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """case 5: banned between the question whether they may and the answer; nor are they left in the room."""
    stream_id = await shop.live_stream(seller)
    guest = await shop.guest()
    back = await shop.listener(guest)
    follow = shop.server.realtime.delivery.follow

    async def ban_first(stream: str) -> None:
        await shop.ask(
            "POST", f"live/streams/{stream_id}/moderation/ban", seller, json={"userId": guest.id}, status=201
        )
        await follow(stream)

    monkeypatch.setattr(shop.server.realtime.delivery, "follow", ban_first)
    shut_out = shop.server.realtime.sockets.disconnect
    monkeypatch.setattr(shop.server.realtime.sockets, "disconnect", lambda _: None)
    answer = await back.call("live:resume", {"streamId": stream_id, "afterSeq": 0})
    assert answer["ok"] is False and answer["error"]["code"] == "stream.banned"
    assert not shop.server.realtime.rooms.members(stream_id)
    monkeypatch.setattr(shop.server.realtime.sockets, "disconnect", shut_out)


@pytest.mark.parametrize("event", ["live:join", "live:resume"])
async def test_who_is_gone_before_the_answer_is_in_no_room(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    """The reading fails on top of it."""
    stream_id = await shop.live_stream(seller)
    viewer, stays = await shop.listener(), await shop.listener()
    asked, may_go_on = asyncio.Event(), asyncio.Event()

    async def fail_late(*_: object) -> None:
        asked.set()
        await may_go_on.wait()
        raise ValueError("of a test")

    for name in ("snapshot", "replay"):
        monkeypatch.setattr(snapshots.Snapshots, name, fail_late)
    await viewer.client.emit(event, {"streamId": stream_id, **({"afterSeq": 0} if event == "live:resume" else {})})
    await asked.wait()
    shop.server.sockets.disconnect(shop.server.realtime.rooms.members(stream_id))
    await eventually(lambda: shop.server.sockets.count == 1)
    may_go_on.set()
    await eventually(lambda: not shop.server.realtime.rooms.members(stream_id))
    assert stays.client.connected


async def test_another_persons_id_is_not_believed(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    guest = await shop.guest()
    viewer, stranger = await shop.listener(guest), await shop.listener()
    await viewer.join(stream_id)
    answer = await stranger.call("live:join", {"streamId": stream_id, "userId": guest.id})
    assert answer["viewerCount"] == 2


async def test_who_stops_pinging_no_longer_counts(tmp_path: Path) -> None:
    async with Shop(tmp_path / "data", presence_s=1.5) as shop:
        stream_id = await shop.live_stream(await shop.person(Role.SELLER))
        pinging, silent = await shop.listener(), await shop.listener()
        await pinging.join(stream_id)
        await silent.join(stream_id)

        async def ping_and_count() -> bool:
            assert (await pinging.call("live:ping", {"streamId": stream_id}))["serverTime"].endswith("Z")
            return bool((await shop.ask("GET", f"live/streams/{stream_id}"))["viewerCount"] == 1)

        await eventually_async(ping_and_count)
        assert pinging.named("live:pong")
        assert (await silent.call("live:ping", {"streamId": "other"}))["error"]["code"] == "stream.not_joined"
