"""Publishers' connections: who may publish, who makes way for whom, and how a show ends."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
import uvloop

from gshop_studio.rtmp import PublishRefused, PublishStarted, build_capture_sei, flv, insert_into
from gshop_studio.rtmp.flv import VideoTag
from gshop_studio.server.media.embedded import EmbeddedMedia
from gshop_studio.server.media.ports import MediaBackend
from tests.gshop_studio.server.media.footage import encode
from tests.gshop_studio.server.media.hls import assert_follows
from tests.gshop_studio.server.media.rtmp_client import Client, connected
from tests.gshop_studio.server.media.service import (
    KEY,
    PATIENT,
    STREAM_ID,
    Authority,
    Service,
    running,
    until,
    with_times,
)

FOOTAGE = encode()


async def test_the_embedded_back_end_is_a_media_back_end() -> None:
    media: MediaBackend = EmbeddedMedia(Authority(), host="127.0.0.1", rtmp_port=0)
    assert media.rtmp_port == 0
    await media.start()
    assert media.rtmp_port > 0
    await media.close()
    await media.close()


async def test_a_taken_port_is_an_error() -> None:
    async with running() as service:
        second = EmbeddedMedia(Authority(), host="127.0.0.1", rtmp_port=service.media.rtmp_port)
        with pytest.raises(OSError):
            await second.start()
        await second.close()


async def test_a_foreign_host_is_an_error() -> None:
    media = EmbeddedMedia(Authority(), host="203.0.113.1", rtmp_port=0)
    with pytest.raises(OSError):
        await media.start()


async def test_media_is_told_once_the_first_segment_is_listed() -> None:
    async with running() as service, connected(service) as client:
        assert await client.publish(service) == PublishStarted()
        await client.send([one for one in FOOTAGE if one.timestamp_ms < 900])
        await asyncio.sleep(0.1)
        assert service.authority.told == []
        await client.send([one for one in FOOTAGE if 900 <= one.timestamp_ms < 1100])
        await service.told(("started", STREAM_ID))
        assert await service.playlist() is not None


async def test_a_publisher_without_a_segment_is_not_told_of() -> None:
    async with running() as service:
        async with connected(service) as client:
            await client.publish(service)

        async def is_free() -> bool:
            async with connected(service) as client:
                return await client.publish(service) == PublishStarted()

        await until(is_free)
        assert service.authority.told == []
        assert await service.playlist() is None


async def test_what_was_begun_is_listed_when_the_publisher_says_goodbye() -> None:
    async with running() as service, connected(service) as client:
        await client.publish(service)
        await client.send(FOOTAGE[:-15])
        assert client.rtmp is not None
        client.rtmp.finish()
        await client.flush()
        await service.told(("started", STREAM_ID), ("stopped", STREAM_ID))
        playlist = await service.playlist()
        assert playlist is not None
        assert 3.5 < sum(segment.duration_s for segment in playlist.segments) < 4
        assert not playlist.is_ended, "the same key may come back"


async def test_a_wrong_key_is_refused_slowly_and_not_for_ever() -> None:
    """Case 57, case 34: guessing is slowed, then no key is looked at any more, right or wrong."""
    async with running() as service:
        for _ in range(3):
            began = time.monotonic()
            async with connected(service) as client:
                answer = await client.publish(service, "guess")
            assert isinstance(answer, PublishRefused) and answer.code == "NetStream.Publish.BadName"
            assert time.monotonic() - began >= 0.1
        asked = service.authority.asked
        async with connected(service) as client:
            answer = await client.publish(service, KEY)
        assert isinstance(answer, PublishRefused) and "Too many" in answer.description
        assert service.authority.asked == asked


async def test_the_query_of_a_stream_name_is_no_part_of_the_key() -> None:
    async with running() as service, connected(service) as client:
        assert await client.publish(service, f"{KEY}?bandwidthtest=1") == PublishStarted()


async def test_a_silent_publisher_makes_way_for_one_that_comes_back() -> None:
    """Case 61: after a loss of the network the old connection still looks open; the engine is not refused for it."""
    async with running() as service, connected(service) as old, connected(service) as new:
        await old.publish(service)
        await old.send(FOOTAGE[:100])
        await service.told(("started", STREAM_ID))
        began = time.monotonic()
        assert await new.publish(service) == PublishStarted()
        assert time.monotonic() - began < 5
        assert service.authority.told == [("started", STREAM_ID), ("stopped", STREAM_ID)]
        await new.send(FOOTAGE)
        await service.told(("started", STREAM_ID), ("stopped", STREAM_ID), ("started", STREAM_ID))
        await old.closed_by_server()


async def test_a_living_publisher_keeps_its_stream() -> None:
    """Case 57."""
    async with running(with_times(takeover_s=5)) as service, connected(service) as old, connected(service) as new:
        await old.publish(service)
        await old.send(FOOTAGE[:100])

        async def go_on() -> None:
            for start in range(100, len(FOOTAGE), 3):
                await old.send(FOOTAGE[start : start + 3])
                await asyncio.sleep(0.03)

        sending = asyncio.create_task(go_on())
        began = time.monotonic()
        answer = await new.publish(service)
        assert isinstance(answer, PublishRefused)
        assert time.monotonic() - began < 3, "a sign of life is enough"
        await sending
        playlist = await service.playlist()
        assert playlist is not None and not any(segment.is_discontinuity for segment in playlist.segments)


async def test_two_that_come_back_at_once_do_not_both_get_the_stream() -> None:
    async with running() as service, connected(service) as old, connected(service) as a, connected(service) as b:
        await old.publish(service)
        await old.send(FOOTAGE[:100])

        answers = []

        async def come_back(client: Client) -> None:
            answers.append(await client.publish(service) == PublishStarted())
            while len(answers) < 2:
                assert client.rtmp is not None
                client.rtmp.send_ping(1)
                await client.flush()
                await asyncio.sleep(0.05)

        await asyncio.gather(come_back(a), come_back(b))
        assert answers == [True, False]


async def test_the_end_of_a_show_is_written_and_its_publisher_sent_away() -> None:
    async with running() as service, connected(service) as client:
        await client.publish(service)
        await client.send(FOOTAGE[:-20])
        await service.told(("started", STREAM_ID))
        await service.listed(3)
        assert service.media.open_stream_ids == [STREAM_ID]
        await service.media.end_stream(STREAM_ID)
        assert service.media.open_stream_ids == []
        playlist = await service.playlist()
        assert playlist is not None and playlist.is_ended
        assert sum(segment.duration_s for segment in playlist.segments) > 3.5, "with what was begun"
        await client.closed_by_server()
        await client_is_gone(service)
        assert service.authority.told == [("started", STREAM_ID)], "whoever ended it knows"


async def client_is_gone(service: Service) -> None:
    async def is_free() -> bool:
        async with connected(service) as client:
            return await client.publish(service) == PublishStarted()

    await until(is_free)


async def test_the_end_of_an_unknown_show_is_nothing() -> None:
    async with running() as service:
        await service.media.end_stream("unknown")


async def test_an_ended_show_is_forgotten_after_a_while() -> None:
    limits = replace(PATIENT, window=replace(PATIENT.window, forget_ended_s=0.3))
    async with running(limits) as service, connected(service) as client:
        await client.publish(service)
        await client.send(FOOTAGE)
        await service.listed(3)
        await service.media.end_stream(STREAM_ID)
        assert await service.playlist() is not None

        async def is_forgotten() -> bool:
            return await service.playlist() is None

        await until(is_forgotten)


async def test_closing_sends_everybody_away_quickly() -> None:
    async with running() as service, connected(service) as busy, connected(service) as mute:
        await busy.publish(service)
        await busy.send(FOOTAGE[:50])
        began = time.monotonic()
        await service.media.close()
        assert time.monotonic() - began < 4
        await busy.closed_by_server()
        await mute.closed_by_server()


async def test_a_moment_of_the_capture_clock_is_told_in_the_servers_time() -> None:
    """The publisher's clock is an hour ahead. Before it says when it captured, nothing is known."""
    async with running() as service:
        assert service.media.media_time_ms(STREAM_ID, 1_000) is None
        async with connected(service) as client:
            await client.publish(service)
            assert service.media.media_time_ms(STREAM_ID, 1_000) is None
            ahead_ms = 3_600_000
            captured_ms = round(time.time() * 1000) + ahead_ms
            config, keyframe = [one for one in FOOTAGE if isinstance(one.tag, VideoTag)][:2]
            unit = insert_into(keyframe.tag.payload, build_capture_sei(captured_ms * 1000))
            body = flv.build_avc_frame(unit, is_keyframe=True, composition_ms=0)
            await client.send([config, replace(keyframe, tag=flv.parse_video(body))])

            async def is_known() -> int | None:
                return service.media.media_time_ms(STREAM_ID, captured_ms - 500)

            at_ms = await until(is_known)
            assert at_ms == pytest.approx(captured_ms - ahead_ms - 500, abs=1_000)

        async def is_gone() -> bool:
            return service.media.media_time_ms(STREAM_ID, captured_ms) is None

        await until(is_gone)


