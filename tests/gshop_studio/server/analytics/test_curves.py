"""Curves by minute and by hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.server.analytics.curves import HOUR_S, MINUTE_S, each_minute, gathered

START = datetime(2026, 11, 22, 16, 59, 40, tzinfo=UTC)


def test_points_lie_at_the_start_of_their_minute_and_hour() -> None:
    values = [(START + timedelta(seconds=each), float(each)) for each in (0, 10, 30, 60)]
    assert [(point.at.isoformat(), point.value) for point in gathered(values, MINUTE_S, max)] == [
        ("2026-11-22T16:59:00+00:00", 10),
        ("2026-11-22T17:00:00+00:00", 60),
    ]
    assert [point.at.hour for point in gathered(values, HOUR_S, max)] == [16, 17]


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 1000)), max_size=100))
def test_nothing_is_lost_and_the_order_is_that_of_time(measured: list[tuple[int, int]]) -> None:
    values = [(START + timedelta(seconds=at_s), float(value)) for at_s, value in measured]
    points = gathered(values, MINUTE_S, sum)
    assert sum(point.value for point in points) == sum(value for _, value in measured)
    assert [point.at for point in points] == sorted({point.at for point in points})
    assert all(point.at.second == 0 for point in points)


def test_counts_are_0_in_the_silent_minutes_of_the_show() -> None:
    minute = START.replace(second=0)
    counts = {minute + timedelta(minutes=each): count for each, count in ((-90, 1), (1, 7))}
    points = each_minute(counts.items(), START, START + timedelta(minutes=3))
    assert [((point.at - minute) // timedelta(minutes=1), point.value) for point in points] == [
        (-90, 1),
        (0, 0),
        (1, 7),
        (2, 0),
        (3, 0),
    ]
    assert each_minute([], None, START) == []
