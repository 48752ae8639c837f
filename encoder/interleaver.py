"""Puts picture and sound into one order by time. Pure; lives wherever its caller does.

A packet is let go once the other kind has come as far, or when the newest packet is `LONGEST_HOLD_US` ahead of it: a
kind that stalls must not hold the other one back.
"""

from __future__ import annotations

from collections import deque

from encoder.packets import MediaPacket, PacketKind

LONGEST_HOLD_US = 600_000


class Interleaver:
    """Two bounded queues, emptied in order of time."""

    def __init__(self) -> None:
        self._waiting: dict[PacketKind, deque[MediaPacket]] = {kind: deque() for kind in PacketKind}
        self._newest_us: dict[PacketKind, int] = {}

    def put(self, packet: MediaPacket) -> list[MediaPacket]:
        """Take a packet; get those whose turn it is."""
        self._waiting[packet.kind].append(packet)
        self._newest_us[packet.kind] = packet.at_us
        released: list[MediaPacket] = []
        while candidate := self._next_due():
            released.append(self._waiting[candidate.kind].popleft())
        return released

    def _next_due(self) -> MediaPacket | None:
        heads = [queue[0] for queue in self._waiting.values() if queue]
        if not heads:
            return None
        candidate = min(heads, key=lambda packet: packet.at_us)
        newest_us = max(self._newest_us.values())
        is_matched = len(heads) == 2 or any(
            newest >= candidate.at_us for kind, newest in self._newest_us.items() if kind is not candidate.kind
        )
        return candidate if is_matched or newest_us - candidate.at_us > LONGEST_HOLD_US else None
