"""The order of a room's lasting events: each is given on once, by `seq`, whatever order they come in. Pure.

Networks turn them around and lose some; commits of several servers, or of one on PostgreSQL, are told of in any order.
"""

from __future__ import annotations

from typing import Generic, TypeVar

Event = TypeVar("Event")

EARLY_LIMIT = 1000
"""Events that may wait for one before them. Past it all are dropped, and must be asked for."""


class EventOrder(Generic[Event]):
    """Everything waits until it is known where the room begins (`start_at`)."""

    def __init__(self) -> None:
        self.last_seq: int | None = None
        """The last given on."""
        self.newest = 0
        """The newest known of."""
        self._early: dict[int, Event] = {}

    @property
    def has_gap(self) -> bool:
        """Whether events are known of that follow one that has not come: they must be asked for."""
        return self.last_seq is not None and self.newest > self.last_seq

    def start_at(self, seq: int) -> list[Event]:
        """Everything up to `seq` is known to whoever needs it; what waited and is newer, as far as it may follow."""
        self.last_seq = seq
        self._early = {early: event for early, event in self._early.items() if early > seq}
        return self._ready()

    def hear_of(self, seq: int) -> None:
        """An event is known of that may never come by itself."""
        self.newest = max(self.newest, seq)

    def take(self, seq: int, event: Event) -> list[Event]:
        """An event came; what may be given on now."""
        if self.last_seq is not None and seq <= self.last_seq:
            return []
        self.hear_of(seq)
        if len(self._early) >= EARLY_LIMIT:
            self._early.clear()
        self._early[seq] = event
        return self._ready()

    def skip_to(self, seq: int) -> list[Event]:
        """What has not come up to `seq` will not come."""
        return self.start_at(seq) if self.last_seq is None or seq > self.last_seq else []

    def _ready(self) -> list[Event]:
        ready: list[Event] = []
        while self.last_seq is not None and (event := self._early.pop(self.last_seq + 1, None)) is not None:
            self.last_seq += 1
            ready.append(event)
        return ready
