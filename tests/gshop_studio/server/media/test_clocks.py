"""Time: the arrival and the capture clock, the snapping of milliseconds, and the pace of a publisher."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.server.media.embedded.guess_throttle import GuessThrottle
from gshop_studio.server.media.embedded.limits import GuessLimits
from gshop_studio.server.media.embedded.media_clock import ArrivalClock, CaptureClock
from gshop_studio.server.media.embedded.pace import Pace
from gshop_studio.server.media.embedded.timelines import AudioTimeline, VideoTimeline, frame_ticks_of


def test_the_arrival_clock_is_not_moved_by_jitter() -> None:
    clock, jitter = ArrivalClock(), random.Random(7)
    for frame in range(300):
        clock.observe(frame * 33.0, 1_000_000 + frame * 33.0 + 20 + jitter.random() * 500)
    assert clock.utc_ms(9900) == pytest.approx(1_000_000 + 9900 + 20, abs=10)


def test_the_arrival_clock_follows_a_drifting_publisher() -> None:
    clock = ArrivalClock()
    for second in range(3600):
        clock.observe(second * 1000.0, second * 1000.0 * 1.0002)
    assert clock.utc_ms(3_600_000) == pytest.approx(3_600_000 * 1.0002, abs=15)


@pytest.mark.parametrize("jump_ms", [-3_600_000, 3_600_000])
def test_the_arrival_clock_gets_over_a_jump_of_the_wall_clock(jump_ms: int) -> None:
    """Case 59."""
    clock = ArrivalClock()
    for second in range(100):
        clock.observe(second * 1000.0, 10_000_000 + second * 1000.0)
    for second in range(100, 160):
        clock.observe(second * 1000.0, 10_000_000 + jump_ms + second * 1000.0)
    assert clock.utc_ms(160_000) == pytest.approx(10_160_000 + jump_ms, abs=1)


AHEAD_MS = 3_600_000.0
"""How much the publisher's clock is ahead of ours."""


def show(
    clock: CaptureClock, frames: range, *, ahead_ms: float = AHEAD_MS, delay_ms: float = 0.0, began_ms: float = 1e9
) -> None:
    """Pictures at 30 fps whose keyframes tell when they were captured; media time begins at 500."""
    for frame in frames:
        at_ms = frame * 1000 / 30
        captured_ms = began_ms + ahead_ms + at_ms if frame % 30 == 0 else None
        clock.observe(500 + at_ms, began_ms + at_ms + 40 + delay_ms, captured_ms)


def test_the_capture_clock_tells_capture_time_in_ours() -> None:
    clock = CaptureClock()
    show(clock, range(300))
    assert clock.offset_ms == pytest.approx(40 - AHEAD_MS)
    assert clock.utc_ms(500 + 9_000) == pytest.approx(1e9 + 9_000 + 40)
    assert clock.utc_ms(500 + 9_990) == pytest.approx(1e9 + 9_990 + 40), "between keyframes too"


def test_pictures_that_come_late_and_in_bursts_do_not_move_the_capture_clock() -> None:
    """Time stamps that follow arrival would be off by the whole burst."""
    clock, jitter = CaptureClock(), random.Random(3)
    show(clock, range(60))
    for burst in range(20):
        first = 60 + burst * 30
        arrives_ms = 1e9 + (first + 30) * 1000 / 30 + jitter.random() * 700
        for frame in range(first, first + 30):
            at_ms = frame * 1000 / 30
            # Media time as a publisher that stamps by sending would have it: it lags behind capture.
            media_ms = 500 + at_ms + burst * 5
            clock.observe(media_ms, arrives_ms, 1e9 + AHEAD_MS + at_ms if frame == first else None)
        assert clock.utc_ms(500 + first * 1000 / 30 + burst * 5) == pytest.approx(1e9 + first * 1000 / 30 + 40, abs=5)


def test_the_capture_clock_follows_drift_and_a_clock_that_was_set() -> None:
    clock = CaptureClock()
    for second in range(1800):
        clock.observe(second * 1000.0, 1e9 + second * 1000.0 * 1.0002, 1e9 - 5e6 + second * 1000.0)
    assert clock.utc_ms(1_799_000) == pytest.approx(1e9 + 1_799_000 * 1.0002, abs=15)
    for second in range(1800, 1803):
        clock.observe(second * 1000.0, 1e9 + 7_200_000 + second * 1000.0 * 1.0002, 1e9 - 5e6 + second * 1000.0)
    assert clock.utc_ms(1_802_000) == pytest.approx(1e9 + 7_200_000 + 1_802_000 * 1.0002, abs=1)


