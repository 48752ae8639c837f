"""Unwrapping 32-bit milliseconds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gshop_studio.rtmp.timestamps import TimestampUnwrapper


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(-50_000, 2**31 - 1), max_size=40))
def test_any_steps_below_24_days_are_followed(start: int, steps: list[int]) -> None:
    """case 54"""
    unwrapper = TimestampUnwrapper()
    true = start
    assert unwrapper.unwrap(true % 2**32) == true
    for step in steps:
        true = max(0, true + step)
        assert unwrapper.unwrap(true % 2**32) == true


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(0, 2**32 - 1)))
def test_nonsense_is_never_negative(timestamps: list[int]) -> None:
    """case 54"""
    unwrapper = TimestampUnwrapper()
    assert all(unwrapper.unwrap(timestamp) >= 0 for timestamp in timestamps)


def test_a_start_a_little_below_zero_is_clamped_and_catches_up() -> None:
    """case 54"""
    unwrapper = TimestampUnwrapper()
    assert [unwrapper.unwrap(time % 2**32) for time in (0, -40, -20, 10)] == [0, 0, 0, 10]


def test_peeking_decides_nothing() -> None:
    unwrapper = TimestampUnwrapper()
    assert unwrapper.peek(5) == 5
    assert unwrapper.unwrap(2**32 - 1) == 2**32 - 1
    assert unwrapper.peek(3) == 2**32 + 3
