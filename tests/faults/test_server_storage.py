"""case 58: PostgreSQL or Redis down, slow, or cut in mid-write, under a whole server; case 59: its disk read-only."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import make_url

from gshop_studio.contract.rest import Role
from gshop_studio.server import database as database_module
from tests.gshop_studio.server.conftest import SECRET_KEY
from tests.gshop_studio.server.shop import Person, Shop, eventually, eventually_async
from tests.support.postgres import Postgres
from tests.support.redis_server import RedisServer
from tests.support.tcp_proxy import TcpProxy, running_tcp_proxy

UNREACHABLE = ("storage.unreachable", "storage.busy")


@pytest.fixture
def to_postgres(postgres: Postgres) -> Iterator[TcpProxy]:
    with running_tcp_proxy(postgres.port) as proxy:
        yield proxy


@pytest.fixture
def to_redis(redis_server: RedisServer) -> Iterator[TcpProxy]:
    redis_server.empty()
    with running_tcp_proxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
async def settings(
    postgres: Postgres, redis_server: RedisServer, to_postgres: TcpProxy, to_redis: TcpProxy
) -> dict[str, Any]:
    database = make_url(await postgres.emptied()).set(host="127.0.0.1", port=to_postgres.port)
    return {
        "database_url": database.render_as_string(hide_password=False),
        "redis_url": redis_server.url.replace(f":{redis_server.port}/", f":{to_redis.port}/"),
        "secret_key": SECRET_KEY,
    }


@pytest.fixture
async def shop(tmp_path: Path, settings: dict[str, Any]) -> AsyncIterator[Shop]:
    """On a PostgreSQL and a Redis that are reached through faulty networks."""
    async with Shop(tmp_path / "data", **settings) as running:
        yield running


@pytest.fixture
async def seller(shop: Shop) -> Person:
    return await shop.person(Role.SELLER)


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and answer.json()["code"] in UNREACHABLE and "retry-after" in answer.headers


async def say(shop: Shop, who: Person, stream_id: str, key: str) -> httpx.Response:
    wish = {"message": f"says {key}", "clientMessageId": key}
    return await shop.send("POST", f"live/streams/{stream_id}/messages", who, json=wish)


async def whole_chat(shop: Shop, stream_id: str) -> list[dict[str, Any]]:
    """All that was said; the show's count and the sequence agree with it."""
    path, before, messages = f"live/streams/{stream_id}", "", list[dict[str, Any]]()
    while page := (await read(shop, f"{path}/messages?limit=100{before}"))["messages"]:
        messages[:0] = page
        before = f"&before={page[0]['id']}"
    assert (await read(shop, path))["totalMessages"] == len(messages)
    seqs = [message["seq"] for message in messages]
    assert seqs == sorted(set(seqs))
    return messages


async def read(shop: Shop, path: str) -> Any:
    """Asked for again as long as it is refused, which each connection that was cut may be once."""
    async with asyncio.timeout(10):
        while is_refused(answer := await shop.send("GET", path)):
            await asyncio.sleep(0.02)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_postgres_away_is_said_and_back_is_used(shop: Shop, seller: Person, to_postgres: TcpProxy) -> None:
    stream_id = await shop.live_stream(seller)
    listener = await shop.listener(seller)
    await listener.join(stream_id)
    to_postgres.cut()
    for _ in range(3):
        start_s = time.monotonic()
        assert is_refused(await say(shop, seller, stream_id, "while it is away"))
        assert time.monotonic() - start_s < 8
        assert is_refused(await shop.send("GET", f"live/streams/{stream_id}"))
    refusal = await listener.call("live:message", {"streamId": stream_id, "message": "hello"})
    assert not refusal["ok"] and refusal["error"]["code"] in UNREACHABLE
    assert (await shop.http.get("/health")).status_code == 200
    assert (await shop.http.get("/ready")).status_code == 503
    to_postgres.restore()

    async def is_back() -> bool:
        return (await say(shop, seller, stream_id, "once it is back")).status_code == 201

    await eventually_async(is_back, "the server to recover", 30)
    assert [message["message"] for message in await whole_chat(shop, stream_id)] == ["says once it is back"]
    await eventually(lambda: listener.named("live:message"), "the event")


