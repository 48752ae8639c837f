"""The order of what a show's room tells: lasting events as `domain.event_order` has it, others as they come. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gshop_studio.domain.event_order import EventOrder


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


class ArrivedOrder(EventOrder[Arrived]):
    """Until the snapshot is known everything with a `seq` waits."""

    def arrive(self, event: Arrived) -> list[Arrived]:
        """An event came; what may be given on now, in order."""
        if event.seq is None:
            return [event] if self.last_seq is not None else []
        return self.take(event.seq, event)

    def fill(self, events: Iterable[Arrived], up_to: int) -> list[Arrived]:
        """The server's answer to what was missed, complete up to `up_to`."""
        ready: list[Arrived] = []
        for event in events:
            ready += self.arrive(event)
        return ready + self.skip_to(up_to)
