"""Whole broadcasts: ffmpeg publishes to the real port, ffmpeg, ffprobe and PyAV play what uvicorn serves."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from tests.gshop_studio.server.media.hls import assert_follows
from tests.gshop_studio.server.media.mp4 import decode
from tests.gshop_studio.server.media.service import (
    KEY,
    OTHER_STREAM_ID,
    PATIENT,
    STREAM_ID,
    ffmpeg_publisher,
    program,
    run_program,
    running,
    until,
)

PLAY = """
import av, json, sys
found = {"video": [], "audio": []}
with av.open(sys.argv[1]) as container:
    for frame in container.decode():
        kind = "video" if isinstance(frame, av.VideoFrame) else "audio"
        found[kind].append(float(frame.pts * frame.time_base))
        if len(found["video"]) >= int(sys.argv[2]):
            break
print(json.dumps(found))
"""


@pytest.mark.parametrize(
    ("shape", "channels"),
    [
        ({}, 2),
        ({"video": ("-bf", "2", "-b_strategy", "0")}, 2),
        ({"sound": None}, 0),
        ({"sound": ("-c:a", "aac", "-ac", "6")}, 6),
        ({"sound": ("-c:a", "aac", "-ac", "1", "-ar", "44100"), "fps": "25", "gop": 25}, 1),
        ({"fps": "30000/1001"}, 2),
    ],
    ids=["plain", "b-frames", "no sound", "5.1", "mono at 25 fps", "29.97 fps"],
)
async def test_ffmpeg_publishes_and_players_play(shape: dict[str, object], channels: int) -> None:
    async with running() as service:
        began = time.monotonic()
        command = ffmpeg_publisher(f"{service.rtmp_url}/{KEY}", **shape)  # type: ignore[arg-type]
        async with program(*command):
            playlist = await service.listed(1)
            first_listed_s = time.monotonic() - began
            playlist = await service.listed(3)

            played, probed = await asyncio.gather(
                run_program(sys.executable, "-c", PLAY, service.playlist_url(), "75"),
                run_program(
                    "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,channels,width,height",
                    "-of", "json", service.playlist_url(),
                ),
            )  # fmt: skip
            later = await service.playlist()
        assert later is not None
        assert_follows(playlist, later)
        assert first_listed_s < 10, "generous: other programs run here too"

        for segment in later.segments[:-1]:
            assert segment.duration_s == pytest.approx(1.0, abs=0.05)
        for a, b in pairwise(later.segments[:-1]):
            assert (b.program_time - a.program_time).total_seconds() == pytest.approx(a.duration_s, abs=0.25)
        assert abs((datetime.now(UTC) - later.segments[-1].program_time).total_seconds()) < 5

        assert played.status == 0 and played.stderr == "", played.stderr
        times = json.loads(played.stdout)
        steps = [b - a for a, b in pairwise(times["video"])]
        assert max(steps) - min(steps) < 0.002, "evenly spaced"
        if channels:
            assert max(b - a for a, b in pairwise(times["audio"])) < 0.03
        assert probed.status == 0 and probed.stderr == "", probed.stderr
        streams = {stream["codec_name"]: stream for stream in json.loads(probed.stdout)["streams"]}
        assert streams["h264"]["width"] == 192
        assert streams.get("aac", {}).get("channels", 0) == channels


async def test_ffmpeg_plays_without_a_complaint_and_sees_the_end() -> None:
    async with running() as service:
        async with program(*ffmpeg_publisher(f"{service.rtmp_url}/{KEY}", duration_s=6)) as publisher:
            await service.listed(2)
            player = asyncio.create_task(
                run_program("ffmpeg", "-nostdin", "-v", "error", "-i", service.playlist_url(), "-f", "null", "-")
            )
            _, complaints = await asyncio.wait_for(publisher.communicate(), 30)
            assert publisher.returncode == 0, complaints
            await service.told(("started", STREAM_ID), ("stopped", STREAM_ID))
            await service.media.end_stream(STREAM_ID)
            finished = await player
        assert finished.status == 0
        assert finished.stderr == ""
        playlist = await service.playlist()
        assert playlist is not None and playlist.is_ended
        assert sum(segment.duration_s for segment in playlist.segments) == pytest.approx(6, abs=0.1)


async def test_a_gop_of_several_seconds_plays() -> None:
    async with running() as service:
        command = ffmpeg_publisher(f"{service.rtmp_url}/{KEY}", gop=120, duration_s=9, real_time=False)
        async with program(*command) as publisher:
            await asyncio.wait_for(publisher.communicate(), 30)
        await service.told(("started", STREAM_ID), ("stopped", STREAM_ID))
        playlist = await service.playlist()
        assert playlist is not None
        assert [segment.duration_s for segment in playlist.segments] == pytest.approx([4, 4, 1], abs=0.05)
        assert playlist.target_duration_s == 4
        segments = [await service.fetch(segment.uri) for segment in playlist.segments]
        decoded = decode(await service.fetch(playlist.segments[0].init_uri), segments)
        assert decoded.complaints == []
        assert len(decoded.video_pts_s) == 270


async def test_a_publisher_that_comes_back_goes_on_in_the_same_playlist() -> None:
    """Case 61: the network was gone; the playlist goes on after a discontinuity."""
    async with running() as service:
        command = ffmpeg_publisher(f"{service.rtmp_url}/{KEY}")
        async with program(*command):
            before = await service.listed(2)
        await service.told(("started", STREAM_ID), ("stopped", STREAM_ID))
        async with program(*command):
            last = before.segments[-1].sequence

            async def went_on() -> bool:
                playlist = await service.playlist()
                assert playlist is not None
                return playlist.segments[-1].sequence >= last + 3

            await until(went_on, what="segments after the reconnect")
        await service.told(
            ("started", STREAM_ID), ("stopped", STREAM_ID), ("started", STREAM_ID), ("stopped", STREAM_ID)
        )
        after = await service.playlist()
        assert after is not None
        assert_follows(before, after)
        assert [segment.is_discontinuity for segment in after.segments].count(True) == 1
        init = await service.fetch(after.segments[-1].init_uri)
        decoded = decode(init, [await service.fetch(segment.uri) for segment in after.segments])
        assert decoded.complaints == []
        assert all(a < b for a, b in pairwise(decoded.video_pts_s))


async def test_two_shows_at_once_do_not_mix() -> None:
    async with running() as service:
        one = ffmpeg_publisher(f"{service.rtmp_url}/{KEY}")
        other = ffmpeg_publisher(f"{service.rtmp_url}/other-key", size="128x72")
        async with program(*one), program(*other):
            playlists = await asyncio.gather(service.listed(1), service.listed(1, OTHER_STREAM_ID))
        widths = []
        for stream_id, playlist in zip((STREAM_ID, OTHER_STREAM_ID), playlists, strict=True):
            segment = playlist.segments[0]
            init, data = await service.fetch(segment.init_uri, stream_id), await service.fetch(segment.uri, stream_id)
            widths.append(decode(init, [data]).width)
        assert widths == [192, 128]


@pytest.mark.parametrize(
    ("key", "reason"),
    [("wrong", "not valid"), ("not-yet", "not on air"), ("k" * 300, "too long"), ("a;b c&d=e", "not valid")],
)
async def test_ffmpeg_is_told_why_it_is_refused(key: str, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    """Case 57, case 53: the publisher's user sees the reason; case 44: no log holds the key."""
    caplog.set_level("DEBUG")
    async with running() as service:
        service.authority.streams_by_key["not-yet"] = OTHER_STREAM_ID
        service.authority.not_live.add(OTHER_STREAM_ID)
        refused = await run_program(*ffmpeg_publisher(f"{service.rtmp_url}/{key}"))
    assert refused.status != 0
    assert reason in refused.stderr
    assert not [record for record in caplog.records if key in record.getMessage()]


