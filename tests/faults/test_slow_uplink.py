"""The uplink carries less than the broadcast needs: what is dropped, what never, and how the bit rate follows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from encoder.adaptive_bitrate import AdaptiveBitrate, BitrateDecision, BitrateState
from encoder.outputs.rtmp_timings import RtmpTimings
from gshop_studio.engine_protocol import EngineState
from tests.encoder.ingest import Ingest, running_ingest
from tests.encoder.live_feed import sound_number
from tests.encoder.media import decoded_pictures
from tests.encoder.outputs.publishing import Publishing, publishing
from tests.support.tcp_proxy import TcpProxy, running_tcp_proxy

VIDEO_KBPS, AUDIO_KBPS = 2500, 128
HALF_BYTES_PER_S = (VIDEO_KBPS + AUDIO_KBPS) * 125 / 2


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    with running_ingest() as server:
        yield server


@pytest.fixture
def proxy(ingest: Ingest) -> Iterator[TcpProxy]:
    with running_tcp_proxy(ingest.port) as between:
        yield between


@asynccontextmanager
async def on_air(proxy: TcpProxy, ingest: Ingest) -> AsyncIterator[Publishing]:
    async with publishing(
        f"rtmp://127.0.0.1:{proxy.port}/live", timings=RtmpTimings(), video_kbps=VIDEO_KBPS, audio_kbps=AUDIO_KBPS
    ) as it:
        await it.until_state(EngineState.LIVE)
        await it.until(lambda: len(ingest.pictures) > 30)
        yield it


@asynccontextmanager
async def adapting(it: Publishing, decisions: list[BitrateDecision]) -> AsyncIterator[None]:
    """The feed's rate follows the controller, as the video encoder's does."""
    controller, clock = AdaptiveBitrate(VIDEO_KBPS, audio_kbps=AUDIO_KBPS), it.feed._clock

    async def follow() -> None:
        while True:
            publication = it.publication
            decision = controller.observe(
                clock.now_us(), publication.queued_ms, publication.sent_bytes, publication.acknowledged_bytes, True
            )
            decisions.append(decision)
            it.feed.video_kbps = decision.kbps
            await asyncio.sleep(0.25)

    task = asyncio.create_task(follow())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def watch_queue(it: Publishing, seconds: float) -> float:
    """The longest queue seen, in ms of media."""
    longest_ms = 0.0
    loop = asyncio.get_running_loop()
    end_s = loop.time() + seconds
    while loop.time() < end_s:
        longest_ms = max(longest_ms, it.publication.queued_ms)
        await asyncio.sleep(0.02)
    return longest_ms


def assert_no_sound_lost(ingest: Ingest) -> None:
    numbers = [sound_number(sample.payload) for sample in ingest.sounds]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_half_an_uplink_drops_pictures_by_policy_and_never_sound(ingest: Ingest, proxy: TcpProxy) -> None:
    """Case 62, with an encoder that cannot adapt."""
    async with on_air(proxy, ingest) as it:
        proxy.up_bytes_per_s = HALF_BYTES_PER_S
        longest_ms = await watch_queue(it, 9.0)
        assert 1400 < longest_ms < 3500, "bounded"
        assert it.publication.dropped_pictures > 30 and it.publication.dropped_sounds == 0
        proxy.up_bytes_per_s = None
        await it.until(lambda: it.publication.queued_ms < 50)
        assert it.publication.reconnects == 0 and it.publication.state is EngineState.LIVE
    assert_no_sound_lost(ingest)
    pictures = ingest.publications[0].pictures
    gaps = [later for earlier, later in pairwise(pictures) if later.timestamp_ms - earlier.timestamp_ms > 40]
    assert gaps and all(sample.is_keyframe for sample in gaps), "after a gap it goes on at a keyframe"
    assert len(decoded_pictures(ingest.publications[0])) == len(pictures)


async def test_half_an_uplink_lowers_the_bit_rate_and_hardly_a_picture_is_lost(ingest: Ingest, proxy: TcpProxy) -> None:
    """Case 62."""
    decisions: list[BitrateDecision] = []
    async with on_air(proxy, ingest) as it, adapting(it, decisions):
        await asyncio.sleep(1.0)
        proxy.up_bytes_per_s = HALF_BYTES_PER_S
        assert await it.until(lambda: decisions[-1].kbps < VIDEO_KBPS) < 2.0, "lowered within 2 s"
        await asyncio.sleep(2.0)
        dropped = it.publication.dropped_pictures
        assert dropped <= 60
        await asyncio.sleep(9.0)
        assert it.publication.dropped_pictures == dropped, "none after the first seconds"
        assert it.publication.queued_ms < 1000 and it.publication.dropped_sounds == 0
        assert decisions[-1].state is BitrateState.LOWERED and decisions[-1].reason == "uplink.slow"
        assert 0.3 * VIDEO_KBPS <= decisions[-1].kbps <= 0.55 * VIDEO_KBPS
    assert_no_sound_lost(ingest)


async def test_a_hiccup_of_a_second_gets_its_rate_back_at_once(ingest: Ingest, proxy: TcpProxy) -> None:
    decisions: list[BitrateDecision] = []
    async with on_air(proxy, ingest) as it, adapting(it, decisions):
        proxy.freeze()
        await asyncio.sleep(1.0)
        proxy.thaw()
        await asyncio.sleep(3.0)
        assert decisions[-1].kbps == VIDEO_KBPS
        assert it.publication.dropped_pictures == 0
