"""Time: the arrival clock, the snapping of milliseconds, and the pace of a publisher."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from gshop_studio.server.media.embedded.guess_throttle import GuessThrottle
from gshop_studio.server.media.embedded.limits import GuessLimits
from gshop_studio.server.media.embedded.media_clock import ArrivalClock
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
