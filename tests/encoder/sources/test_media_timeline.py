"""The medium's time against the clock's ticks, over any number of pauses."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from encoder.clock import tick_to_sample, tick_to_us
from encoder.sources.media_timeline import MediaTimeline

START = 51_000_000_000
CHANGES = st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=12)


def test_it_stands_runs_stands_and_goes_on_where_it_stood() -> None:
    timeline = MediaTimeline()
    assert timeline.media_tick_at(START) == 0
    assert timeline.set_running(START, is_running=True) == 0
    assert timeline.media_tick_at(START + 30) == 30
    assert timeline.set_running(START + 30, is_running=False) == 30
    assert timeline.media_tick_at(START + 300) == 30 and not timeline.is_running
    timeline.set_running(START + 300, is_running=True)
    assert [timeline.media_tick_at(START + tick) for tick in (29, 31, 299, 301)] == [29, 30, 30, 31]


def test_a_change_before_the_last_one_waits_for_it() -> None:
    timeline = MediaTimeline()
    timeline.set_running(START, is_running=True)
    timeline.set_running(START + 10, is_running=False)
    timeline.set_running(START + 5, is_running=True)
    assert timeline.media_tick_at(START + 20) == 20, "as if it had never stood"


def test_a_stretch_of_sound_is_cut_where_the_medium_stands() -> None:
    timeline = MediaTimeline()
    timeline.set_running(START, is_running=True)
    timeline.set_running(START + 2, is_running=False)
    timeline.set_running(START + 4, is_running=True)
    position = tick_to_sample(START) - 100
    parts = list(timeline.stretches(position, 100 + 6 * 1600))
    assert [(part.offset, part.count, part.media_position) for part in parts] == [
        (0, 100, None),
        (100, 3200, 0),
        (3300, 3200, None),
        (6500, 3200, 3200),
    ]


@given(CHANGES, st.integers(0, 500_000), st.integers(1, 5000))
def test_picture_and_sound_see_the_same_time_and_it_never_falls(
    changes: list[tuple[int, bool]], offset: int, count: int
) -> None:
    timeline = MediaTimeline()
    tick = START
    for step, is_running in changes:
        tick += step
        timeline.set_running(tick, is_running)
    ticks = range(START - 2, START + 500)
    media = [timeline.media_tick_at(tick) for tick in ticks]
    assert all(0 <= later - earlier <= 1 for earlier, later in pairwise(media))
    for tick, media_tick in zip(ticks, media, strict=True):
        assert abs(timeline.media_us_at(tick_to_us(tick)) - tick_to_us(media_tick)) <= 1
    position = tick_to_sample(START) + offset
    parts = list(timeline.stretches(position, count))
    assert [part.offset for part in parts] == [sum(part.count for part in parts[:n]) for n in range(len(parts))]
    assert sum(part.count for part in parts) == count
    for part in parts:
        if part.media_position is not None:
            at = position + part.offset
            assert part.media_position == tick_to_sample(timeline.media_tick_at(at // 1600)) + at % 1600