async def test_viewers_go_on_after_a_restart_of_the_server(tmp_path: Path) -> None:
    """Case 65: the playlist of the restarted server is the old one, a discontinuity later."""
    playlists = []
    for _ in range(2):
        async with running(state_dir=tmp_path) as service, connected(service) as client:
            assert await service.playlist() is None
            await client.publish(service)
            await client.send(FOOTAGE)
            playlists.append(await service.listed(3))
    before, after = playlists
    assert_follows(before, after)
    assert after.segments[0].is_discontinuity
    # What was begun when the server stopped was listed, too.
    assert after.segments[0].sequence - before.segments[-1].sequence in (1, 2)


def test_publishers_that_break_off_do_no_harm_under_uvloop() -> None:
    """Case 47: the server runs on uvloop, which raises where asyncio only warns."""

    async def break_off() -> None:
        async with running() as service:
            for count in (0, 1, 10, 60, 200):
                async with connected(service) as client:
                    await client.publish(service)
                    await client.send(FOOTAGE[:count])
                    client.writer.transport.abort()
                await client_is_gone(service)
            async with connected(service) as client:
                await client.publish(service)
                await client.send(FOOTAGE)
                await service.listed(3)
                await service.media.end_stream(STREAM_ID)
                await client.closed_by_server()

    uvloop.run(break_off())
