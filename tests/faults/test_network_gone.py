"""The network between us and the ingest goes away while live, for a moment or for long, in the ways networks do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from encoder.outputs.rtmp_timings import RtmpTimings
from gshop_studio.engine_protocol import EngineState
from tests.encoder.ingest import Ingest, running_ingest
from tests.encoder.live_feed import sound_number
from tests.encoder.media import decoded_pictures
from tests.encoder.outputs.publishing import Publishing, publishing
from tests.support.nginx_rtmp import free_port, running_nginx_rtmp
from tests.support.tcp_proxy import TcpProxy, running_tcp_proxy

AS_SHIPPED = RtmpTimings()
BACK_WITHIN_S = 2.0


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    with running_ingest() as server:
        yield server


@pytest.fixture
def proxy(ingest: Ingest) -> Iterator[TcpProxy]:
    with running_tcp_proxy(ingest.port) as between:
        yield between


def url_of(proxy: TcpProxy) -> str:
    return f"rtmp://127.0.0.1:{proxy.port}/live"


async def live(it: Publishing, ingest: Ingest) -> None:
    await it.until_state(EngineState.LIVE)
    await it.until(lambda: len(ingest.pictures) > 30)


def assert_resumed_on_a_keyframe(ingest: Ingest) -> None:
    stamps = [stamp for publication in ingest.publications for stamp in publication.order_ms]
    assert stamps == sorted(stamps), "time stamps never go back"
    for publication in ingest.publications:
        assert publication.pictures[0].is_keyframe
        assert len(decoded_pictures(publication)) == len(publication.pictures)


async def test_gone_for_a_second_costs_nothing(ingest: Ingest, proxy: TcpProxy) -> None:
    """Case 61: the connection outlives it, and everything arrives, later."""
    async with publishing(url_of(proxy), timings=AS_SHIPPED) as it:
        await live(it, ingest)
        proxy.freeze()
        await asyncio.sleep(1.0)
        proxy.thaw()
        count = len(ingest.pictures)
        await it.until(lambda: len(ingest.pictures) > count + 60)
        assert it.publication.reconnects == 0 and it.publication.dropped_pictures == 0
    assert len(ingest.publications) == 1
    numbers = [sound_number(sample.payload) for sample in ingest.sounds]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert all(later - earlier <= 34 for earlier, later in pairwise(sample.timestamp_ms for sample in ingest.pictures))
    assert_resumed_on_a_keyframe(ingest)


@pytest.mark.parametrize(("is_dark", "away_s"), [(True, 10.0), (False, 4.0)], ids=["silently", "with a reset"])
async def test_gone_for_longer_is_noticed_and_come_back_from(
    ingest: Ingest, proxy: TcpProxy, is_dark: bool, away_s: float
) -> None:
    """Case 61."""
    async with publishing(url_of(proxy), timings=AS_SHIPPED) as it:
        await live(it, ingest)
        last_ms = ingest.publications[0].order_ms[-1]
        offered = it.feed.pictures
        proxy.go_dark() if is_dark else proxy.cut()
        noticed_s = await it.until_state(EngineState.RECONNECTING)
        assert noticed_s < (5.0 if is_dark else 1.0)
        await asyncio.sleep(away_s - noticed_s)
        assert it.publication.state is EngineState.RECONNECTING
        assert it.feed.pictures - offered > away_s * 27, "the encoder never pauses"
        proxy.restore()
        assert await it.until_state(EngineState.LIVE) < BACK_WITHIN_S
        assert it.publication.reconnects == 1
        assert set(it.codes) <= {"ingest.lost", "ingest.unreachable"}
        await it.until(lambda: len(ingest.publications) == 2 and len(ingest.publications[1].pictures) > 30)
    lost_s = (ingest.publications[1].order_ms[0] - last_ms) / 1000
    assert away_s - 1 < lost_s < away_s + 3, "the stamps say how long it was away"
    assert_resumed_on_a_keyframe(ingest)


async def test_an_nginx_killed_and_started_again_is_back_on_air_within_two_seconds(tmp_path: Path) -> None:
    """Case 61: the peer's process is killed."""
    port = free_port()
    with running_nginx_rtmp(tmp_path, port=port) as nginx:
        async with publishing(nginx.url, timings=AS_SHIPPED) as it:
            await it.until_state(EngineState.LIVE)
            nginx.process.kill()
            await it.until_state(EngineState.RECONNECTING)
            await asyncio.sleep(5.5)
            with running_nginx_rtmp(tmp_path, port=port):
                assert await it.until_state(EngineState.LIVE) < BACK_WITHIN_S
                assert not it.publication.is_unconfirmed


async def test_an_nginx_stopped_and_continued_is_back_on_air_within_two_seconds(tmp_path: Path) -> None:
    """Case 61: the peer's process is stopped (SIGSTOP); the system goes on taking connections for it."""
    with running_nginx_rtmp(tmp_path) as nginx:
        async with publishing(nginx.url, timings=AS_SHIPPED, video_kbps=2500, audio_kbps=128) as it:
            await it.until_state(EngineState.LIVE)
            await asyncio.sleep(1.0)
            nginx.freeze()
            assert await it.until_state(EngineState.RECONNECTING) < 5.0
            await asyncio.sleep(9.0)  # more than one attempt's patience
            nginx.thaw()
            assert await it.until_state(EngineState.LIVE) < BACK_WITHIN_S