def test_without_capture_times_the_capture_clock_tells_arrival() -> None:
    clock, arrival = CaptureClock(), ArrivalClock()
    for frame in range(60):
        for one in (clock, arrival):
            one.observe(frame * 33.0, 1e9 + frame * 33.0 + 20)
    assert clock.utc_ms(1000) == arrival.utc_ms(1000) and clock.offset_ms is None
    clock.observe(1980, 1e9 + 1980 + 20, 1e9)
    clock.observe(13_000, 1e9 + 13_000 + 20)
    assert clock.utc_ms(13_000) == pytest.approx(1e9 + 13_020), "the last word was too long ago"


@pytest.mark.parametrize("absurd_ms", [0.0, 1e12, 1e9 - 90_000_000, 1e9 + 90_000_000, float(1 << 63) / 1000])
def test_an_absurd_capture_time_is_passed_over(absurd_ms: float) -> None:
    clock = CaptureClock()
    show(clock, range(90))
    clock.observe(500 + 3000, 1e9 + 3040, absurd_ms)
    assert clock.utc_ms(500 + 3000) == pytest.approx(1e9 + 3040, abs=1)


@given(st.lists(st.tuples(st.floats(0, 2000), st.floats(0, 5000), st.none() | st.floats(-1e8, 1e8)), max_size=60))
def test_whatever_a_publisher_says_the_time_told_is_near_arrival(
    steps: list[tuple[float, float, float | None]],
) -> None:
    clock = CaptureClock()
    media_ms, arrived_ms = 0.0, 1e9
    for media_step_ms, arrival_step_ms, said_ms in steps:
        media_ms, arrived_ms = media_ms + media_step_ms, arrived_ms + arrival_step_ms
        clock.observe(media_ms, arrived_ms, None if said_ms is None else arrived_ms + said_ms)
        told_ms = clock.utc_ms(media_ms)
        assert told_ms <= arrived_ms + 0.001
        if said_ms is not None:
            assert told_ms >= arrived_ms - 400_000


@pytest.mark.parametrize(
    ("announced", "frame_ticks"),
    [
        (30, Fraction(3000)), (29.97, Fraction(3003)), (30000 / 1001, Fraction(3003)), (25.0, Fraction(3600)),
        (59.94, Fraction(3003, 2)), (23.976, Fraction(15015, 4)), (60, Fraction(1500)), (None, None), ("30", None),
        (float("nan"), None), (float("inf"), None), (0, None), (-30, None), (1e300, None),
    ],
)  # fmt: skip
def test_the_frame_rate_is_read_from_what_publishers_announce(announced: object, frame_ticks: Fraction | None) -> None:
    assert frame_ticks_of(announced) == frame_ticks


def test_rounded_stamps_lie_on_the_frame_grid_for_hours() -> None:
    timeline = VideoTimeline(0, 0, frame_ticks_of(29.97))
    places = [timeline.place(round(frame * 1001 / 30)) for frame in range(200_000)]
    assert places == [frame * 3003 for frame in range(200_000)]


def test_an_uneven_publisher_is_taken_at_its_word() -> None:
    timeline = VideoTimeline(100, 0, frame_ticks_of(30))
    assert [timeline.place(ms) for ms in (100, 150, 160, 300)] == [0, 4500, 5400, 18000]


def test_sound_that_lags_a_little_is_counted_and_a_lot_is_moved() -> None:
    timeline = AudioTimeline(0, 0, 48000)
    assert [timeline.place(ms) for ms in (0, 21, 42, 70, 85, 500)] == [0, 1024, 2048, 3072, 4096, 24000]
    assert timeline.place(400) is None, "over sound that is there already"


def test_the_pace_allows_catching_up_and_no_flood() -> None:
    """Case 56."""
    pace = Pace(allowance_s=30)
    assert pace.wait_s(10.0, 0.0) == 0
    assert pace.wait_s(11.0, 60.0) == 0, "lagged by 50 s"
    assert pace.wait_s(40.0, 60.0) == 0
    assert pace.wait_s(46.0, 60.0) == pytest.approx(5)
    assert pace.wait_s(46.0, 65.0) == 0


def test_wrong_keys_are_counted_an_address_and_forgiven_later() -> None:
    """Case 34."""
    now = [0.0]
    throttle = GuessThrottle(GuessLimits(max_wrong=3, window_s=60, max_addresses=2), lambda: now[0])
    for _ in range(3):
        assert not throttle.is_limited("a")
        throttle.note_wrong("a")
    assert throttle.is_limited("a")
    assert not throttle.is_limited("b")
    now[0] = 61
    assert not throttle.is_limited("a")


def test_the_counts_of_wrong_keys_are_bounded() -> None:
    throttle = GuessThrottle(GuessLimits(max_wrong=1, max_addresses=2), lambda: 0.0)
    for address in "abc":
        throttle.note_wrong(address)
    assert [throttle.is_limited(address) for address in "abc"] == [False, True, True]
