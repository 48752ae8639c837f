"""Whether a peer has really taken our media, and whether it is still there: pure, told of what happened and when.

Three things speak for a peer, from the strongest to the weakest: its RTMP acknowledgements and answers to pings, its
TCP's acknowledgements, and that our kernel takes our bytes. A frozen process keeps its TCP: the system goes on
acknowledging until the peer's buffer is full. So a peer that speaks must go on speaking once our bytes have reached
it, at the distances it has shown; of one that never speaks only TCP can tell. A slow uplink is no silence: what still
waits on our side cannot be answered, and is not held against the peer while TCP makes progress.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from encoder.outputs.tcp_info import TcpProgress

_HANDSHAKE_BYTES = 3073
"""Some peers count the handshake among the bytes they acknowledge."""
_MOST_PINGS = 64
_ANSWERS_TO_EXPECT_MORE = 2
_ACKNOWLEDGEMENTS_TO_EXPECT_MORE = 3
"""A peer that spoke once may never have meant to speak again."""


class LiveState(Enum):
    NOT_YET = "not_yet"
    """No media is known to have arrived."""
    UNCONFIRMED = "unconfirmed"
    """TCP says so, the peer does not."""
    CONFIRMED = "confirmed"
    """The peer itself says so."""


@dataclass(frozen=True, slots=True)
class LivenessTimings:
    """How patient to be, in seconds."""

    silence_s: float
    """Without a sign for so long, a peer is gone."""
    ping_s: float
    """The time between two pings."""
    confirm_s: float = 1.0
    """So long a peer may take to confirm before TCP's word counts."""
    blind_s: float = 3.0
    """The same where TCP does not tell and the kernel's word has to do."""


@dataclass(slots=True)
class _Ping:
    stamp_ms: int
    position: int
    """Bytes written up to its end."""
    sent_s: float
    is_after_media: bool
    delivered_s: float | None = None


class Liveness:
    """Of one connection, from the moment the publish was accepted. Positions count all bytes written to it."""

    def __init__(self, timings: LivenessTimings, window_bytes: int, now_s: float, acknowledged_at_publish: int) -> None:
        """`window_bytes`: after how many bytes the peer was asked to acknowledge. `acknowledged_at_publish`: bytes,
        as RTMP counts them, queued before any media."""
        self._timings = timings
        self._before_media = acknowledged_at_publish
        self._pings: deque[_Ping] = deque(maxlen=_MOST_PINGS)
        self._media_position: int | None = None
        self._media_s = 0.0
        self._delivered = 0
        self._is_all_delivered = True
        self._progress_s = now_s
        self._heard_s = now_s
        self._answers = 0
        self._acknowledged = 0
        self._ack_step = window_bytes
        self._delivered_at_ack = 0
        self._ack_due_s: float | None = None
        self._acknowledgements = 0
        self.state = LiveState.NOT_YET

    @property
    def delivered_bytes(self) -> int:
        """Taken by the peer's TCP; where that is unknown, by our kernel."""
        return self._delivered

    def media_sent(self, now_s: float, position: int) -> None:
        """A keyframe was written, up to this position. Only the first one counts."""
        if self._media_position is None:
            self._media_position, self._media_s = position, now_s

    def ping_sent(self, now_s: float, stamp_ms: int, position: int) -> None:
        """A ping with this stamp was written, up to this position."""
        self._pings.append(_Ping(stamp_ms, position, now_s, self._media_position is not None))

    def ping_answered(self, now_s: float, stamp_ms: int) -> float | None:
        """The round trip in milliseconds; None for a ping we do not know."""
        ping = next((ping for ping in self._pings if ping.stamp_ms == stamp_ms), None)
        if ping is None:
            return None
        while self._pings[0] is not ping:
            self._pings.popleft()
        self._pings.popleft()
        self._heard_s = now_s
        self._answers += 1
        if ping.is_after_media:
            self.state = LiveState.CONFIRMED
        return (now_s - ping.sent_s) * 1000

    def bytes_acknowledged(self, now_s: float, total: int) -> None:
        """The peer says it took so many bytes, as RTMP counts them."""
        self._ack_step = max(self._ack_step, total - self._acknowledged)
        self._acknowledgements += 1
        self._acknowledged = total
        self._heard_s = now_s
        self._delivered_at_ack = self._delivered
        self._ack_due_s = None
        if self._media_position is not None and total > self._before_media + _HANDSHAKE_BYTES:
            self.state = LiveState.CONFIRMED

    def observe(self, now_s: float, written: int, buffered: int, tcp: TcpProgress | None) -> None:
        """How far the bytes have come: `buffered` of those `written` are not yet the kernel's."""
        delivered = written - buffered - (tcp.waiting_bytes if tcp else 0)
        self._is_all_delivered = delivered >= written
        if delivered > self._delivered or self._is_all_delivered:
            self._progress_s = now_s
        self._delivered = max(self._delivered, delivered)
        for ping in self._pings:
            if ping.delivered_s is None and self._delivered >= ping.position:
                ping.delivered_s = now_s
        if self._ack_due_s is None and self._delivered - self._delivered_at_ack > self._ack_step * 1.5:
            self._ack_due_s = now_s
        if self.state is LiveState.NOT_YET and self._media_position is not None:
            needed_s = self._timings.confirm_s if tcp else self._timings.blind_s
            if self._delivered >= self._media_position and now_s - self._media_s >= needed_s:
                self.state = LiveState.UNCONFIRMED

    def is_dead(self, now_s: float) -> bool:
        """Whether the peer has gone, or does no longer run."""
        silence_s, ping_s = self._timings.silence_s, self._timings.ping_s
        if not self._is_all_delivered and now_s - self._progress_s > silence_s:
            return True
        if now_s - self._heard_s <= silence_s:
            return False
        answer_s = silence_s - ping_s
        if self._answers >= _ANSWERS_TO_EXPECT_MORE:
            waits_since_s = self._pings[0].delivered_s if self._pings else None
            is_stuck = not self._is_all_delivered and now_s - self._progress_s > answer_s
            return is_stuck or (waits_since_s is not None and now_s - waits_since_s > answer_s)
        if self._acknowledgements >= _ACKNOWLEDGEMENTS_TO_EXPECT_MORE:
            return self._ack_due_s is not None and now_s - self._ack_due_s > answer_s
        return False