async def test_ffmpeg_is_told_that_the_key_is_in_use() -> None:
    """Case 57: a second publisher on a live key; the first one is not disturbed."""
    async with running() as service:
        command = ffmpeg_publisher(f"{service.rtmp_url}/{KEY}")
        async with program(*command) as first:
            before = await service.listed(1)
            refused = await run_program(*command)
            assert refused.status != 0
            assert "Somebody else is publishing" in refused.stderr
            after = await service.listed(len(before.segments) + 2)
            assert first.returncode is None
            assert not any(segment.is_discontinuity for segment in after.segments)
            assert service.authority.told == [("started", STREAM_ID)]


async def test_ffmpeg_is_told_of_a_wrong_application() -> None:
    async with running() as service:
        url = service.rtmp_url.replace("/live", "/elsewhere")
        refused = await run_program(*ffmpeg_publisher(f"{url}/{KEY}"))
        assert refused.status != 0
        assert "no such application" in refused.stderr
        assert service.authority.asked == 0


async def test_a_publisher_that_does_not_wait_for_the_clock_is_slowed_to_it() -> None:
    """Case 56: a flood faster than real time meets back-pressure."""
    limits = replace(PATIENT, max_ahead_s=3)
    async with running(limits) as service:
        began = time.monotonic()
        command = ffmpeg_publisher(f"{service.rtmp_url}/{KEY}", duration_s=9, real_time=False, size="640x360")
        async with program(*command) as publisher:
            await asyncio.wait_for(publisher.communicate(), 30)
            await service.told(("started", STREAM_ID), ("stopped", STREAM_ID))
        assert time.monotonic() - began > 4, "9 s of media take a second without back-pressure"
        playlist = await service.playlist()
        assert playlist is not None
        assert sum(segment.duration_s for segment in playlist.segments) == pytest.approx(9, abs=0.1), "nothing is lost"
