"""Which orders of a show stand out: the rule of the `big_purchase` highlight. Pure; amounts are minor units."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

FEWEST_BEFORE = 5
"""Before so many orders nobody knows what is usual."""
TIMES_MEDIAN = 3


def is_big_purchase(total_minor: int, earlier_minor: Sequence[int]) -> bool:
    """At least three times the median of the show's orders before."""
    return len(earlier_minor) >= FEWEST_BEFORE and 0 < TIMES_MEDIAN * median(earlier_minor) <= total_minor
