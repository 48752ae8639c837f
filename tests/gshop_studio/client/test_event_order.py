"""Each lasting event is given on once and in order, whatever the network did."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.client.event_order import Arrived, ArrivedOrder


def event(seq: int) -> Arrived:
    return Arrived("live:message", {"seq": seq})


def seqs(events: list[Arrived]) -> list[int | None]:
    return [arrived.seq for arrived in events]


def test_what_came_before_the_snapshot_follows_it() -> None:
    order = ArrivedOrder()
    assert order.arrive(event(5)) == order.arrive(event(6)) == []
    assert seqs(order.start_at(5)) == [6]


def test_a_gap_holds_back_until_it_is_filled() -> None:
    order = ArrivedOrder()
    order.start_at(1)
    assert order.arrive(event(3)) == []
    assert order.has_gap
    assert seqs(order.fill([event(2), event(3)], 3)) == [2, 3]
    assert not order.has_gap


def test_events_the_server_does_not_keep_any_more_do_not_block() -> None:
    order = ArrivedOrder()
    order.start_at(1)
    order.arrive(event(9))
    assert seqs(order.fill([], 8)) == [9]


def test_aggregates_pass_through_once_there_is_a_snapshot() -> None:
    order = ArrivedOrder()
    viewers = Arrived("live:viewers:update", {"viewerCount": 3})
    assert order.arrive(viewers) == []
    order.start_at(1)
    assert order.arrive(viewers) == [viewers]


@given(st.permutations(range(1, 12)), st.integers(0, 5), st.lists(st.integers(1, 11), max_size=5))
def test_any_order_with_any_repeats_comes_out_once_and_sorted(
    arrivals: list[int], start: int, repeats: list[int]
) -> None:
    order = ArrivedOrder()
    out = order.start_at(start)
    for seq in [*arrivals, *repeats]:
        out += order.arrive(event(seq))
    assert seqs(out) == list(range(start + 1, 12))
