"""The show in numbers."""

from __future__ import annotations

from gshop_studio.contract.events import ServerEvent
from gshop_studio.studio.numbers import HISTORY_POINTS, Numbers
from tests.gshop_studio.studio.examples import said, snapshot


def test_viewers_peak_and_messages_are_counted_on_from_the_snapshot() -> None:
    numbers = Numbers(lambda: 0)
    numbers.joined(snapshot(viewers=3))
    numbers.happened(ServerEvent.VIEWERS_UPDATE, {"viewerCount": 12})
    numbers.happened(ServerEvent.VIEWERS_UPDATE, {"viewerCount": 4})
    numbers.happened(ServerEvent.MESSAGE, said("hi"))
    now = numbers.snapshot.value
    assert (now.viewers, now.peak_viewers, now.messages) == (4, 12, 3)


def test_messages_a_minute_forget_what_is_older() -> None:
    clock = [0]
    numbers = Numbers(lambda: clock[0])
    numbers.joined(snapshot())
    numbers.happened(ServerEvent.MESSAGE, said("hi"))
    clock[0] = 61_000
    numbers.tick()
    assert numbers.snapshot.value.messages_per_minute == 0


def test_the_history_is_bounded() -> None:
    numbers = Numbers(lambda: 0)
    numbers.tick()
    assert numbers.snapshot.value.viewers_history == ()
    numbers.joined(snapshot())
    for _ in range(HISTORY_POINTS + 10):
        numbers.tick()
    assert len(numbers.snapshot.value.viewers_history) == HISTORY_POINTS
