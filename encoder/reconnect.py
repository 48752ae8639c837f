"""When to try again after an attempt to publish has failed: pure; chance is injected.

Two things pull apart: to be back on air within 2 s of the peer, and not to hammer one that does not want us. So it
depends on what failed. While nothing is heard of the peer at all, its address is probed with a plain TCP connect about
once a second, and an attempt is made at once when it answers. A peer that takes connections and stays silent is asked
again after a short pause: a process that was frozen goes on with a handshake that waits when it thaws. A peer that
spoke, and said no or hung up on us, is left alone for longer each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from encoder.outputs.reached import Reached
from encoder.outputs.refusal import OCCUPIED
from gshop_studio.engine_protocol import Fault

FIRST_DELAY_S = 2.0
GROWTH = 1.5
LONGEST_DELAY_S = 30.0
JITTER = 0.2
"""Each delay is shortened by up to this share, so that many broadcasters do not come back at one moment."""
PROBE_INTERVAL_S = 1.0
"""Between the beginnings of two probes."""
PROBE_TIMEOUT_S = 1.2
"""Long enough for the second SYN, which the system sends after 1 s."""
SHORT_PAUSE_S = 0.3
OCCUPIED_DELAYS_S = (0.5, 1.0)
"""Somebody publishes under our key: most likely our own last connection, whose end is about to be noticed."""


class Setback(Enum):
    """Why the last attempt ended."""

    UNREACHABLE = "unreachable"
    """No TCP connection."""
    SILENT = "silent"
    """TCP was open, and then no answer came in time."""
    BROKEN = "broken"
    """TCP was open, and was lost before the publish was accepted."""
    DROPPED = "dropped"
    """Lost after the publish was accepted."""
    OCCUPIED = "occupied"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """Wait `pause_s`; then make an attempt, or probe until somebody answers and make it then."""

    pause_s: float
    probes: bool


class RetryPolicy:
    """Remembers how often the peer has said no in a row."""

    def __init__(self, random: Callable[[], float]) -> None:
        """`random` gives 0 to 1."""
        self._random = random
        self._rebuffs = 0
        self._times_occupied = 0

    def forget(self) -> None:
        """A connection held: what was before does not count any more."""
        self._rebuffs = self._times_occupied = 0

    def plan(self, setback: Setback) -> RetryPlan:
        """What to do after this one."""
        if setback is Setback.UNREACHABLE or setback is Setback.BROKEN:
            return RetryPlan(self.probe_interval_s(), probes=True)
        if setback is Setback.SILENT:
            return RetryPlan(SHORT_PAUSE_S, probes=False)
        if setback is Setback.OCCUPIED:
            return RetryPlan(self._occupied_pause_s(), probes=False)
        rebuffs, self._rebuffs = self._rebuffs, self._rebuffs + 1
        if setback is Setback.DROPPED:
            pause_s = backoff_delay_s(rebuffs - 1, self._random) if rebuffs else self._first_pause_s()
            return RetryPlan(pause_s, probes=True)
        return RetryPlan(backoff_delay_s(rebuffs, self._random), probes=False)

    def probe_interval_s(self) -> float:
        """Until the next probe begins."""
        return PROBE_INTERVAL_S * (1.0 - JITTER * self._random())

    def _occupied_pause_s(self) -> float:
        times, self._times_occupied = self._times_occupied, self._times_occupied + 1
        if times < len(OCCUPIED_DELAYS_S):
            return OCCUPIED_DELAYS_S[times]
        return backoff_delay_s(times - len(OCCUPIED_DELAYS_S), self._random)

    def _first_pause_s(self) -> float:
        return PROBE_INTERVAL_S * (1.0 + JITTER * self._random())


def setback_of(fault: Fault, reached: Reached) -> Setback:
    """What kind of failure an attempt's fault is, given how far the attempt came."""
    if fault.code in ("ingest.refused", "ingest.refused_key"):
        return Setback.OCCUPIED if fault.params.get("cause") == OCCUPIED else Setback.REFUSED
    if fault.code in ("ingest.closed", "ingest.certificate", "ingest.protocol", "ingest.bad_url"):
        return Setback.REFUSED
    if reached is Reached.NOTHING:
        return Setback.UNREACHABLE
    if reached is Reached.HOST:
        return Setback.SILENT if fault.code == "ingest.timeout" else Setback.BROKEN
    return Setback.DROPPED


def backoff_delay_s(attempt: int, random: Callable[[], float]) -> float:
    """The wait after failed attempt number `attempt` (0 is the first); `random` gives 0 to 1."""
    # The exponent is capped, since 1.5 ** a-large-number overflows a float in a very long outage.
    full = min(FIRST_DELAY_S * GROWTH ** min(attempt, 32), LONGEST_DELAY_S)
    return full * (1.0 - JITTER * random())
