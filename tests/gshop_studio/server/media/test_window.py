"""The live window: valid playlists whatever happens, numbers that never go backwards, bounded memory."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gshop_studio.server.media.embedded.init_segment import InitSegment
from gshop_studio.server.media.embedded.limits import WindowLimits
from gshop_studio.server.media.embedded.live_stream import LiveStream
from gshop_studio.server.media.embedded.numbers import NumberFiles, Numbers
from gshop_studio.server.media.embedded.packager import EPOCH_MS
from gshop_studio.server.media.embedded.segment import Segment
from gshop_studio.server.media.embedded.window import LiveWindow
from tests.gshop_studio.server.media.hls import Playlist, assert_follows, read_playlist

INITS = [InitSegment(bytes([number]) * 16, "avc1.64001f,mp4a.40.2", 1280, 720) for number in range(3)]
SEGMENT = Segment(INITS[0], b"x" * 1000, 1.0, EPOCH_MS, starts_with_keyframe=True, is_discontinuity=False)

LIMITS = WindowLimits()
NOW_MS = EPOCH_MS + 5_000_000_000.0


def new_window(limits: WindowLimits = LIMITS, first_sequence: int = 5000) -> LiveWindow:
    return LiveWindow(first_sequence, limits)


def playlist_of(window: LiveWindow) -> Playlist:
    text = window.playlist()
    assert text is not None
    return read_playlist(text.decode())


steps = st.lists(
    st.one_of(
        st.builds(
            replace,
            st.just(SEGMENT),
            init=st.sampled_from(INITS),
            duration_s=st.floats(0.001, 12.9),
            data=st.integers(0, 4000).map(bytes),
            starts_with_keyframe=st.booleans(),
            is_discontinuity=st.booleans(),
        ),
        st.just("end"),
    ),
    max_size=120,
)


@settings(max_examples=150, deadline=None)
@given(steps=steps)
def test_any_life_of_a_stream_gives_valid_playlists_that_follow_from_each_other(steps: list[Segment | str]) -> None:
    limits = WindowLimits(max_bytes=30_000, max_segments=40)
    window = new_window(limits)
    last_init, before = None, None
    for step in steps:
        if isinstance(step, str):
            window.end()
            break
        # What the packager promises: another configuration is a discontinuity.
        window.append(replace(step, is_discontinuity=step.is_discontinuity or step.init is not last_init))
        last_init = step.init
        playlist = playlist_of(window)
        if before is not None:
            assert_follows(before, playlist)
        before = playlist
        assert len(playlist.segments) <= 40
        assert window.byte_count <= 30_000 + 4000 + 41 * 16
        for segment in playlist.segments:
            assert window.file(segment.uri) is not None
            assert window.file(segment.init_uri) is not None
        assert not playlist.is_ended
    if before is not None and window.is_ended:
        ended = playlist_of(window)
        assert ended.is_ended and ended.segments == before.segments


def test_the_listed_window_is_about_twelve_seconds_and_a_few_more_can_be_fetched() -> None:
    window = new_window()
    for _ in range(60):
        window.append(SEGMENT)
    playlist = playlist_of(window)
    assert [segment.sequence for segment in playlist.segments] == list(range(5048, 5060))
    assert window.file("seg-5036.m4s") is not None, "a player that read the playlist a moment ago still gets it"
    assert window.file("seg-5030.m4s") is None


def test_memory_stays_bounded_over_a_long_show() -> None:
    window = new_window(WindowLimits(max_bytes=8_000_000))
    big = replace(SEGMENT, data=b"x" * 500_000)
    sizes = []
    for number in range(5000):
        window.append(replace(big, init=INITS[number // 100 % 3], is_discontinuity=number % 100 == 0))
        sizes.append(window.byte_count)
    assert max(sizes) < 8_600_000
    assert len(playlist_of(window).segments) >= 3


def test_long_gops_keep_three_segments() -> None:
    window = new_window()
    for _ in range(10):
        window.append(replace(SEGMENT, duration_s=10.0))
    playlist = playlist_of(window)
    assert playlist.target_duration_s == 10
    assert len(playlist.segments) == 3


def test_discontinuities_are_counted_when_they_leave_the_window() -> None:
    window = new_window()
    for number in range(40):
        window.append(replace(SEGMENT, is_discontinuity=number % 4 == 0))
        playlist = playlist_of(window)
        by_number = {segment.sequence: segment.discontinuity_sequence for segment in playlist.segments}
        assert by_number == {sequence: (sequence - 5000) // 4 for sequence in by_number}


def test_an_unchanged_configuration_keeps_its_name_over_a_reconnect() -> None:
    window = new_window()
    window.append(SEGMENT)
    window.append(replace(SEGMENT, is_discontinuity=True, init=replace(INITS[0], data=bytes(INITS[0].data))))
    assert {segment.init_uri for segment in playlist_of(window).segments} == {"init-5000.mp4"}
    window.append(replace(SEGMENT, is_discontinuity=True, init=INITS[1]))
    assert playlist_of(window).segments[-1].init_uri == "init-5002.mp4"
    assert window.file("init-5000.mp4") == INITS[0].data
    assert window.file("init-5002.mp4") == INITS[1].data


def test_there_is_no_playlist_before_the_first_segment() -> None:
    assert new_window().playlist() is None


def test_the_numbers_go_on_after_the_server_was_killed(tmp_path: Path) -> None:
    """Case 65: to the player it is a discontinuity in the same playlist."""
    files = NumberFiles(tmp_path)
    before = LiveStream("a", WindowLimits(), NOW_MS, files)
    for number in range(30):
        before.append(replace(SEGMENT, duration_s=2.0, is_discontinuity=number % 10 == 0))
    first = playlist_of(before.window)
    after = LiveStream("a", WindowLimits(), NOW_MS + 5_000, files)
    after.append(replace(SEGMENT, is_discontinuity=True))
    second = playlist_of(after.window)
    assert_follows(first, second)
    assert second.segments[0].sequence == first.segments[-1].sequence + 1
    assert second.segments[0].is_discontinuity
    assert second.segments[0].discontinuity_sequence == first.segments[-1].discontinuity_sequence + 1
    after.end()
    assert list(tmp_path.iterdir()) == []


def test_without_files_the_numbers_are_about_where_they_would_be() -> None:
    before = LiveStream("a", WindowLimits(), NOW_MS, NumberFiles(None))
    for _ in range(3600):
        before.append(SEGMENT)
    after = LiveStream("a", WindowLimits(), NOW_MS + 3_605_000, NumberFiles(None))
    assert after.window.numbers.next_sequence == before.window.numbers.next_sequence + 5


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "null", '{"next_sequence": "x"}', "\0" * 50, '{"next_sequence": -5}']
)
def test_spoilt_numbers_are_passed_over(tmp_path: Path, content: str) -> None:
    """Case 59."""
    (tmp_path / "a.json").write_text(content)
    assert NumberFiles(tmp_path).load("a") is None


def test_a_disk_that_fails_does_not_stop_the_show(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Case 59."""
    (tmp_path / "file").touch()
    files = NumberFiles(tmp_path / "file" / "below")
    files.prepare()
    stream = LiveStream("a", WindowLimits(), NOW_MS, files)
    for _ in range(5):
        stream.append(SEGMENT)
    stream.end()
    assert len(playlist_of(stream.window).segments) == 5
    assert len(caplog.records) == 1, "said once"


def test_numbers_of_yesterday_are_dropped(tmp_path: Path) -> None:
    files = NumberFiles(tmp_path)
    files.save("old", Numbers(1, 0, 1))
    files.save("new", Numbers(1, 0, 1))
    os.utime(tmp_path / "old.json", (0, 0))
    files.prepare()
    assert (files.load("old"), files.load("new")) == (None, Numbers(1, 0, 1))


def test_a_strange_stream_id_is_no_path(tmp_path: Path) -> None:
    """Case 35."""
    files = NumberFiles(tmp_path / "numbers")
    files.prepare()
    files.save("../outside", Numbers(1, 0, 1))
    assert list(tmp_path.rglob("*.json")) == []
