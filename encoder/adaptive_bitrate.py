"""How much the video encoder may spend, by what the uplink carries. Pure; asked four times a second.

Congestion is seen as media that waits in the queue. The rate then goes down in one or two steps, each guided by what
the peer acknowledged meanwhile: with a queue that is never empty, that is what the uplink carries. The step goes below
it, and further the longer the queue, so that the queue empties; once it has, the rate goes up to what was seen to be
carried, and no further. Beyond that it goes with care: a tenth of the target after 10 s without a queue, and after each
raise that failed the next wait is twice as long.

A hiccup of a second looks like congestion when it begins. It shows as none when the queue empties at least as fast as
the old rate would need: then the old rate is given back at once, but not more often than every 30 s, since an uplink
that swings would carry the rate with it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

REASON_UPLINK_SLOW = "uplink.slow"

_US = 1_000_000
_WINDOW_US = 1_000_000
"""What is measured is averaged over so long; the encoder's rate varies with each keyframe."""
_FULLEST_MS = 1500.0
"""A queue of this length makes the deepest step."""


class BitrateState(StrEnum):
    STEADY = "steady"
    LOWERED = "lowered"
    RECOVERING = "recovering"
    AT_FLOOR = "at_floor"


@dataclass(frozen=True, slots=True)
class BitrateDecision:
    """What the video encoder should aim at now."""

    kbps: int
    state: BitrateState
    reason: str
    """Why it is not steady, as a fault's code; empty when it is."""


@dataclass(frozen=True, slots=True)
class BitrateLimits:
    """When to act, and how far."""

    floor_share: float = 0.3
    """Of the target: less is never asked for."""
    congested_ms: float = 300.0
    """More media than this waiting, twice in a row, is congestion."""
    clear_ms: float = 150.0
    """Less than this is no queue; a keyframe waits for so long on a healthy uplink."""
    settle_s: float = 2.0
    """A step down takes so long to show; before that only a queue that goes on growing brings another."""
    grown_ms: float = 300.0
    cruise_share: float = 0.9
    """Of what was seen to be carried: the rate once the queue is empty."""
    cruise_wait_s: float = 1.0
    most_cruise: float = 1.25
    """Times the rate it had before; an uplink that swings carries a lot, for a moment."""
    raise_share: float = 0.1
    """Of the target, a raise."""
    raise_wait_s: float = 10.0
    longest_raise_wait_s: float = 80.0
    trial_s: float = 30.0
    """Congestion within so long after a raise is the raise's fault."""
    restore_wait_s: float = 30.0


@dataclass(frozen=True, slots=True)
class _Sample:
    at_us: int
    acknowledged_bytes: int
    queued_ms: float


