"""Two servers with one PostgreSQL and one Redis: one room, one order, one count; and what holds without Redis."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import socketio
from redis import Redis
from sqlalchemy import select

from gshop_studio.contract.events import Room, ServerEvent, StreamReceivingEvent
from gshop_studio.contract.rest import Role
from gshop_studio.server.realtime import delivery, presence, redis_bus, shared_sets, viewer_log
from gshop_studio.server.realtime.outgoing import Outgoing
from gshop_studio.server.tables import LiveStreamViewerRow
from tests.gshop_studio.server.shop import Listener, Person, Shop, eventually, eventually_async
from tests.support.postgres import Postgres
from tests.support.redis_server import RedisServer, running_redis

SECRET_KEY = "c2VjcmV0IGtleSBvZiB0d28gc2VydmVycyBpbiBvbmU="


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """One that a test may stop."""
    with running_redis() as redis:
        yield redis


@pytest.fixture
async def shops(tmp_path: Path, postgres: Postgres, own_redis: RedisServer) -> AsyncIterator[tuple[Shop, Shop]]:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(postgres.database())
        settings: dict[str, Any] = {"database_url": url, "redis_url": own_redis.url, "secret_key": SECRET_KEY}
        one = await stack.enter_async_context(Shop(tmp_path / "one", **settings))
        two = await stack.enter_async_context(Shop(tmp_path / "two", **settings))
        for shop in (one, two):
            bus = shop.server.realtime.delivery.bus
            await eventually(lambda bus=bus: bus.is_whole)  # type: ignore[misc]
        yield one, two


async def said(listener: Listener, number: int) -> list[str]:
    await eventually(lambda: len(listener.named("live:message")) >= number, f"{number} messages")
    return [message["message"] for message in listener.named("live:message")]


async def say(shop: Shop, stream_id: str, who: Person, text: str) -> None:
    await shop.ask("POST", f"live/streams/{stream_id}/messages", who, json={"message": text}, status=201)


async def test_one_room_in_one_order(shops: tuple[Shop, Shop]) -> None:
    """Writers on both servers at once: every reader, of either, gets each message once, `seq` rising by one."""
    one, _ = shops
    seller = await one.person(Role.SELLER)
    stream_id = await one.live_stream(seller)
    readers = [await shop.listener() for shop in shops for _ in range(2)]
    [start] = {(await reader.join(stream_id))["seq"] for reader in readers}
    writers = [(shop, await shop.guest(f"Writer {number}")) for number, shop in enumerate(shops * 3)]

    async def write(number: int) -> None:
        shop, who = writers[number]
        for count in range(15):
            await say(shop, stream_id, who, f"{number} says {count}")

    await asyncio.gather(*(write(number) for number in range(len(writers))))
    total = 15 * len(writers)
    for reader in readers:
        await said(reader, total)
        assert reader.seqs == list(range(start + 1, start + total + 1))


async def test_staff_personal_and_passing_events_and_bans_cross(shops: tuple[Shop, Shop]) -> None:
    """case 5: who is banned on one server is out on the other."""
    one, two = shops
    seller = await one.person(Role.SELLER)
    stream_id = await one.live_stream(seller)
    guest = await two.guest()
    host, viewer, witness = await two.listener(seller), await two.listener(guest), await two.listener()
    for listener in (host, viewer, witness):
        await listener.join(stream_id)
    payload = StreamReceivingEvent(stream_id=stream_id)
    async with one.server.services.database.write() as transaction:
        await one.server.gateway.record(transaction, stream_id, ServerEvent.SALE, payload, room=Room.STAFF)
        one.server.gateway.send_to_person(transaction, stream_id, guest.id, ServerEvent.USER_WARNED, payload)
    one.server.gateway.send_passing(stream_id, ServerEvent.REACTIONS, payload)
    await eventually(lambda: host.named("live:sale") and witness.named("live:reactions"))
    await eventually(lambda: viewer.named("live:user:warned"))
    assert not viewer.named("live:sale") and not witness.named("live:user:warned")
    await one.ask("POST", f"live/streams/{stream_id}/moderation/ban", seller, json={"userId": guest.id}, status=201)
    await eventually(lambda: not viewer.client.connected)
    assert witness.client.connected and host.client.connected


async def test_what_was_told_out_of_order_or_not_at_all_is_mended_from_the_log(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    seller = await one.person(Role.SELLER)
    stream_id = await one.live_stream(seller)
    reader = await two.listener()
    start = (await reader.join(stream_id))["seq"]
    bus = one.server.realtime.delivery.bus
    publish, kept = bus.publish, list[Outgoing]()

    def forget_some(outgoing: Outgoing) -> None:
        match (outgoing.seq or 0) % 4:
            case 0:
                return
            case 1:
                kept.append(outgoing)
            case _:
                publish(outgoing)
                while kept:
                    publish(kept.pop())

    bus.publish = forget_some  # type: ignore[method-assign]
    for number in range(20):
        await say(one, stream_id, seller, f"number {number}")
    assert await said(reader, 20) == [f"number {number}" for number in range(20)]
    assert reader.seqs == list(range(start + 1, start + 21))


async def test_while_redis_is_gone_the_log_is_read_and_all_mends_by_itself(
    shops: tuple[Shop, Shop], own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """case 58: Redis frozen and back. Events come late, none is lost, nobody is thrown out."""
    monkeypatch.setattr(redis_bus, "SILENCE_S", 1.5)
    one, two = shops
    seller = await one.person(Role.SELLER)
    stream_id = await one.live_stream(seller)
    reader = await two.listener()
    await reader.join(stream_id)
    await say(one, stream_id, seller, "before")
    await said(reader, 1)
    assert own_redis.process is not None
    own_redis.process.send_signal(signal.SIGSTOP)
    try:
        bus = two.server.realtime.delivery.bus
        await eventually(lambda: not bus.is_whole)
        await say(one, stream_id, seller, "meanwhile")
        assert await said(reader, 2) == ["before", "meanwhile"]
        late = await two.listener(wait_timeout=10)
        await late.join(stream_id)
    finally:
        own_redis.process.send_signal(signal.SIGCONT)
    await eventually(lambda: all(shop.server.realtime.delivery.bus.is_whole for shop in shops))
    await say(two, stream_id, seller, "after")
    assert await said(reader, 3) == ["before", "meanwhile", "after"]


async def test_viewers_are_counted_together_and_a_killed_servers_vanish(
    shops: tuple[Shop, Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_sets, "HOLD_S", 3.0)
    monkeypatch.setattr(presence, "RENEW_S", 0.5)
    one, two = shops
    seller = await one.person(Role.SELLER)
    stream_id = await one.live_stream(seller)
    guest = await one.guest()
    host = await one.listener(seller)
    await host.join(stream_id)
    for shop in shops:
        await (await shop.listener(guest)).join(stream_id)
    anonymous = await two.listener()
    await anonymous.join(stream_id)

    def told() -> list[int]:
        return [update["viewerCount"] for update in host.named("live:viewers:update")]

    await eventually(lambda: told()[-1:] == [2], "two people, one of them on both servers")
    assert (await (await two.listener()).join(stream_id))["viewerCount"] == 3
    task = two.server.presence._task
    assert task is not None
    task.cancel()  # as if it were killed: nothing is held on to any more
    await eventually(lambda: told()[-1:] == [1])

    async def is_written_off() -> bool:
        await one.server.presence.reconcile()
        return bool((await one.ask("GET", f"live/streams/{stream_id}"))["viewerCount"] == 1)

    await eventually_async(is_written_off)


async def test_a_second_server_that_starts_forgets_nobody(tmp_path: Path, shops: tuple[Shop, Shop]) -> None:
    one, _ = shops
    seller = await one.person(Role.SELLER)
    stream_id = await one.live_stream(seller)
    await (await one.listener()).join(stream_id)
    await eventually_async(lambda: _is_count(one, stream_id, 1))
    settings = one.config.model_dump(include={"database_url", "redis_url", "secret_key"})
    settings["database_url"] = settings["database_url"].replace("+asyncpg", "")
    async with Shop(tmp_path / "three", **settings) as three:
        assert await _is_count(three, stream_id, 1)


async def test_who_leaves_one_server_still_watches_at_the_other(
    shops: tuple[Shop, Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "RENEW_S", 0.1)
    monkeypatch.setattr(viewer_log, "CHECKPOINT_EVERY_S", 0.2)
    one, two = shops
    seller = await one.person(Role.SELLER)
    stream_id = await one.live_stream(seller)
    guest = await one.guest()
    host = await one.listener(seller)
    await host.join(stream_id)
    begun_s = asyncio.get_running_loop().time()
    here, there = await one.listener(guest), await two.listener(guest)
    for listener in (here, there):
        await listener.join(stream_id)
    await eventually(lambda: [shop.server.presence.count(stream_id) for shop in shops] == [1, 1])
    await here.call("live:leave", {"streamId": stream_id})
    row = LiveStreamViewerRow

    async def is_watching() -> bool:
        for shop in shops:
            await shop.server.presence.reconcile()
            assert shop.server.presence.count(stream_id) == 1
        assert await _is_count(one, stream_id, 1)
        async with one.server.services.database.read() as transaction:
            [(watched_s, is_active)] = await transaction.session.execute(select(row.watch_duration_s, row.is_active))
        assert watched_s <= asyncio.get_running_loop().time() - begun_s + 0.1, "each second once, though two say it"
        return bool(is_active and watched_s > 2.5)

    await eventually_async(is_watching)
    assert 0 not in [update["viewerCount"] for update in host.named("live:viewers:update")]


async def test_nobody_is_written_off_because_redis_lost_what_it_had(
    shops: tuple[Shop, Shop], own_redis: RedisServer
) -> None:
    one, two = shops
    stream_id = await one.live_stream(await one.person(Role.SELLER))
    await (await two.listener()).join(stream_id)
    await eventually_async(lambda: _is_count(one, stream_id, 1))
    own_redis.empty()
    for _ in range(3):
        await one.server.presence.reconcile()
        assert await _is_count(one, stream_id, 1)
        await asyncio.sleep(0.5)


async def _is_count(shop: Shop, stream_id: str, count: int) -> bool:
    await asyncio.sleep(0)
    return bool((await shop.ask("GET", f"live/streams/{stream_id}"))["viewerCount"] == count)


async def test_media_here_stops_when_the_show_is_ended_there(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    seller = await one.person(Role.SELLER)
    stream_id = await one.live_stream(seller)
    await two.ask("POST", f"live/streams/{stream_id}/end", seller)
    await eventually(lambda: stream_id in one.media.ended)


async def test_media_here_stops_though_nobody_told_that_the_show_is_over(
    shops: tuple[Shop, Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody watches here, and the word of the end is lost on the way."""
    monkeypatch.setattr(delivery, "LOOK_ANYWAY_S", 0.2)
    one, two = shops
    seller = await one.person(Role.SELLER)
    over_id, goes_on_id = await one.live_stream(seller), await one.live_stream(await one.person(Role.SELLER))
    one.media.open_stream_ids = [over_id, goes_on_id]
    monkeypatch.setattr(two.server.realtime.delivery.bus, "publish", lambda _: None)
    await two.ask("POST", f"live/streams/{over_id}/end", seller)
    one.server.realtime.delivery._look_now.set()  # it waits for as long as it did before
    await eventually(lambda: over_id in one.media.ended)
    assert goes_on_id not in one.media.ended


