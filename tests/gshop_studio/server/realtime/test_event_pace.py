"""How fast a socket may send."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.server.realtime.event_pace import FLOOD_FACTOR, EventPace, Pace


def test_an_allowance_at_once_then_as_it_fills_up() -> None:
    """case 12: a burst is fine, more is refused, and after a while it is fine again."""
    pace = EventPace(5, 10.0)
    assert [pace.take(100.0) for _ in range(6)] == [Pace.FINE] * 5 + [Pace.TOO_FAST]
    assert pace.wait_s == 2
    assert pace.take(102.0) is Pace.FINE
    assert pace.take(102.0) is Pace.TOO_FAST


def test_who_goes_on_regardless_is_a_flood() -> None:
    pace = EventPace(5, 10.0)
    taken = [pace.take(0.0) for _ in range(5 + FLOOD_FACTOR * 5 + 1)]
    assert taken[-1] is Pace.FLOOD and Pace.FLOOD not in taken[:-1]


@given(st.lists(st.floats(0, 3), max_size=200))
def test_in_no_stretch_more_than_the_allowance_twice(gaps: list[float]) -> None:
    """A bucket and what fills it: never more than two allowances within its time."""
    pace, now_s, fine = EventPace(5, 10.0), 0.0, []
    for gap in gaps:
        now_s += gap
        if pace.take(now_s) is Pace.FINE:
            fine.append(now_s)
    assert all(sum(start <= moment < start + 10 for moment in fine) <= 10 for start in fine)
