"""Chroma key: what a key colour hides, made into a table once, and the keyer that draws pictures through it.

The distance of a pixel's U and V from the key's, in parts of the key's own saturation (its distance from grey), says
how much of the pixel stays. So a pale key takes less than a strong one, and greys always stay:

- up to `SIMILARITY` nothing stays;
- from there, over `SMOOTHNESS`, ever more of it does;
- what stays loses its tint of the key, all of it up to that point, ever less over `SPILL`, and there the less the
  more its hue is another one: a yellow shirt before green stays about as yellow as it is.

The key is best picked from the cloth: pure green hides a real cloth's bright parts only.
Brightness does not count: shadows on the cloth are seen through too, and a grey for a key takes every grey.

Tables and images are made while a scene is prepared; the keyer lives on the video loop's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from encoder.compositor.blender import BAND_PIXELS, Blender
from encoder.compositor.sprite import ONE, RED_AND_BLUE_WEIGHTS, Planes, WordPlanes, Words, luma_and_chroma, rgb_of
from encoder.picture import CHROMA_NEUTRAL, Plane
from encoder.sources.source import ColourMatrix

SIMILARITY = 0.65
SMOOTHNESS = 0.2
SPILL = 0.1
_LEAST_SATURATION = 16.0
"""Keys paler than this, in steps of chroma, are taken to be so strong: below, noise would decide."""
_VALUES = 256
_TWICE = np.uint32(0x10001)
"""Times a number below 65536: the same number in both halves."""

_Floats: TypeAlias = NDArray[np.floating]
_Entries: TypeAlias = NDArray[np.uint32]
_Indices: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class ChromaKey:
    """What becomes of each chroma, the layer's opacity included."""

    table: _Entries
    """By U times 256 plus V: a 16 bit share of `ONE` that stays, and the U and V without the key's tint, 8 bits each.
    One table, since looking up is what costs."""
    matrix: ColourMatrix

    @classmethod
    def of(cls, colour: str, matrix: ColourMatrix, opacity: float = 1.0) -> ChromaKey:
        """The key for `#RRGGBB`, in pictures of that matrix."""
        _, key_u, key_v = luma_and_chroma(np.array(rgb_of(colour), np.float32) / 255, matrix)
        across, down = float(key_u) - CHROMA_NEUTRAL, float(key_v) - CHROMA_NEUTRAL
        saturation = float(np.hypot(across, down))
        u, v = np.meshgrid(np.arange(_VALUES, dtype=np.float32), np.arange(_VALUES, dtype=np.float32), indexing="ij")
        distance = np.hypot(u - float(key_u), v - float(key_v)) / max(saturation, _LEAST_SATURATION)
        stays = np.clip((distance - SIMILARITY) / SMOOTHNESS, 0, 1)
        spilt = np.clip((SIMILARITY + SMOOTHNESS + SPILL - distance) / SPILL, 0, 1)
        across, down = across / max(saturation, 1.0), down / max(saturation, 1.0)
        towards = (u - CHROMA_NEUTRAL) * across + (v - CHROMA_NEUTRAL) * down
        aside = np.abs((v - CHROMA_NEUTRAL) * across - (u - CHROMA_NEUTRAL) * down)
        tint = np.maximum(towards - aside * (1 - spilt), 0) * spilt
        table = np.empty(_VALUES * _VALUES, np.uint32)
        alpha, clean_u, clean_v = _fields(table)
        alpha[:] = np.rint(stays * round(opacity * ONE)).ravel()
        clean_u[:] = np.clip(np.rint(u - tint * across), 0, 255).ravel()
        clean_v[:] = np.clip(np.rint(v - tint * down), 0, 255).ravel()
        return cls(table, matrix)

    def keyed(self, image: Image.Image) -> Image.Image:
        """An RGBA image through the key. For stills: not quick."""
        rgba = np.asarray(image, np.uint8)
        _, u, v = luma_and_chroma(rgba[:, :, :3].astype(np.float32) / 255, self.matrix)
        whole_u, whole_v = np.rint(u).astype(np.intp), np.rint(v).astype(np.intp)
        alpha, clean_u, clean_v = _fields(self.table[whole_u * _VALUES + whole_v])
        # What is taken from the chroma is taken from red and blue; green makes up for it in brightness.
        red_weight, blue_weight = RED_AND_BLUE_WEIGHTS[self.matrix]
        red = (clean_v.astype(np.float32) - whole_v) * ((1 - red_weight) * 255 / 112)
        blue = (clean_u.astype(np.float32) - whole_u) * ((1 - blue_weight) * 255 / 112)
        green = -(red * red_weight + blue * blue_weight) / (1 - red_weight - blue_weight)
        out = rgba.astype(np.float32)
        out[:, :, :3] += np.stack((red, green, blue), axis=-1)
        out[:, :, 3] *= alpha.astype(np.float32) / ONE
        return Image.fromarray(np.clip(np.rint(out), 0, 255).astype(np.uint8))


