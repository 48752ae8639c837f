"""The order of a stream's lasting events: each is given on once, in `seq`, whatever the network did. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

EARLY_LIMIT = 1000
"""How many events may wait for a gap to be filled; past it all of them are dropped and the snapshot is read anew."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event of the server, as it came."""

    name: str
    data: dict[str, Any]

    @property
    def seq(self) -> int | None:
        """Its place, or None for an aggregate that has none."""
        value = self.data.get("seq")
        return value if isinstance(value, int) else None


class EventOrder:
    """Holds back what came early, drops what came twice.

    Until the snapshot is known everything with a `seq` waits.
    """

    def __init__(self) -> None:
        self.last_seq: int | None = None
        self._early: dict[int, Arrived] = {}

    @property
    def has_gap(self) -> bool:
        """Whether something waits for events that have not come: they must be asked for."""
        return self.last_seq is not None and bool(self._early)

    def start_at(self, seq: int) -> list[Arrived]:
        """A snapshot holds everything up to `seq`; what waited and is newer may follow."""
        self.last_seq = seq
        self._early = {early: event for early, event in self._early.items() if early > seq}
        return self._ready()

    def take(self, event: Arrived) -> list[Arrived]:
        """An event came; what may be given on now, in order."""
        seq = event.seq
        if seq is None:
            return [event] if self.last_seq is not None else []
        if self.last_seq is not None and seq <= self.last_seq:
            return []
        if len(self._early) >= EARLY_LIMIT:
            self._early.clear()
        self._early[seq] = event
        return self._ready()

    def fill(self, events: Iterable[Arrived], up_to: int) -> list[Arrived]:
        """The server's answer to what was missed, complete up to `up_to`."""
        ready: list[Arrived] = []
        for event in events:
            ready += self.take(event)
        return ready + (self.start_at(up_to) if self.last_seq is not None and up_to > self.last_seq else [])

    def _ready(self) -> list[Arrived]:
        ready: list[Arrived] = []
        while self.last_seq is not None and (event := self._early.pop(self.last_seq + 1, None)) is not None:
            self.last_seq += 1
            ready.append(event)
        return ready
