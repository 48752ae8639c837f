"""One input: a source, its newest picture, and whether it is lost. Guarded by the compositor's lock."""

from __future__ import annotations

from encoder.clock import US_PER_S
from encoder.picture import FrameShape, Picture, PictureSize
from encoder.sources.source import VideoSource
from gshop_studio.engine_protocol import Fault

_PATIENCE_US = US_PER_S
"""How long a new source may take to its first picture before the slate is shown for it."""


class Input:
    """A named place for a source."""

    def __init__(self, source: VideoSource, before: Input | None) -> None:
        """`before` is the input whose place it takes: its last picture stays until the first one comes."""
        self.source = source
        self.held: Picture | None = None
        """The newest picture."""
        self.version = 0
        """Rises with each picture."""
        self.is_lost = False
        self.told: FrameShape | None = None
        """The shape that the source was asked for."""
        self.told_before: FrameShape | None = None
        self._stand_in = before.newest if before else None
        self._stand_in_shape = before.shape_of(before.newest) if before and before.newest else None
        self._waiting_until_us: int | None = None

    def poll(self, due_us: int) -> Fault | None:
        """Take the newest picture. Returns the fault when the source is found to be lost, once."""
        picture = self.source.picture_at(due_us)
        if picture is not None:
            self.held = picture
            self.version += 1
            self.is_lost = False
            self._stand_in = None
            return None
        fault = self.source.fault
        if fault is not None and not self.is_lost:
            self.is_lost = True
            self.held = self._stand_in = None
            self.version += 1
            return fault
        if self.held is None and not self.is_lost:
            self._wait(due_us)
        return None

    @property
    def newest(self) -> Picture | None:
        """What is shown; None for the slate."""
        return self.held or self._stand_in

    @property
    def is_awaited(self) -> bool:
        """Its first picture may still come in good time."""
        return self.held is None and not self.is_lost and self._waiting_until_us != -1

    def tell(self, shape: FrameShape) -> None:
        """Ask the source for a shape. Outside the lock: a source may take a moment."""
        self.source.reshape(shape)

    def shape_of(self, picture: Picture) -> FrameShape:
        """The shape a picture of this input was most probably made in."""
        if picture is self._stand_in and self._stand_in_shape is not None:
            return self._stand_in_shape
        if picture.shape is not None:
            return picture.shape
        size = PictureSize(picture.frame.width, picture.frame.height)
        for shape in (self.told, self.told_before):
            if shape is not None and shape.size == size:
                return shape
        return FrameShape(size)

    def _wait(self, due_us: int) -> None:
        if self._waiting_until_us is None:
            self._waiting_until_us = due_us + _PATIENCE_US
        elif self._waiting_until_us != -1 and due_us >= self._waiting_until_us:
            self._waiting_until_us = -1
            self._stand_in = None
            self.version += 1