async def test_what_is_said_while_a_server_listens_anew_reaches_it(
    shops: tuple[Shop, Shop], own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cut so short that no heartbeat is missed."""
    monkeypatch.setattr(delivery, "LOOK_ANYWAY_S", 1_000.0)
    one, two = shops
    for shop in shops:
        shop.server.realtime.delivery._look_now.set()
    seller = await one.person(Role.SELLER)
    stream_id = await one.live_stream(seller)
    reader = await two.listener()
    await reader.join(stream_id)
    with Redis.from_url(own_redis.url) as client:
        client.client_kill_filter(_type="pubsub")
    await say(one, stream_id, seller, "meanwhile")
    assert await said(reader, 1) == ["meanwhile"]
    assert two.server.realtime.delivery.bus.is_whole


async def test_connections_are_limited_together(tmp_path: Path, postgres: Postgres, redis_server: RedisServer) -> None:
    """cases 12 and 15: a second server is no way round a limit."""
    redis_server.empty()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(postgres.database())
        settings: dict[str, Any] = {"database_url": url, "redis_url": redis_server.url, "secret_key": SECRET_KEY}
        shops = [
            await stack.enter_async_context(Shop(tmp_path / name, max_connections_per_person=2, **settings))
            for name in ("one", "two")
        ]
        guest = await shops[0].guest()
        first = await shops[0].listener(guest)
        await shops[1].listener(guest)
        for shop in shops:
            with pytest.raises(socketio.exceptions.ConnectionError):
                await shop.listener(guest)
        await first.client.disconnect()
        await eventually(lambda: shops[0].server.sockets.count == 0)
        assert (await shops[1].listener(guest)).client.connected
