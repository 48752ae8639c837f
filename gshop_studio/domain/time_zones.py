"""Which time zones there are: those of the IANA's table that this machine has."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones


@cache
def _zones() -> frozenset[str]:
    """Read once: looking through the table's files takes a while."""
    return frozenset(available_timezones())


def is_time_zone(name: str) -> bool:
    """Whether this is one: America/Lima, UTC. A path or a file of another kind is none."""
    return name in _zones()
