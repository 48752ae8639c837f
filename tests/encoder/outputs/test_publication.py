"""One destination from going live to the stop: against real ingests on real sockets, the faults included."""

from __future__ import annotations

import asyncio
import ssl
import time
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from encoder.outputs import rtmp_conversation
from encoder.outputs.packet_queue import QueueLimits
from encoder.outputs.rtmp_timings import RtmpTimings
from encoder.states import Trigger
from gshop_studio.engine_protocol import EngineState
from tests.encoder.ingest import Ingest, black_hole, running_ingest
from tests.encoder.live_feed import sound_number
from tests.encoder.media import decoded_pictures
from tests.encoder.outputs.publishing import publishing
from tests.support.certificate import self_signed
from tests.support.nginx_rtmp import free_port
from tests.support.tcp_proxy import running_tcp_proxy

S = EngineState


def _has_pictures(ingest: Ingest, count: int) -> bool:
    return len(ingest.pictures) > count


async def test_it_is_live_once_the_ingest_says_what_it_took() -> None:
    with running_ingest() as ingest:
        async with publishing(ingest.url) as it:
            assert it.publication.state is S.CONNECTING
            await it.until_state(S.LIVE)
            assert not it.publication.is_unconfirmed and it.publication.live_since_us is not None
            assert ingest.pictures, "media was there first"
            assert it.keyframes_wanted == 1
            await it.until(lambda: len(ingest.pictures) > 40)
            assert it.publication.round_trip_ms is not None
            assert 0 < it.publication.acknowledged_bytes <= it.publication.sent_bytes
            await it.publication.stop()
            assert it.state() is S.IDLE and it.triggers == [Trigger.ACCEPTED]
        publication = ingest.publications[0]
    assert publication.is_finished and publication.pictures[0].is_keyframe
    assert publication.avc_configs == [it.feed.config]
    assert publication.metadata["videodatarate"] == 600.0
    assert len(decoded_pictures(publication)) == len(publication.pictures)
    numbers = [sound_number(sample.payload) for sample in publication.sounds]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_an_accepted_publish_without_media_is_not_live() -> None:
    with running_ingest() as ingest:
        async with publishing(ingest.url) as it:
            it.feed.video_kbps = 600
            it.publication.offer = lambda packet: None  # type: ignore[method-assign]
            await it.until(lambda: ingest.publications)
            await asyncio.sleep(0.8)  # pings are answered meanwhile
            assert it.publication.state is S.CONNECTING
            del it.publication.offer
            it.feed.request_keyframe()
            await it.until_state(S.LIVE)


async def test_an_ingest_that_never_says_a_word_counts_as_live_by_tcps_word_and_is_marked() -> None:
    with running_ingest() as ingest:
        ingest.is_mute = True
        async with publishing(ingest.url) as it:
            await it.until_state(S.LIVE)
            assert it.publication.is_unconfirmed
            await asyncio.sleep(3.0)
            assert it.publication.state is S.LIVE, "its silence is no fault"
            ingest.is_mute = False
            await it.until(lambda: not it.publication.is_unconfirmed)
            assert it.triggers == [Trigger.ACCEPTED]


async def test_who_asks_often_how_much_was_acknowledged_does_not_keep_it_from_going_live() -> None:
    with running_ingest() as ingest:
        ingest.is_mute = True
        async with publishing(ingest.url) as it:
            await it.until(lambda: it.publication.acknowledged_bytes > 0 and it.publication.state is S.LIVE)
            assert it.publication.is_unconfirmed and it.triggers == [Trigger.ACCEPTED]


async def test_where_tcp_does_not_tell_the_kernels_word_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtmp_conversation, "read_tcp_progress", lambda connection: None)
    with running_ingest() as ingest:
        ingest.is_mute = True
        async with publishing(ingest.url) as it:
            waited_s = await it.until_state(S.LIVE)
            assert it.publication.is_unconfirmed and waited_s > 2.5


async def test_an_ingest_that_takes_nothing_more_is_noticed_within_five_seconds() -> None:
    """With the timings the engine has by default."""
    with running_ingest() as ingest:
        async with publishing(ingest.url, timings=RtmpTimings(), video_kbps=2500) as it:
            await it.until_state(S.LIVE)
            await asyncio.sleep(0.5)
            ingest.is_deaf = True
            assert 2.5 < await it.until_state(S.RECONNECTING) < 5
            assert it.codes == ["ingest.lost"]
            ingest.is_deaf = False
            assert await it.until_state(S.LIVE) < 4


