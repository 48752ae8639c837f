"""Time stamps follow capture and keep an even pace."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from encoder.clock import tick_to_us
from encoder.encoders.capture_lag import LARGEST_LAG_US, SLEW_US_PER_S, CaptureLag

FIRST_TICK = 51_000_000_000


def lags_of(seen_us: list[int]) -> list[int]:
    """The lag at each tick, when each picture is that old."""
    lag = CaptureLag()
    ticks_us = [tick_to_us(FIRST_TICK + index) for index in range(len(seen_us))]
    return [lag.at(tick_us, tick_us - age) for tick_us, age in zip(ticks_us, seen_us, strict=True)]


def test_a_picture_captured_at_its_tick_has_no_lag() -> None:
    assert set(lags_of([0] * 100)) == {0}


def test_a_camera_that_is_always_as_late_is_followed_from_the_first_picture_on() -> None:
    assert set(lags_of([45_000] * 100)) == {45_000}


def test_the_mean_of_a_jittering_camera_is_found_and_the_pace_stays_even() -> None:
    random = Random(7)
    lags = lags_of([40_000 + random.randint(-15_000, 15_000) for _ in range(600)])
    assert abs(sum(lags[300:]) / 300 - 40_000) < 3_000
    steps = [abs(after - before) for before, after in pairwise(lags[31:])]
    assert max(steps) <= SLEW_US_PER_S // 30 + 1


def test_a_change_of_source_is_followed_slowly() -> None:
    lags = lags_of([40_000] * 60 + [0] * 3000)
    assert lags[60 + 30] >= 40_000 - SLEW_US_PER_S - 100
    assert lags[-1] < 1_000


def test_a_picture_shown_again_is_not_an_older_one() -> None:
    lag = CaptureLag()
    captured_us = tick_to_us(FIRST_TICK) - 20_000
    assert {lag.at(tick_to_us(FIRST_TICK + index), captured_us) for index in range(300)} == {20_000}


@given(st.lists(st.integers(-10_000_000, 10_000_000), min_size=1, max_size=200))
def test_it_stays_in_its_bounds_and_stamps_rise(ages_us: list[int]) -> None:
    lags = lags_of(ages_us)
    assert all(0 <= lag <= LARGEST_LAG_US for lag in lags)
    stamps = [tick_to_us(FIRST_TICK + index) - lag for index, lag in enumerate(lags)]
    assert all(after > before for before, after in pairwise(stamps[31:])), "after the first second by itself"
