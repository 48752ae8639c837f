"""The back-off: grows, is jittered, is capped."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from encoder.reconnect import FIRST_DELAY_S, GROWTH, JITTER, LONGEST_DELAY_S, backoff_delay_s


@given(st.integers(0, 10**9), st.floats(0, 1))
def test_a_wait_lies_between_the_jittered_and_the_full_delay(attempt: int, chance: float) -> None:
    full = backoff_delay_s(attempt, lambda: 0.0)
    delay = backoff_delay_s(attempt, lambda: chance)
    assert full * (1 - JITTER) <= delay <= full <= LONGEST_DELAY_S
    assert delay > 0


@given(st.integers(0, 200))
def test_each_wait_is_half_as_long_again_up_to_the_cap(attempt: int) -> None:
    now, following = (backoff_delay_s(attempt + step, lambda: 0.0) for step in (0, 1))
    assert following == min(now * GROWTH, LONGEST_DELAY_S)


def test_the_first_wait_is_two_seconds() -> None:
    assert backoff_delay_s(0, lambda: 0.0) == FIRST_DELAY_S == 2.0