async def test_one_that_never_said_a_word_and_takes_nothing_more_is_noticed_by_tcp() -> None:
    with running_ingest() as ingest, running_tcp_proxy(ingest.port) as proxy:
        ingest.is_mute = True
        async with publishing(f"rtmp://127.0.0.1:{proxy.port}/live", video_kbps=2500) as it:
            await it.until_state(S.LIVE)
            assert it.publication.is_unconfirmed
            proxy.freeze()
            assert 1.4 < await it.until_state(S.RECONNECTING) < 4


async def test_it_is_live_and_noticed_to_be_gone_over_tls_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with running_ingest(tls=context) as ingest:
        async with publishing(ingest.url, video_kbps=2500) as it:
            await it.until_state(S.LIVE)
            assert not it.publication.is_unconfirmed
            await it.until(lambda: len(ingest.pictures) > 60)
            assert it.publication.acknowledged_bytes > 0.7 * it.publication.sent_bytes
            ingest.is_deaf = True
            assert await it.until_state(S.RECONNECTING) < 4
            ingest.is_deaf = False
            ingest.is_mute = True
            await it.until_state(S.LIVE)
            assert it.publication.is_unconfirmed


async def test_time_stamps_go_on_over_many_connections_each_begun_by_a_keyframe() -> None:
    """Case 61."""
    with running_ingest() as ingest:
        async with publishing(ingest.url) as it:
            for count in range(1, 4):
                await it.until_state(S.LIVE)
                await it.until(partial(_has_pictures, ingest, len(ingest.pictures) + 10))
                assert len(ingest.publications) == count
                ingest.hang_up()
                await it.until_state(S.RECONNECTING)
                it.publication.retry_now()
            await it.until_state(S.LIVE)
            assert it.publication.reconnects == 3
        stamps = [stamp for publication in ingest.publications for stamp in publication.order_ms]
        assert stamps == sorted(stamps)
        assert all(publication.pictures[0].is_keyframe for publication in ingest.publications)


async def test_a_new_configuration_is_announced_before_its_keyframe() -> None:
    with running_ingest() as ingest:
        async with publishing(ingest.url) as it:
            await it.until(lambda: len(ingest.pictures) > 5)
            first = it.feed.config
            it.feed.config = first[:1] + b"\x64\x00\x28" + first[4:]
            await it.until(lambda: len(ingest.publications[0].avc_configs) == 2)
            await asyncio.sleep(1.2)
        assert ingest.publications[0].avc_configs == [first, it.feed.config], "once"


async def test_a_refused_key_stops_and_says_so() -> None:
    with running_ingest() as ingest:
        async with publishing(ingest.url, "wrong") as it:
            await it.until_state(S.FAILED)
            assert it.codes == ["ingest.refused_key"] and it.triggers == [Trigger.GAVE_UP]
            assert "wrong" not in str(it.told)


async def test_our_own_ghost_is_waited_out_quickly() -> None:
    """A server that has not noticed the end of our last connection says that somebody is publishing."""
    with running_ingest() as ingest:
        async with publishing(ingest.url) as it:
            await it.until_state(S.LIVE)
            ingest.refusal = ("NetStream.Publish.BadName", "Already publishing")
            ingest.hang_up()
            await it.until(lambda: "ingest.refused" in it.codes)
            ingest.refusal = None
            assert await it.until_state(S.LIVE) < 2


async def test_a_server_that_hangs_up_again_and_again_is_not_hammered() -> None:
    with running_ingest() as ingest:
        async with publishing(ingest.url) as it:
            for _ in range(3):
                await it.until_state(S.LIVE)
                ingest.hang_up()
                await it.until_state(S.RECONNECTING)
            retry_at_us = it.publication.retry_at_us
            assert retry_at_us is not None
            pause_s = it.feed._clock.now_us() - retry_at_us
            assert -3.1e6 < pause_s < -2.2e6, "2 s, and half as much again"


