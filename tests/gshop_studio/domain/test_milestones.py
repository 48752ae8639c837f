"""Milestones of an audience."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.milestones import milestones, newly_reached, reached


def test_the_milestones_go_on() -> None:
    assert list(islice(milestones(), 8)) == [10, 50, 100, 500, 1000, 5000, 10_000, 50_000]


@given(st.integers(-10, 10**7))
def test_reached_are_those_up_to_the_count(count: int) -> None:
    found = reached(count)
    assert found == sorted(set(found)) and all(milestone <= count for milestone in found)
    assert next(milestone for milestone in milestones() if milestone not in found) > count


@given(st.lists(st.integers(0, 10**5), max_size=30))
def test_each_is_told_once_however_the_count_goes_up_and_down(counts: list[int]) -> None:
    told: list[int] = []
    for count in counts:
        told += newly_reached(count, told[-1] if told else 0)
    assert told == reached(max(counts, default=0))
