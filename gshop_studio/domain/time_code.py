"""The machine-readable time code burned into a picture: layout, encoding and reading. Pure: no pixels here.

A row of square blocks in the top left corner, each black or white, so that a viewer can read from any decoded frame
when it was captured, whatever the scaling and compression in between::

    1 0 1 0 | 44 bits: milliseconds of UTC, most significant first | 8 bits: CRC-8 of the six bytes of those 44 bits

56 blocks, each `height / 45` pixels wide and high, starting one block from the left and one from the top, on a black
strip that reaches one block around. At 16:9 the strip takes 58 of 80 blocks of the width; at 9:16 the block shrinks to
`width / 58`, so that the strip spans the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

_SYNC = (1, 0, 1, 0)
_TIME_BITS = 44
_CHECK_BITS = 8
BIT_COUNT = len(_SYNC) + _TIME_BITS + _CHECK_BITS
_MARGIN_BLOCKS = 1
_STRIP_BLOCKS = BIT_COUNT + 2 * _MARGIN_BLOCKS
_CRC8_POLYNOMIAL = 0x07


@dataclass(frozen=True, slots=True)
class TimeCodeLayout:
    """Where the blocks lie in a picture, in pixels."""

    block: int
    left: int
    top: int
    strip_width: int
    strip_height: int

    def center(self, index: int) -> tuple[int, int]:
        """The x and y of the middle of block `index`."""
        return self.left + index * self.block + self.block // 2, self.top + self.block // 2


def layout_for(width: int, height: int) -> TimeCodeLayout:
    """The layout in a picture of that size; blocks are even, so that they also lie on the chroma grid."""
    block = max(2, min(height // 45, width // _STRIP_BLOCKS) // 2 * 2)
    return TimeCodeLayout(
        block=block,
        left=block * _MARGIN_BLOCKS,
        top=block * _MARGIN_BLOCKS,
        strip_width=block * _STRIP_BLOCKS,
        strip_height=block * (1 + 2 * _MARGIN_BLOCKS),
    )


def encode(utc_ms: int) -> tuple[int, ...]:
    """The blocks of a moment, 1 for white. `utc_ms` are milliseconds of UTC, 0 to 2**44 - 1."""
    if not 0 <= utc_ms < 1 << _TIME_BITS:
        raise ValueError(f"time code out of range: {utc_ms}")
    return _SYNC + _bits(utc_ms, _TIME_BITS) + _bits(_crc8(utc_ms), _CHECK_BITS)


def decode(bits: Sequence[int]) -> int | None:
    """Milliseconds of UTC, or None when the blocks are not a time code (wrong sync or check)."""
    if len(bits) != BIT_COUNT or tuple(bits[: len(_SYNC)]) != _SYNC:
        return None
    utc_ms = _number(bits[len(_SYNC) : len(_SYNC) + _TIME_BITS])
    return utc_ms if _number(bits[len(_SYNC) + _TIME_BITS :]) == _crc8(utc_ms) else None


def read(luma_at: Callable[[int, int], int], width: int, height: int) -> int | None:
    """Read the time code of a picture. `luma_at(x, y)` gives a pixel's brightness, 0 to 255."""
    layout = layout_for(width, height)
    return decode([int(luma_at(*layout.center(index)) >= 128) for index in range(BIT_COUNT)])


def _bits(value: int, count: int) -> tuple[int, ...]:
    return tuple(value >> shift & 1 for shift in range(count - 1, -1, -1))


def _number(bits: Sequence[int]) -> int:
    value = 0
    for bit in bits:
        value = value << 1 | bit
    return value


def _crc8(utc_ms: int) -> int:
    remainder = 0
    for byte in utc_ms.to_bytes(6, "big"):
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder << 1 ^ _CRC8_POLYNOMIAL) & 0xFF if remainder & 0x80 else remainder << 1
    return remainder