async def test_where_nobody_listens_is_probed_and_found() -> None:
    port = free_port()
    async with publishing(f"rtmp://127.0.0.1:{port}/live") as it:
        await it.until_state(S.RECONNECTING)
        assert it.codes == ["ingest.unreachable"]
        await asyncio.sleep(2.5)
        assert it.codes == ["ingest.unreachable"], "probes are not told"
        with running_ingest(port):
            assert await it.until_state(S.LIVE) < 2


async def test_a_server_behind_a_proxy_that_takes_connections_for_it_is_found() -> None:
    port = free_port()
    with running_tcp_proxy(port) as proxy:
        async with publishing(f"rtmp://127.0.0.1:{proxy.port}/live") as it:
            await it.until(lambda: len(it.codes) >= 3)
            assert set(it.codes) == {"ingest.lost"}
            with running_ingest(port):
                assert await it.until_state(S.LIVE) < 2.5


async def test_an_uplink_too_slow_for_the_sound_is_given_up_and_named() -> None:
    limits, timings = QueueLimits(overrun_ms=2000), RtmpTimings()
    with running_ingest() as ingest, running_tcp_proxy(ingest.port) as proxy:
        async with publishing(f"rtmp://127.0.0.1:{proxy.port}/live", limits=limits, timings=timings) as it:
            await it.until_state(S.LIVE)
            proxy.up_bytes_per_s = 6_000
            await it.until_state(S.RECONNECTING)
            assert it.codes == ["ingest.too_slow"]


async def test_retry_now_skips_the_wait() -> None:
    with running_ingest() as ingest:
        async with publishing(ingest.url) as it:
            await it.until_state(S.LIVE)
            ingest.refusal = ("NetStream.Publish.Failed", "stream busy")
            ingest.hang_up()
            await it.until(lambda: it.codes.count("ingest.refused") == 3)
            ingest.refusal = None
            it.publication.retry_now()
            assert await it.until_state(S.LIVE) < 1.5


@pytest.mark.parametrize("scheme", ["rtmp", "rtmps"])
async def test_a_stop_works_while_nobody_answers(scheme: str) -> None:
    with black_hole() as hole:
        async with publishing(f"{scheme}://127.0.0.1:{hole.port}/live") as it:
            await it.until(hole.was_called)
            began_s = time.monotonic()
            await it.publication.stop()
            assert time.monotonic() - began_s < 1
            assert it.publication.state is S.IDLE


async def test_a_stop_works_on_a_frozen_peer_and_while_waiting() -> None:
    with running_ingest() as ingest, running_tcp_proxy(ingest.port) as proxy:
        url = f"rtmp://127.0.0.1:{proxy.port}/live"
        async with publishing(url) as it:
            await it.until_state(S.LIVE)
            proxy.freeze()
            await it.until(lambda: it.publication.queued_ms > 100)
            began_s = time.monotonic()
            await it.publication.stop()
            assert time.monotonic() - began_s < 1
        proxy.cut()
        async with publishing(url) as it:
            await it.until_state(S.RECONNECTING)
            began_s = time.monotonic()
            await it.publication.stop()
            assert time.monotonic() - began_s < 1


async def test_several_destinations_do_not_know_of_each_other() -> None:
    with running_ingest() as good, running_ingest() as bad, running_tcp_proxy(bad.port) as proxy:
        async with publishing(good.url) as first, publishing(f"rtmp://127.0.0.1:{proxy.port}/live") as second:
            await first.until_state(S.LIVE)
            await second.until_state(S.LIVE)
            proxy.freeze()
            count = len(good.pictures)
            await second.until_state(S.RECONNECTING)
            await first.until(lambda: len(good.pictures) > count + 30)
            assert first.publication.state is S.LIVE and first.publication.dropped_pictures == 0
        steps = [later - earlier for earlier, later in pairwise(s.timestamp_ms for s in good.pictures)]
        assert max(steps) <= 34


async def test_the_first_failure_is_the_last_where_that_is_asked_for() -> None:
    async with publishing(f"rtmp://127.0.0.1:{free_port()}/live", gives_up_before_live=True) as it:
        await it.until_state(S.FAILED)
        assert it.codes == ["ingest.unreachable"]
        began_s = time.monotonic()
        await it.publication.stop()
        assert time.monotonic() - began_s < 1
