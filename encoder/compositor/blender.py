"""Integer blending on I420 planes, a band of rows at a time, so that what is worked on stays in the CPU's cache.

One blender belongs to one thread: the video loop's.
"""

from __future__ import annotations

import av
import numpy as np

from encoder.compositor.sprite import ONE, Planes, Sprite, WordPlanes, Words
from encoder.picture import PictureSize, Plane, new_frame, planes_of

BAND_PIXELS = 64 * 1024
_SHIFT = np.uint16(8)


class Blender:
    """Blends with buffers of its own: nothing is allocated a frame."""

    def __init__(self) -> None:
        self._one, self._other = np.empty(BAND_PIXELS, np.uint16), np.empty(BAND_PIXELS, np.uint16)

    def draw(self, sprite: Sprite, planes: Planes) -> None:
        """A sprite over a picture, on its rectangle only."""
        targets = sprite.box.parts(planes)
        if sprite.solid is not None:
            for target, colour in zip(targets, sprite.solid, strict=True):
                target[:] = colour
            return
        for target, weighted, kept in zip(targets, sprite.weighted, sprite.kept, strict=True):
            for rows in self.bands(target):
                under, work = target[rows], self._scratch(self._one, target[rows])
                np.copyto(work, under)
                np.multiply(work, kept[rows], out=work)
                np.add(work, weighted[rows], out=work)
                np.right_shift(work, _SHIFT, out=work)
                np.copyto(under, work, casting="unsafe")

    def mix(self, target: Planes, over: Planes, weight: int) -> None:
        """`over` onto `target`, with a weight of 0 to `ONE` for all of it."""
        kept, taken = np.uint16(ONE - weight), np.uint16(weight)
        for under, above in zip(target, over, strict=True):
            for rows in self.bands(under):
                self.weigh(under[rows], above[rows], under[rows], kept, taken)

    def mask(self, target: Planes, over: Planes, taken: WordPlanes, kept: WordPlanes) -> None:
        """`over` onto `target`, with a weight of 0 to `ONE` for each pixel; `kept` is `ONE` less `taken`."""
        for under, above, take, keep in zip(target, over, taken, kept, strict=True):
            for rows in self.bands(under):
                self.weigh(under[rows], above[rows], under[rows], keep[rows], take[rows])

    def faded(self, before: av.VideoFrame, after: av.VideoFrame, weight: int) -> av.VideoFrame:
        """A new frame between two of one size: `weight` of 0 to `ONE` for the second."""
        frame = new_frame(PictureSize(after.width, after.height))
        kept, taken = np.uint16(ONE - weight), np.uint16(weight)
        for target, under, above in zip(planes_of(frame), planes_of(before), planes_of(after), strict=True):
            for rows in self.bands(target):
                self.weigh(under[rows], above[rows], target[rows], kept, taken)
        return frame

    def weigh(
        self, under: Plane, above: Plane, target: Plane, kept: Words | np.uint16, taken: Words | np.uint16
    ) -> None:
        """A band: `under` times `kept` plus `above` times `taken`, which are `ONE` together, into `target`."""
        one, other = self._scratch(self._one, under), self._scratch(self._other, under)
        np.copyto(one, under)
        np.multiply(one, kept, out=one)
        np.copyto(other, above)
        np.multiply(other, taken, out=other)
        np.add(one, other, out=one)
        np.right_shift(one, _SHIFT, out=one)
        np.copyto(target, one, casting="unsafe")

    @staticmethod
    def bands(plane: Plane | Words) -> list[slice]:
        """A plane's rows, `BAND_PIXELS` or one row at a time."""
        height, width = plane.shape
        step = max(1, BAND_PIXELS // width)
        return [slice(top, min(height, top + step)) for top in range(0, height, step)]

    @staticmethod
    def _scratch(buffer: Words, like: Plane) -> Words:
        return buffer[: like.size].reshape(like.shape)
