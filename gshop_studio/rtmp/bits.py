"""Reads single bits and Exp-Golomb codes from a few bytes of codec configuration."""

from __future__ import annotations

_MAX_LEADING_ZEROS = 32


class BitReader:
    """Most significant bit first. Raises EOFError past the end and ValueError on an absurd code."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._remaining = len(data) * 8

    def bits(self, count: int) -> int:
        """The next `count` bits as an unsigned number."""
        if count > self._remaining:
            raise EOFError
        self._remaining -= count
        return self._value >> self._remaining & ((1 << count) - 1)

    def unsigned(self) -> int:
        """ue(v) of H.264, 9.1."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > _MAX_LEADING_ZEROS:
                raise ValueError("Exp-Golomb code too long")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """se(v) of H.264, 9.1.1."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)