async def test_connections_cut_in_mid_write_leave_nothing_half(
    shop: Shop, seller: Person, to_postgres: TcpProxy
) -> None:
    """What was acknowledged is there, once; who was refused and says it again said it once."""
    stream_id = await shop.live_stream(seller)
    guests = [await shop.guest(f"Guest {number}") for number in range(4)]
    acknowledged: set[str] = set()
    refused = 0

    async def chat(who: Person, name: int) -> None:
        nonlocal refused
        for number in range(25):
            key = f"{name}-{number}"
            while True:
                answer = await say(shop, who, stream_id, key)
                if answer.status_code in (200, 201):
                    acknowledged.add(key)
                    break
                assert is_refused(answer), answer.text
                refused += 1
                await asyncio.sleep(0.02)

    chatting = asyncio.gather(*(chat(guest, name) for name, guest in enumerate(guests)))
    while not chatting.done():
        reached = len(acknowledged) + 6
        await eventually(lambda: chatting.done() or len(acknowledged) >= reached, "some to be written", 60)  # noqa: B023
        to_postgres.reset()
    await chatting
    assert refused > 0, "the cuts were felt"
    said = [message["message"] for message in await whole_chat(shop, stream_id)]
    assert sorted(said) == sorted(f"says {key}" for key in acknowledged) and len(said) == 100


async def test_a_slow_postgres_is_waited_for(shop: Shop, seller: Person, to_postgres: TcpProxy) -> None:
    stream_id = await shop.live_stream(seller)
    to_postgres.delay_s = 0.03
    answers = await asyncio.gather(*(say(shop, seller, stream_id, f"slow {number}") for number in range(3)))
    assert [answer.status_code for answer in answers] == [201] * 3
    to_postgres.delay_s = 0.0
    to_postgres.freeze()
    waiting = asyncio.create_task(say(shop, seller, stream_id, "while it stood still"))
    done, _ = await asyncio.wait({waiting}, timeout=1)
    assert not done
    to_postgres.thaw()
    assert (await waiting).status_code == 201
    assert len(await whole_chat(shop, stream_id)) == 4


async def test_a_postgres_that_stands_still_is_given_up(
    tmp_path: Path, settings: dict[str, Any], to_postgres: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "COMMAND_TIMEOUT_S", 1.0)
    monkeypatch.setattr(database_module, "CONNECT_TIMEOUT_S", 1.0)
    async with Shop(tmp_path / "data", **settings) as shop:
        seller = await shop.person(Role.SELLER)
        stream_id = await shop.live_stream(seller)
        to_postgres.freeze()
        start_s = time.monotonic()
        answers = await asyncio.gather(*(say(shop, seller, stream_id, f"still {number}") for number in range(5)))
        assert all(is_refused(answer) for answer in answers), [answer.text for answer in answers]
        assert time.monotonic() - start_s < 15
        to_postgres.thaw()

        async def is_back() -> bool:
            return (await say(shop, seller, stream_id, "moves again")).status_code == 201

        await eventually_async(is_back, "the server to recover", 30)
        assert "says moves again" in [message["message"] for message in await whole_chat(shop, stream_id)]


async def test_a_slow_redis_is_waited_for(shop: Shop, seller: Person, to_redis: TcpProxy) -> None:
    stream_id, guest = await shop.live_stream(seller), await shop.guest()
    listener = await shop.listener()
    await listener.join(stream_id)
    to_redis.delay_s = 0.03
    answers = await asyncio.gather(*(say(shop, guest, stream_id, f"slow {number}") for number in range(5)))
    assert [answer.status_code for answer in answers] == [201] * 5
    await eventually(lambda: len(listener.named("live:message")) == 5, "all that was said")
    assert [message["seq"] for message in listener.named("live:message")] == list(range(2, 7))


