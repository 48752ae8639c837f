"""What somebody who reached our Redis could put there: it is data, never code, and never stops a server."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from redis.asyncio import Redis

from gshop_studio.contract.rest import Role
from gshop_studio.server.realtime.redis_bus import CHANNEL
from tests.gshop_studio.server.conftest import SECRET_KEY
from tests.gshop_studio.server.shop import Shop, eventually
from tests.support.postgres import Postgres
from tests.support.redis_server import RedisServer


class Touch:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self._path),)


async def test_what_is_on_the_bus_is_not_executed(
    tmp_path: Path, postgres: Postgres, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """case 10: a pickle, and other things that are no events, between two servers; the next event is heard."""
    trace, redis = tmp_path / "trace", redis_server.url
    payload = pickle.dumps(Touch(trace))
    hostile = [payload, b"", b"\xff\xfe", b"[" * 100_000, b'{"beat":' * 1000, b"{}", b"null", b"5", b'{"beat":5}']
    async with postgres.database() as url, Redis.from_url(redis) as client:
        shared = {"database_url": url, "redis_url": redis, "secret_key": SECRET_KEY}
        async with Shop(tmp_path / "a", **shared) as one, Shop(tmp_path / "b", **shared) as two:
            stream_id = await one.live_stream(await one.person(Role.SELLER))
            viewer = await two.listener()
            await viewer.join(stream_id)
            for number, text in enumerate(hostile):
                await client.publish(CHANNEL, text)
                for key in await client.keys("*"):
                    if await client.type(key) == b"string" and number == 0:
                        await client.set(key, payload)
            guest = await one.guest()
            said = await one.ask(
                "POST", f"live/streams/{stream_id}/messages", guest, json={"message": "hi"}, status=201
            )
            await eventually(lambda: [event["id"] for event in viewer.named("live:message")] == [said["id"]])
    assert not trace.exists()
    assert "none of our events" in caplog.text
