"""The queue of one output: bounded, dropping pictures by policy and sound never. Lives on the event loop's thread.

The policy is that of OBS Studio (obs-outputs, rtmp-stream.c). There B-frames are dropped when 700 ms of media wait and
P-frames when 900 ms do; both go from the waiting queue too, and sending goes on at the next keyframe. Sound and
keyframes are never dropped. Three things are ours:

- The thresholds are 1.0 and 1.5 s. Before anything is dropped the encoder is asked for less (`adaptive_bitrate`),
  which takes up to 2 s to show; OBS with its dynamic bit rate drops nothing at all and lets the queue grow.
- After a drop, pictures go on only at a keyframe that finds at most half of that waiting. In OBS the next keyframe
  always ends the drop, and with a uplink that stays slow the delay grows with each round.
- What is never dropped is bounded too: with more than 8 s or 8 MiB waiting the uplink does not even carry the sound.
  The queue then is overrun for good and whoever sends has to give the connection up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from encoder.packets import MediaPacket, PacketKind


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How much may wait, in media time unless it says bytes."""

    disposable_ms: float = 1000.0
    """Above it pictures that no other refers to are dropped."""
    picture_ms: float = 1500.0
    """Above it all pictures but keyframes are dropped."""
    resume_ms: float = 750.0
    """At a keyframe with no more than this waiting, pictures are taken again."""
    overrun_ms: float = 8000.0
    overrun_bytes: int = 8 * 1024 * 1024


class PacketQueue:
    """Closed until `open`; what comes meanwhile is dropped.

    Attributes:
        dropped_pictures: Pictures not sent since the queue was first begun: by policy, at the end of a connection, or
            while there was none.
        dropped_disposable: Those of them that were dropped by themselves, as nothing refers to them.
        dropped_sounds: Blocks of sound not sent; only the end of a connection does that.
    """

    def __init__(self, limits: QueueLimits | None = None) -> None:
        self._limits = limits or QueueLimits()
        self._packets: deque[MediaPacket] = deque()
        self._bytes = 0
        self._ready = asyncio.Event()
        self._overrun = asyncio.Event()
        self._is_open = False
        self._needs_keyframe = True
        self._has_begun = False
        self._has_ever_begun = False
        self.dropped_pictures = 0
        self.dropped_disposable = 0
        self.dropped_sounds = 0

    @property
    def queued_ms(self) -> float:
        """Media time between the oldest and the newest packet."""
        return (self._packets[-1].at_us - self._packets[0].at_us) / 1000 if self._packets else 0.0

    @property
    def queued_bytes(self) -> int:
        """Of payload."""
        return self._bytes

    @property
    def queued_packets(self) -> int:
        return len(self._packets)

    @property
    def congestion(self) -> float:
        """Queued time over the limit at which all but keyframes is dropped, 0 to 1."""
        return min(1.0, self.queued_ms / self._limits.picture_ms)

    @property
    def is_overrun(self) -> bool:
        """Whether even what is never dropped was too much; until the next `open`."""
        return self._overrun.is_set()

    def open(self) -> None:
        """Take packets from the next keyframe on."""
        self._clear()
        self._overrun.clear()
        self._is_open, self._needs_keyframe, self._has_begun = True, True, False

    def close(self) -> None:
        """Drop what waits, and what comes."""
        self._is_open = False
        self._clear()

    def offer(self, packet: MediaPacket) -> None:
        """Take the packet, or drop it and count it."""
        if not self._accepts(packet):
            self._count_drop(packet)
            return
        self._packets.append(packet)
        self._bytes += len(packet.payload)
        if self.queued_ms > self._limits.overrun_ms or self._bytes > self._limits.overrun_bytes:
            self.close()
            self._overrun.set()
            return
        self._ready.set()

    async def take(self) -> MediaPacket:
        """The oldest packet, when there is one."""
        while not self._packets:
            self._ready.clear()
            await self._ready.wait()
        return self._pop()

    def take_nowait(self) -> MediaPacket | None:
        """The oldest packet, if there is one."""
        return self._pop() if self._packets else None

    async def overrun(self) -> None:
        """Returns once the queue is overrun."""
        await self._overrun.wait()

    def _pop(self) -> MediaPacket:
        packet = self._packets.popleft()
        self._bytes -= len(packet.payload)
        return packet

    def _accepts(self, packet: MediaPacket) -> bool:
        if not self._is_open:
            return False
        if packet.kind is PacketKind.AUDIO:
            return self._has_begun
        waiting_ms = (packet.at_us - self._packets[0].at_us) / 1000 if self._packets else 0.0
        if packet.is_keyframe:
            if waiting_ms > self._limits.picture_ms:
                self._drop_waiting(only_disposable=False)
            elif waiting_ms <= self._limits.resume_ms or not self._has_begun:
                self._needs_keyframe = False
            self._has_begun = self._has_ever_begun = True
            return True
        if self._needs_keyframe:
            return False
        if waiting_ms > self._limits.picture_ms:
            self._drop_waiting(only_disposable=False)
            return False
        if waiting_ms > self._limits.disposable_ms:
            self._drop_waiting(only_disposable=True)
            return not packet.is_disposable
        return True

    def _drop_waiting(self, *, only_disposable: bool) -> None:
        """Drop pictures that wait; unless only disposable ones, a keyframe is needed to go on."""
        self._needs_keyframe = self._needs_keyframe or not only_disposable
        kept: deque[MediaPacket] = deque()
        for packet in self._packets:
            is_droppable = packet.kind is PacketKind.VIDEO and not packet.is_keyframe
            if is_droppable and (packet.is_disposable or not only_disposable):
                self._bytes -= len(packet.payload)
                self._count_drop(packet)
            else:
                kept.append(packet)
        self._packets = kept

    def _clear(self) -> None:
        for packet in self._packets:
            self._count_drop(packet)
        self._packets.clear()
        self._bytes = 0
        self._ready.clear()

    def _count_drop(self, packet: MediaPacket) -> None:
        if not self._has_ever_begun:
            return  # nobody was waiting for it yet
        if packet.kind is PacketKind.AUDIO:
            self.dropped_sounds += 1
            return
        self.dropped_pictures += 1
        self.dropped_disposable += packet.is_disposable
