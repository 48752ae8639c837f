"""How long to wait before something that failed is tried again. Pure."""

from __future__ import annotations

from collections.abc import Callable

FIRST_S = 15.0
LONGEST_S = 3600.0
ATTEMPTS = 12
"""Some six hours with the waits of `delay_s`."""


def delay_s(attempts: int, random: Callable[[], float], asked_s: float | None = None) -> float:
    """After so many attempts that failed (1 or more): twice as long each time, an hour at most, and up to a fifth more
    or less, so that what failed together does not come again together. `random` gives 0 to 1. `asked_s` is how long
    the other side asks to be left alone; that is kept to, up to a day."""
    backed_off = min(LONGEST_S, FIRST_S * 2.0 ** min(attempts - 1, 20))
    spread = backed_off * (0.8 + 0.4 * random())
    return max(spread, min(asked_s or 0.0, 86_400.0))