async def test_resets_of_redis_lose_nothing(shop: Shop, seller: Person, to_redis: TcpProxy) -> None:
    """Connections reset again and again, in the middle of whatever they carry."""
    stream_id, guest = await shop.live_stream(seller), await shop.guest()
    listener = await shop.listener()
    await listener.join(stream_id)
    for number in range(12):
        waiting = asyncio.create_task(say(shop, guest, stream_id, f"reset {number}"))
        await asyncio.sleep(0)
        to_redis.reset()
        assert (await waiting).status_code == 201
    await eventually(lambda: len(listener.named("live:message")) == 12, "all that was said", 30)
    assert [message["seq"] for message in listener.named("live:message")] == list(range(2, 14))
    assert len(await whole_chat(shop, stream_id)) == 12


@pytest.mark.parametrize("fault", ["cut", "freeze"])
async def test_without_redis_the_show_goes_on(shop: Shop, seller: Person, to_redis: TcpProxy, fault: str) -> None:
    """Degraded: each server counts and tells for itself; no request fails, and after the first none waits."""
    stream_id = await shop.live_stream(seller)
    listener = await shop.listener(seller)
    await listener.join(stream_id)
    getattr(to_redis, fault)()
    assert (await say(shop, seller, stream_id, "first")).status_code == 201
    start_s = time.monotonic()
    for number in range(5):
        assert (await say(shop, seller, stream_id, f"next {number}")).status_code == 201
        assert (await shop.send("GET", "live/streams/active")).status_code == 200
    assert time.monotonic() - start_s < 5
    ready = await shop.http.get("/ready")
    assert (ready.status_code, ready.json()["status"], ready.json()["cache"]) == (200, "degraded", "failed")
    late = await shop.listener()
    await late.join(stream_id)
    await eventually(lambda: len(listener.named("live:message")) == 6, "all that was said")
    assert [message["seq"] for message in listener.named("live:message")] == list(range(2, 8))
    to_redis.restore() if fault == "cut" else to_redis.thaw()

    async def is_whole() -> bool:
        return bool((await shop.http.get("/ready")).json()["status"] == "ready")

    await eventually_async(is_whole, "Redis to be used again", 30)
    assert (await say(shop, seller, stream_id, "last")).status_code == 201
    await eventually(lambda: len(late.named("live:message")) == 1, "what is said afterwards")


async def test_servers_apart_from_redis_still_hear_of_each_other(
    tmp_path: Path, settings: dict[str, Any], to_redis: TcpProxy
) -> None:
    """What one writes while Redis is away the other reads in the log, in order, and nothing twice."""
    async with Shop(tmp_path / "data", **settings) as one, Shop(tmp_path / "other", **settings) as other:
        seller = await one.person(Role.SELLER)
        stream_id = await one.live_stream(seller)
        here, there = await one.listener(seller), await other.listener()
        for listener in (here, there):
            await listener.join(stream_id)
        await eventually_async(lambda: _heard(other, one, seller, stream_id, there), "both to hear each other")
        heard_before = len(there.named("live:message"))
        to_redis.cut()
        for number in range(5):
            assert (await say(one, seller, stream_id, f"apart {number}")).status_code == 201
        await eventually(lambda: len(there.named("live:message")) == heard_before + 5, "what was said", 30)
        to_redis.restore()
        assert (await say(one, seller, stream_id, "together")).status_code == 201
        await eventually(lambda: len(there.named("live:message")) == heard_before + 6, "the last word", 30)
        seqs = [message["seq"] for message in there.named("live:message")]
        assert seqs == sorted(set(seqs))


async def _heard(other: Shop, one: Shop, seller: Person, stream_id: str, there: Any) -> bool:
    await say(one, seller, stream_id, f"are you there {time.monotonic_ns()}")
    with contextlib.suppress(AssertionError):
        return bool(await eventually(lambda: there.named("live:message"), timeout_s=1))
    return False
