"""The bus over Redis pub/sub. It tells by its own heartbeat, heard back, whether it works."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

from redis.asyncio import Redis

from gshop_studio.server.realtime.bus import Heard, Returned
from gshop_studio.server.realtime.outgoing import Outgoing, decode, encode
from gshop_studio.server.shared_redis import FAILURES
from gshop_studio.server.stopping import stop

log = logging.getLogger(__name__)

CHANNEL = "gshop:events"
HEARTBEAT_S = 1.0
SILENCE_S = 3.0
"""Without our own heartbeat for so long the bus is broken, whatever the connection looks like."""
UNSENT_LIMIT = 10_000
"""Events waiting for Redis. When full the newest is dropped: others read the lasting ones in the log."""
_RETRY_S = 0.5
_BATCH = 200


class RedisBus:
    def __init__(self, redis: Redis, sender: str) -> None:
        """`sender` names this server among all; it does not hear its own events."""
        self._redis = redis
        self._sender = sender
        self._unsent: asyncio.Queue[str] = asyncio.Queue(UNSENT_LIMIT)
        self._heard_beat_s = float("-inf")
        self._was_whole = False
        self._tasks: list[asyncio.Task[None]] = []
        self._heard: Heard
        self._returned: Returned
        self._dropped_count = 0

    is_shared = True

    @property
    def is_whole(self) -> bool:
        return time.monotonic() - self._heard_beat_s < SILENCE_S

    @property
    def dropped_count(self) -> int:
        return self._dropped_count

    async def start(self, heard: Heard, returned: Returned) -> None:
        self._heard, self._returned = heard, returned
        self._tasks = [
            asyncio.create_task(self._listen(), name="bus in"),
            asyncio.create_task(self._speak(), name="bus out"),
            asyncio.create_task(self._beat(), name="bus heartbeat"),
        ]

    async def close(self) -> None:
        await stop(*self._tasks)
        self._tasks.clear()

    def publish(self, outgoing: Outgoing) -> None:
        try:
            self._unsent.put_nowait(encode(outgoing, self._sender))
        except asyncio.QueueFull:
            self._dropped_count += 1

    async def _beat(self) -> None:
        while True:
            with contextlib.suppress(asyncio.QueueFull):
                self._unsent.put_nowait(f'{{"beat":"{self._sender}"}}')
            await asyncio.sleep(HEARTBEAT_S)
            if self._was_whole and not self.is_whole:
                self._was_whole = False
                log.warning("the bus to other servers is broken; their events are read from the log")

    async def _speak(self) -> None:
        while True:
            batch = [await self._unsent.get()]
            while len(batch) < _BATCH and not self._unsent.empty():
                batch.append(self._unsent.get_nowait())
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for text in batch:
                        pipeline.publish(CHANNEL, text)
                    await pipeline.execute()
            except FAILURES as error:
                self._dropped_count += len(batch)
                log.debug("events not told to other servers: %s", type(error).__name__)
                await asyncio.sleep(_RETRY_S)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    while (message := await subscription.get_message(timeout=SILENCE_S)) is not None:
                        if message["type"] == "message":
                            self._hear(message["data"])
                        elif message["type"] == "subscribe":  # what was said before went past us
                            self._returned()
            except FAILURES as error:
                log.debug("the bus is not there: %s", type(error).__name__)
            await asyncio.sleep(_RETRY_S)

    def _hear(self, text: Any) -> None:
        try:
            if self._is_own_beat(text):
                self._heard_beat_s = time.monotonic()
                if not self._was_whole:
                    self._was_whole = True
                    self._returned()
                return
            if text.startswith(b'{"beat"'):
                return
            sender, outgoing = decode(text)
        except ValueError:
            log.warning("something on the bus is none of our events")
            return
        if sender != self._sender:
            self._heard(outgoing)

    def _is_own_beat(self, text: bytes) -> bool:
        return text == f'{{"beat":"{self._sender}"}}'.encode()
