"""The time stamps of what is published: milliseconds since the broadcast's beginning. Pure."""

from __future__ import annotations

from encoder.packets import MediaPacket


class MediaStamps:
    """Never falling, over any number of connections and whatever the rounding."""

    def __init__(self, base_us: int) -> None:
        """`base_us` is the moment whose time stamp is zero."""
        self._base_us = base_us
        self.last_ms = 0

    def stamp_ms(self, packet: MediaPacket) -> int:
        """Of the next packet to be sent."""
        self.last_ms = max(self.last_ms, round((packet.at_us - self._base_us) / 1000))
        return self.last_ms
