"""A publication fed in real time, and all it told: for tests of outputs without an engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from encoder.clock import MonotonicClock
from encoder.outputs.packet_queue import QueueLimits
from encoder.outputs.publication import Publication, PublicationHooks
from encoder.outputs.rtmp_timings import RtmpTimings
from encoder.outputs.target import RtmpTarget
from encoder.states import Trigger
from gshop_studio.engine_protocol import EngineState, Fault
from tests.encoder.ingest import STREAM_KEY
from tests.encoder.live_feed import LiveFeed, running

QUICK = RtmpTimings(connect_s=2.0, publish_s=2.0, silence_s=1.5, ping_s=0.3)


@dataclass
class Publishing:
    publication: Publication
    feed: LiveFeed
    told: list[tuple[Trigger, Fault | None]] = field(default_factory=list)
    keyframes_wanted: int = 0

    def state(self) -> EngineState:
        return self.publication.state

    @property
    def triggers(self) -> list[Trigger]:
        return [trigger for trigger, _ in self.told]

    @property
    def codes(self) -> list[str]:
        """Of the faults told, in order."""
        return [fault.code for _, fault in self.told if fault]

    async def until(self, condition: Callable[[], Any], timeout_s: float = 20.0) -> float:
        """Wait for a condition; how long that took, in seconds."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.01)
        return loop.time() - began_s

    async def until_state(self, state: EngineState, timeout_s: float = 20.0) -> float:
        return await self.until(lambda: self.publication.state is state, timeout_s)


@asynccontextmanager
async def publishing(
    url: str,
    key: str = STREAM_KEY,
    *,
    timings: RtmpTimings = QUICK,
    limits: QueueLimits | None = None,
    video_kbps: float = 600,
    audio_kbps: float = 64,
    gives_up_before_live: bool = False,
) -> AsyncIterator[Publishing]:
    """Started; stopped with the block."""
    clock = MonotonicClock()

    def offer(packet: Any) -> None:
        publication.offer(packet)

    feed = LiveFeed(clock, offer, video_kbps, audio_kbps)

    def wants_keyframe() -> None:
        context.keyframes_wanted += 1
        feed.request_keyframe()

    hooks = PublicationHooks(lambda trigger, fault: context.told.append((trigger, fault)), wants_keyframe)
    publication = Publication(
        RtmpTarget.parse(url), key, lambda: feed.stream, clock, hooks,
        timings=timings, limits=limits, gives_up_before_live=gives_up_before_live,
    )  # fmt: skip
    context = Publishing(publication, feed)
    async with running(feed):
        publication.start()
        try:
            yield context
        finally:
            await publication.stop()
