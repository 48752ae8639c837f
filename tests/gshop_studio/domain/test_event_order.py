"""Lasting events come out once and in order, whatever order they come in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.event_order import EARLY_LIMIT, EventOrder


def test_what_is_early_waits_and_what_is_known_is_dropped() -> None:
    order: EventOrder[str] = EventOrder()
    assert order.take(6, "six") == order.take(5, "five") == []
    assert not order.has_gap, "where the room begins is not known yet"
    assert order.start_at(5) == ["six"]
    assert order.take(8, "eight") == []
    assert order.has_gap
    assert order.take(7, "seven") == ["seven", "eight"]
    assert order.take(7, "seven again") == []
    assert not order.has_gap


def test_hearing_of_an_event_makes_a_gap_until_it_comes_or_is_skipped() -> None:
    order: EventOrder[str] = EventOrder()
    order.start_at(1)
    order.hear_of(3)
    assert order.has_gap
    assert order.take(2, "two") == ["two"]
    assert order.has_gap
    assert order.skip_to(3) == []
    assert not order.has_gap


def test_no_more_than_so_many_wait() -> None:
    order: EventOrder[int] = EventOrder()
    order.start_at(0)
    for seq in range(2, EARLY_LIMIT + 3):
        order.take(seq, seq)
    assert order.take(1, 1) == [1], "those that waited were dropped"
    assert order.has_gap, "and are to be read from the log"


@given(st.permutations(range(1, 15)), st.integers(0, 8), st.lists(st.integers(1, 14), max_size=8), st.integers(0, 13))
def test_any_order_with_repeats_comes_out_once_and_sorted(
    arrivals: list[int], start: int, repeats: list[int], begin_after: int
) -> None:
    order: EventOrder[int] = EventOrder()
    out: list[int] = []
    for number, seq in enumerate([*arrivals, *repeats]):
        if number == begin_after:
            out += order.start_at(start)
        out += order.take(seq, seq)
    assert out == list(range(start + 1, 15))
