"""The milestones of an audience: 10, 50, 100, 500, 1,000, 5,000 and so on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, takewhile


def milestones() -> Iterator[int]:
    """All, rising, without an end."""
    for power in count(1):
        yield 10**power
        yield 5 * 10**power


def reached(viewer_count: int) -> list[int]:
    """Those an audience of this size has reached, rising."""
    return list(takewhile(lambda milestone: milestone <= viewer_count, milestones()))


def newly_reached(viewer_count: int, already: int) -> list[int]:
    """Those reached beyond `already`, the highest one told of (0: none)."""
    return [milestone for milestone in reached(viewer_count) if milestone > already]