class AdaptiveBitrate:
    """For one destination."""

    def __init__(self, target_kbps: int, *, audio_kbps: int = 0, limits: BitrateLimits | None = None) -> None:
        """`target_kbps` is the quality's, of video; `audio_kbps` shares the uplink and is never lowered."""
        self._limits = limits or BitrateLimits()
        self._target = float(target_kbps)
        self._floor = target_kbps * self._limits.floor_share
        self._audio = float(audio_kbps)
        self._kbps = self._target
        self._samples: deque[_Sample] = deque()
        self._lowered_at_us: int | None = None
        self._queued_at_lowering_ms = 0.0
        self._before_lowering: float | None = None
        """The rate to go back to, if it was a hiccup."""
        self._restored_at_us: int | None = None
        self._clear_since_us: int | None = None
        self._carried: float | None = None
        """What the uplink was last seen to carry, since the last raise; None when not known."""
        self._raised_at_us: int | None = None
        self._raised_from = self._target
        self._raise_wait_s = self._limits.raise_wait_s

    def observe(
        self, now_us: int, queued_ms: float, sent_bytes: int, acknowledged_bytes: int, is_live: bool
    ) -> BitrateDecision:
        """Take the numbers of this moment into account.

        Args:
            now_us: On the engine's clock.
            queued_ms: Media time that waits to be sent.
            sent_bytes: Handed to the system so far; stands in for what was acknowledged where nothing is known of it.
            acknowledged_bytes: Acknowledged by the peer so far; never falling.
            is_live: Whether the destination is live; nothing changes while it is not.
        """
        if not is_live:
            self._samples.clear()
            self._clear_since_us = self._carried = None
            return self._decision()
        self._samples.append(_Sample(now_us, acknowledged_bytes or sent_bytes, queued_ms))
        while len(self._samples) > 2 and self._samples[1].at_us <= now_us - _WINDOW_US:
            self._samples.popleft()
        if queued_ms > self._limits.clear_ms:
            self._clear_since_us = None
        elif self._clear_since_us is None:
            self._clear_since_us = now_us
        self._carried = self._carried_kbps(_WINDOW_US) or self._carried
        if self._is_congested():
            self._lower(now_us)
        elif self._was_hiccup(now_us):
            self._restore(now_us)
        elif self._may_cruise(now_us):
            self._cruise()
        elif self._may_raise(now_us):
            self._raise(now_us)
        return self._decision()

    # --- down ---

    def _is_congested(self) -> bool:
        if len(self._samples) < 2:
            return False
        before, now = self._samples[-2], self._samples[-1]
        if min(before.queued_ms, now.queued_ms) < self._limits.congested_ms:
            return False
        if self._lowered_at_us is None:
            return now.queued_ms >= before.queued_ms
        carried = self._carried_kbps(_WINDOW_US)
        if carried is not None and carried * 0.95 >= self._kbps + self._audio:
            return False  # the rate is right, the queue only has to empty
        is_settled = now.at_us - self._lowered_at_us >= self._limits.settle_s * _US
        has_grown = now.queued_ms - self._queued_at_lowering_ms > self._limits.grown_ms
        return has_grown or (is_settled and now.queued_ms >= self._samples[0].queued_ms)

    def _lower(self, now_us: int) -> None:
        queued_ms = self._samples[-1].queued_ms
        depth = min(1.0, queued_ms / _FULLEST_MS)
        carried = self._carried_kbps(_WINDOW_US)
        if carried is None:
            wanted = self._kbps * 0.7
        else:
            wanted = carried * (0.85 - 0.2 * depth) - self._audio
        lowered = min(wanted, self._kbps * 0.85)
        if self._is_raise_on_trial(now_us):
            self._raise_wait_s = min(self._raise_wait_s * 2, self._limits.longest_raise_wait_s)
            if carried is not None and carried * 0.95 >= self._raised_from + self._audio:
                lowered = self._raised_from
        elif self._before_lowering is None:
            self._before_lowering = self._kbps
        self._raised_at_us = None
        self._kbps = max(self._floor, lowered)
        self._lowered_at_us = now_us
        self._queued_at_lowering_ms = queued_ms

    def _carried_kbps(self, window_us: int) -> float | None:
        """What the uplink carried lately, if it had something to carry all the time."""
        newest = self._samples[-1]
        recent = [sample for sample in self._samples if sample.at_us >= newest.at_us - window_us]
        span_us = newest.at_us - recent[0].at_us
        if span_us < window_us * 0.45 or any(sample.queued_ms <= 0 for sample in recent[:-1]):
            return None
        return (newest.acknowledged_bytes - recent[0].acknowledged_bytes) * 8000 / span_us

    # --- up ---

    def _was_hiccup(self, now_us: int) -> bool:
        if self._before_lowering is None or self._lowered_at_us is None:
            return False
        if self._restored_at_us is not None and now_us - self._restored_at_us < self._limits.restore_wait_s * _US:
            return False
        carried = self._carried_kbps(_WINDOW_US // 2)
        return carried is not None and carried >= self._before_lowering + self._audio

    def _restore(self, now_us: int) -> None:
        assert self._before_lowering is not None, "was_hiccup asks for it"
        self._kbps = self._before_lowering
        self._before_lowering = self._lowered_at_us = self._raised_at_us = None
        self._restored_at_us = now_us

    def _may_cruise(self, now_us: int) -> bool:
        if self._lowered_at_us is None or self._carried is None or self._clear_since_us is None:
            return False
        is_clear = now_us - self._clear_since_us >= self._limits.cruise_wait_s * _US
        return is_clear and self._carried * self._limits.cruise_share - self._audio > self._kbps

    def _cruise(self) -> None:
        assert self._carried is not None, "may_cruise asks for it"
        wanted = self._carried * self._limits.cruise_share - self._audio
        self._kbps = min(self._target, wanted, self._kbps * self._limits.most_cruise)
        self._carried = None

    def _may_raise(self, now_us: int) -> bool:
        if self._kbps >= self._target or self._clear_since_us is None:
            return False
        last_change_us = max(self._lowered_at_us or 0, self._raised_at_us or 0, self._clear_since_us)
        return now_us - last_change_us >= self._raise_wait_s * _US

    def _raise(self, now_us: int) -> None:
        if self._raised_at_us is not None:
            self._raise_wait_s = max(self._limits.raise_wait_s, self._raise_wait_s / 2)  # the last raise held
        self._raised_from = self._kbps
        self._kbps = min(self._target, self._kbps + self._target * self._limits.raise_share)
        self._raised_at_us = now_us
        self._lowered_at_us = self._before_lowering = self._carried = None

    def _is_raise_on_trial(self, now_us: int) -> bool:
        return self._raised_at_us is not None and now_us - self._raised_at_us < self._limits.trial_s * _US

    def _decision(self) -> BitrateDecision:
        kbps = round(self._kbps)
        if self._kbps >= self._target:
            return BitrateDecision(kbps, BitrateState.STEADY, "")
        if self._kbps <= self._floor:
            state = BitrateState.AT_FLOOR
        else:
            state = BitrateState.RECOVERING if self._raised_at_us is not None else BitrateState.LOWERED
        return BitrateDecision(kbps, state, REASON_UPLINK_SLOW)
