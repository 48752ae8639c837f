"""Counting bytes with a peer: what it says it took of ours, and when it is owed a word about its own."""

from __future__ import annotations

_MODULUS = 1 << 32
_HANDSHAKE_BYTES = 3073
"""Some peers count the handshake too."""


class AcknowledgedBytes:
    """A peer's 32-bit sequence numbers, as one growing count that never exceeds what was sent.

    nginx-rtmp sets its counter back to zero at 0xF0000000 instead of letting it wrap; both are understood.
    """

    def __init__(self) -> None:
        self._sequence = 0
        self._counted = 0
        self.total = 0

    def acknowledge(self, sequence: int, sent_bytes: int) -> int:
        """Take one acknowledgement; the new total."""
        step = (sequence - self._sequence) % _MODULUS
        most = sent_bytes + _HANDSHAKE_BYTES - self._counted
        if step > most and sequence < self._sequence:
            step = sequence  # the counter began anew
        if step > most:
            return self.total  # more than we ever sent
        self._counted += step
        self._sequence = sequence
        self.total = max(self.total, min(self._counted, sent_bytes))
        return self.total


class AcknowledgementDebt:
    """The bytes a peer sent, and whether it waits to hear of them."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._received = 0
        self._acknowledged = 0

    def set_window(self, window: int) -> None:
        """What the peer announced. 0 asks for no acknowledgements."""
        self._window = window

    def add(self, count: int) -> None:
        self._received += count

    def settle(self) -> int | None:
        """The sequence number to send now, if one is due."""
        if not self._window or self._received - self._acknowledged < self._window:
            return None
        self._acknowledged = self._received
        return self._received % _MODULUS