class Keyer:
    """Draws pictures through keys. Its buffers are as large as the largest picture was, and used again."""

    def __init__(self, blender: Blender) -> None:
        self._blender = blender
        self._entries, self._indices = np.empty(BAND_PIXELS, np.uint32), np.empty(BAND_PIXELS, np.intp)
        self._doubled = np.empty(BAND_PIXELS // 2, np.uint32)
        self._taken, self._kept = np.empty(BAND_PIXELS, np.uint16), np.empty(BAND_PIXELS, np.uint16)
        self._words = np.empty((3, 0), np.uint16)
        self._clean = np.empty((2, 0), np.uint8)

    def draw(self, target: Planes, over: Planes, key: ChromaKey, limit: WordPlanes | None) -> None:
        """`over` onto `target` through the key, nowhere more of it than `limit` lets (rounded corners)."""
        shape = over[1].shape
        if self._clean.shape[1] < over[1].size:
            self._words, self._clean = np.empty((3, over[1].size), np.uint16), np.empty((2, over[1].size), np.uint8)
        own, sums, alpha = (buffer[: over[1].size].reshape(shape) for buffer in self._words)
        u, v = (buffer[: over[1].size].reshape(shape) for buffer in self._clean)
        self._look_up(over, key, own, u, v)
        _soften(own, sums, alpha)
        for rows in self._blender.bands(target[0][::2]):
            columns = _seen_columns(alpha[rows])
            if columns is not None:
                self._blend(target, (over[0], u, v), alpha, limit, (rows, columns))

    def _look_up(self, over: Planes, key: ChromaKey, own: Words, u: Plane, v: Plane) -> None:
        for rows in self._blender.bands(own):
            size, shape = own[rows].size, own[rows].shape
            indices, entries = self._indices[:size].reshape(shape), self._entries[:size].reshape(shape)
            first, second = self._taken[:size].reshape(shape), self._kept[:size].reshape(shape)
            np.copyto(first, over[1][rows])
            np.copyto(second, over[2][rows])
            np.left_shift(first, 8, out=first)
            np.bitwise_or(first, second, out=first)
            np.copyto(indices, first)  # widened last: eight bytes a number are slow to work on
            np.take(key.table, indices, out=entries, mode="clip")  # clipping never happens; the other modes copy
            own[rows], u[rows], v[rows] = _fields(entries)

    def _blend(
        self, target: Planes, over: Planes, alpha: Words, limit: WordPlanes | None, place: tuple[slice, slice]
    ) -> None:
        """A band of it. `place` counts in chroma."""
        rows, columns = place
        wide = slice(columns.start * 2, columns.stop * 2)
        small = alpha[place]
        doubled = self._doubled[: small.size].reshape(small.shape)
        np.copyto(doubled, small)
        np.multiply(doubled, _TWICE, out=doubled)
        for row in (0, 1):
            within = limit[0][row::2][rows, wide] if limit else None
            self._weigh(target[0][row::2][rows, wide], over[0][row::2][rows, wide], doubled.view(np.uint16), within)
        for index in (1, 2):
            within = limit[index][place] if limit else None
            self._weigh(target[index][place], over[index][place], small, within)

    def _weigh(self, under: Plane, above: Plane, taken: Words, within: Words | None) -> None:
        if within is not None:
            taken = np.minimum(taken, within, out=self._taken[: taken.size].reshape(taken.shape))
        kept = self._kept[: taken.size].reshape(taken.shape)
        np.subtract(np.uint16(ONE), taken, out=kept)
        self._blender.weigh(under, above, under, kept, taken)


def _fields(entries: _Entries) -> tuple[Words, Plane, Plane]:
    """Views of what a table's entries are made of: the share that stays, U, V."""
    octets = entries.view(np.uint8)
    return entries.view(np.uint16)[..., ::2], octets[..., 2::4], octets[..., 3::4]


def _soften(own: Words, sums: Words, alpha: Words) -> None:
    """`alpha` of what each pixel has of its own: the mean with its neighbours, 1 2 1 across and down, but never more.

    So edges are soft towards the inside, and the cloth at a figure's edge stays hidden.
    """
    np.left_shift(own, 1, out=sums)
    sums[:, 1:] += own[:, :-1]
    sums[:, :-1] += own[:, 1:]
    sums[:, 0] += own[:, 0]
    sums[:, -1] += own[:, -1]
    np.left_shift(sums, 1, out=alpha)
    alpha[1:] += sums[:-1]
    alpha[:-1] += sums[1:]
    alpha[0] += sums[0]
    alpha[-1] += sums[-1]
    np.right_shift(alpha, 4, out=alpha)
    np.minimum(alpha, own, out=alpha)


def _seen_columns(alpha: Words) -> slice | None:
    """From the first to the last column in which anything is seen."""
    seen = np.flatnonzero(np.maximum.reduce(alpha, axis=0))
    return slice(int(seen[0]), int(seen[-1]) + 1) if seen.size else None
