"""Draws a prepared scene onto a picture: copies where something is solid, blends on its rectangle where it is not.

Lives on the video loop's thread. The pictures of sources are never drawn on: a copy costs a twentieth of a millisecond,
and the original is needed again when only an overlay changes.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import av

from encoder.compositor.blender import Blender
from encoder.compositor.chroma_key import Keyer
from encoder.compositor.countdown import Countdown
from encoder.compositor.input import Input
from encoder.compositor.prepared import Drawable, PlacedSource
from encoder.compositor.sprite import ONE, Planes, Sprite
from encoder.picture import (
    Box,
    FrameShape,
    Picture,
    PictureFitter,
    PictureSize,
    black_frame,
    copied_frame,
    new_frame,
    planes_of,
)
from gshop_studio.domain.scene import NO_CROP


@dataclass(frozen=True, slots=True)
class Sight:
    """What there is to see at a moment."""

    size: PictureSize
    inputs: Mapping[str, Input]
    slates: Mapping[PictureSize, av.VideoFrame]
    frozen: Mapping[str, Picture]
    """Pictures to show in place of the inputs' newest ones."""
    due_us: int

    def picture(self, placed: PlacedSource) -> Picture | None:
        """The input's picture; None for the slate."""
        frozen = self.frozen.get(placed.input)
        if frozen is not None:
            return frozen
        held = self.inputs.get(placed.input)
        return held.newest if held else None

    def is_awaited(self, placed: PlacedSource) -> bool:
        """Its input has a source that has not given its first picture yet."""
        held = self.inputs.get(placed.input)
        return held is not None and held.is_awaited

    def state_of(self, drawables: Sequence[Drawable]) -> Hashable:
        """Equal for two moments that look the same."""
        state: list[int] = []
        for drawable in drawables:
            if isinstance(drawable, Countdown):
                state.append(drawable.seconds_left(self.due_us))
            elif isinstance(drawable, PlacedSource) and (held := self.inputs.get(drawable.input)):
                state.append(held.version)
        return tuple(state)


class Canvas:
    """Draws, and remembers what it had to refit."""

    def __init__(self) -> None:
        self.blender = Blender()
        self._keyer: Keyer | None = None
        """Made when a key is first used: its buffers are some megabytes."""
        self._refitted: dict[tuple[str, FrameShape], tuple[PictureFitter, Picture, av.VideoFrame]] = {}

    def forget(self) -> None:
        """Another scene or source: nothing that was refitted is needed any more."""
        self._refitted.clear()

    def draw(self, sight: Sight, drawables: Sequence[Drawable]) -> Picture:
        """All of it. One source that fills the canvas is handed through as it is."""
        seen = drawables[_lowest_seen(drawables, sight.size) :]
        captured_us = _captured_us(sight, seen)
        if seen and isinstance(seen[0], PlacedSource) and seen[0].fills_canvas:
            ground = self._fitted(sight, seen[0])
            seen = seen[1:]
            if not seen:
                return Picture(ground.frame, captured_us, ground.is_shared)
            frame = copied_frame(ground.frame)
        elif seen and isinstance(seen[0], Sprite) and seen[0].solid and seen[0].box == Box.whole(sight.size):
            frame = new_frame(sight.size)  # that sprite paints all of it
        else:
            frame = black_frame(sight.size)
        planes = planes_of(frame)
        for drawable in seen:
            self._draw_one(sight, drawable, planes)
        return Picture(frame, captured_us)

    def draw_over(self, sight: Sight, ground: Picture, drawables: Sequence[Drawable]) -> Picture:
        """Overlays over a picture, which stays as it is when it is shared."""
        if not drawables:
            return ground
        frame = copied_frame(ground.frame) if ground.is_shared else ground.frame
        planes = planes_of(frame)
        for drawable in drawables:
            self._draw_one(sight, drawable, planes)
        return Picture(frame, ground.captured_us)

    def _draw_one(self, sight: Sight, drawable: Drawable, planes: Planes) -> None:
        if isinstance(drawable, Sprite):
            self.blender.draw(drawable, planes)
        elif isinstance(drawable, Countdown):
            self.blender.draw(drawable.sprite_at(sight.due_us), planes)
        else:
            target = drawable.seen.parts(planes)
            over = drawable.cut.parts(planes_of(self._fitted(sight, drawable).frame))
            if drawable.key is not None and sight.picture(drawable) is not None:  # a slate is seen whole
                self._keyer = self._keyer or Keyer(self.blender)
                self._keyer.draw(target, over, drawable.key, drawable.mask.taken if drawable.mask else None)
            elif drawable.mask is not None:
                self.blender.mask(target, over, drawable.mask.taken, drawable.mask.kept)
            elif drawable.weight < ONE:
                self.blender.mix(target, over, drawable.weight)
            else:
                for under, above in zip(target, over, strict=True):
                    under[:] = above

    def _fitted(self, sight: Sight, placed: PlacedSource) -> Picture:
        """The input's picture in the place's shape, or the slate. Refitted only while it comes in another one."""
        picture = sight.picture(placed)
        if picture is None:
            return Picture(sight.slates[placed.shape.size], sight.due_us, is_shared=True)
        held = sight.inputs.get(placed.input)
        size = PictureSize(picture.frame.width, picture.frame.height)
        if placed.input in sight.frozen or held is None:
            made = placed.shape if size == placed.shape.size else FrameShape(size)
        else:
            made = held.shape_of(picture)
        if made == placed.shape and size == placed.shape.size:
            return picture
        key = (placed.input, placed.shape)
        fitter, known, frame = self._refitted.get(key, (None, None, None))
        if fitter is None or known is not picture or frame is None:
            fitter = fitter or PictureFitter()
            frame = fitter.fit(picture.frame, _from(made, placed.shape))
            self._refitted[key] = (fitter, picture, frame)
        return Picture(frame, picture.captured_us, picture.is_shared and frame is picture.frame)


def _lowest_seen(drawables: Sequence[Drawable], size: PictureSize) -> int:
    """What lies under something that fills the canvas is not drawn."""
    whole = Box.whole(size)
    for index in range(len(drawables) - 1, 0, -1):
        drawable = drawables[index]
        if isinstance(drawable, PlacedSource) and drawable.fills_canvas:
            return index
        if isinstance(drawable, Sprite) and drawable.solid and drawable.box == whole:
            return index
    return 0


def _captured_us(sight: Sight, drawables: Sequence[Drawable]) -> int:
    """When the scene's main picture was captured: that of the first source that has one."""
    for drawable in drawables:
        if isinstance(drawable, PlacedSource) and (picture := sight.picture(drawable)) is not None:
            return picture.captured_us
    return sight.due_us


def _from(made: FrameShape, wanted: FrameShape) -> FrameShape:
    """What to do to a picture that was made in one shape to have it, as nearly as can be, in another."""
    crop = wanted.crop if made.crop == NO_CROP else NO_CROP
    return FrameShape(wanted.size, wanted.fit, crop, made.is_mirrored != wanted.is_mirrored)
