"""The queue of one output: bounded by media time, dropping pictures by policy and sound never.

Over the limit the rest of the group of pictures is dropped, so that what is sent can always be decoded: sending goes on
at the next keyframe. Pure but for the event that wakes the sender; lives on the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections import deque

from encoder.packets import MediaPacket, PacketKind

QUEUE_LIMIT_MS = 2000.0
"""Above it pictures are dropped."""


class PacketQueue:
    """Closed until `open`; what comes meanwhile is dropped."""

    def __init__(self, limit_ms: float = QUEUE_LIMIT_MS) -> None:
        self._limit_ms = limit_ms
        self._packets: deque[MediaPacket] = deque()
        self._ready = asyncio.Event()
        self._is_open = False
        self._needs_keyframe = True
        self._has_begun = False
        self._has_ever_begun = False
        self.dropped_pictures = 0
        self.dropped_sounds = 0

    @property
    def queued_ms(self) -> float:
        """Media time between the oldest and the newest packet."""
        return (self._packets[-1].at_us - self._packets[0].at_us) / 1000 if self._packets else 0.0

    @property
    def congestion(self) -> float:
        """Queued time over the limit, 0 to 1."""
        return min(1.0, self.queued_ms / self._limit_ms)

    def open(self) -> None:
        """Take packets from the next keyframe on."""
        self._is_open, self._needs_keyframe, self._has_begun = True, True, False

    def close(self) -> None:
        """Drop what waits, and what comes."""
        self._is_open = False
        for packet in self._packets:
            self._count_drop(packet)
        self._packets.clear()
        self._ready.clear()

    def offer(self, packet: MediaPacket) -> None:
        """Take the packet, or drop it and count it."""
        if self._accepts(packet):
            self._packets.append(packet)
            self._ready.set()
        else:
            self._count_drop(packet)

    async def take(self) -> MediaPacket:
        """The oldest packet, when there is one."""
        while not self._packets:
            self._ready.clear()
            await self._ready.wait()
        return self._packets.popleft()

    def _accepts(self, packet: MediaPacket) -> bool:
        if not self._is_open:
            return False
        if packet.kind is PacketKind.AUDIO:
            return self._has_begun
        is_full = self.queued_ms > self._limit_ms
        if is_full or (self._needs_keyframe and not packet.is_keyframe):
            self._needs_keyframe = True
            return False
        self._needs_keyframe, self._has_begun, self._has_ever_begun = False, True, True
        return True

    def _count_drop(self, packet: MediaPacket) -> None:
        if not self._has_ever_begun:
            return  # nobody was waiting for it yet
        if packet.kind is PacketKind.VIDEO:
            self.dropped_pictures += 1
        else:
            self.dropped_sounds += 1
