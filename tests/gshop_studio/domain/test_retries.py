"""How long to wait before the next attempt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.retries import FIRST_S, LONGEST_S, delay_s

rolls = st.floats(0, 1)


@given(st.integers(1, 10_000), rolls)
def test_the_wait_stays_within_its_bounds(attempts: int, roll: float) -> None:
    assert 0.8 * FIRST_S <= delay_s(attempts, lambda: roll) <= 1.2 * LONGEST_S + 1e-6


@given(st.integers(1, 7), rolls, rolls)
def test_each_wait_is_longer_than_the_one_before(attempts: int, roll: float, later: float) -> None:
    assert delay_s(attempts + 1, lambda: later) > delay_s(attempts, lambda: roll) * 1.3


@given(st.integers(1, 50), rolls, st.floats(0, 1e9))
def test_a_pause_that_is_asked_for_is_kept_up_to_a_day(attempts: int, roll: float, asked_s: float) -> None:
    wait_s = delay_s(attempts, lambda: roll, asked_s)
    assert min(asked_s, 86_400) <= wait_s <= 86_400
