"""The queue `recording`: what the disk has not taken yet. Filled on the event loop's thread, emptied on another.

Bounded by media time and by bytes. Over a bound the recording pauses: what comes is left out and counted, pictures and
sound alike, until half of the queue is written and a keyframe comes. A part is never missing without that being told.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from encoder.packets import MediaPacket, PacketKind

_US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How much may wait for the disk."""

    seconds: float = 20.0
    size_bytes: int = 64 * 1024 * 1024


class RecordingQueue:
    """Packets in order; closed from outside."""

    def __init__(self, limits: QueueLimits | None = None) -> None:
        self._limits = limits or QueueLimits()
        self._changed = threading.Condition()
        self._packets: deque[MediaPacket] = deque()
        self._size_bytes = 0
        self._is_paused = False
        self._is_closed = False
        self.dropped_pictures = 0
        self.dropped_sounds = 0

    @property
    def queued_s(self) -> float:
        """Media time that waits."""
        with self._changed:
            return self._queued_us() / _US_PER_S

    def offer(self, packet: MediaPacket) -> bool:
        """Take a packet, without waiting. False when this one begins a pause."""
        with self._changed:
            if self._is_closed:
                return True
            was_paused = self._is_paused
            if was_paused:
                is_start = packet.kind is PacketKind.VIDEO and packet.is_keyframe
                self._is_paused = not (is_start and self._is_below(0.5))
            elif not self._is_below(1.0):
                self._is_paused = True
            if self._is_paused:
                self._count_drop(packet)
                return was_paused
            self._packets.append(packet)
            self._size_bytes += len(packet.payload)
            self._changed.notify()
            return True

    def take(self) -> MediaPacket | None:
        """The oldest packet, when there is one; None once it is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._packets or self._is_closed)
            if not self._packets:
                return None
            packet = self._packets.popleft()
            self._size_bytes -= len(packet.payload)
            return packet

    def close(self, *, drops: bool = False) -> None:
        """Take nothing more; what waits is still given out, unless it `drops` it."""
        with self._changed:
            self._is_closed = True
            if drops:
                for packet in self._packets:
                    self._count_drop(packet)
                self._packets.clear()
                self._size_bytes = 0
            self._changed.notify_all()

    def _queued_us(self) -> int:
        return self._packets[-1].at_us - self._packets[0].at_us if self._packets else 0

    def _is_below(self, share: float) -> bool:
        return (
            self._queued_us() <= self._limits.seconds * _US_PER_S * share
            and self._size_bytes <= self._limits.size_bytes * share
        )

    def _count_drop(self, packet: MediaPacket) -> None:
        if packet.kind is PacketKind.VIDEO:
            self.dropped_pictures += 1
        else:
            self.dropped_sounds += 1
