"""How long to wait before the next attempt: pure; chance is injected."""

from __future__ import annotations

from collections.abc import Callable

FIRST_DELAY_S = 2.0
GROWTH = 1.5
LONGEST_DELAY_S = 30.0
JITTER = 0.2
"""Each delay is shortened by up to this share, so that many broadcasters do not come back at one moment."""


def backoff_delay_s(attempt: int, random: Callable[[], float]) -> float:
    """The wait after failed attempt number `attempt` (0 is the first); `random` gives 0 to 1."""
    # The exponent is capped, since 1.5 ** a-large-number overflows a float in a very long outage.
    full = min(FIRST_DELAY_S * GROWTH ** min(attempt, 32), LONGEST_DELAY_S)
    return full * (1.0 - JITTER * random())
