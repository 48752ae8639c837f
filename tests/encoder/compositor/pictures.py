"""Sources and scenes for the compositor's tests: pictures of one grey, given when the test says so."""

from __future__ import annotations

import av

from encoder.compositor.compositor import Compositor
from encoder.picture import FrameShape, Picture, PictureSize, black_frame, planes_of
from encoder.sources.source import ColourMatrix
from gshop_studio.domain.scene import Fit, Layer, LayerKind, Rectangle, Scene
from gshop_studio.engine_protocol import Fault

SIZE = PictureSize(160, 90)
START_US = 1_700_000_000_000_000
TICK_US = 33_333
WHOLE = Layer(LayerKind.SOURCE, input="main")
CORNER = Layer(LayerKind.SOURCE, Rectangle(0.5, 0.5, 0.5, 0.5), input="screen")


def grey_frame(size: PictureSize, level: int) -> av.VideoFrame:
    frame = black_frame(size)
    planes_of(frame)[0][:] = level
    return frame


class Grey:
    """A source of one grey. `give` makes a new picture; it comes in the shape that was last asked for, later."""

    colour_matrix = ColourMatrix.BT601

    def __init__(self, level: int = 100, size: PictureSize = SIZE) -> None:
        self.name = f"grey:{level}"
        self.level = level
        self.fault: Fault | None = None
        self.asked: list[FrameShape] = []
        self.is_closed = False
        self._size = size
        self._next: Picture | None = None
        self.last: Picture | None = None

    def give(
        self, captured_us: int = START_US - 1000, size: PictureSize | None = None, *, is_shared: bool = False
    ) -> None:
        size = size or (self.asked[-1].size if self.asked else self._size)
        self._next = Picture(grey_frame(size, self.level), captured_us, is_shared)

    def reshape(self, shape: FrameShape) -> None:
        self.asked.append(shape)

    def picture_at(self, due_us: int) -> Picture | None:
        picture, self._next = self._next, None
        self.last = picture or self.last
        return picture

    def close(self) -> None:
        self.is_closed = True


class Show:
    """A compositor and a clock that ticks."""

    def __init__(self, size: PictureSize = SIZE) -> None:
        self.lost: list[tuple[str, str]] = []
        self.compositor = Compositor(size, lambda name, fault: self.lost.append((name, fault.code)))
        self.due_us = START_US
        self.last: Picture | None = None

    def tick(self, *sources: Grey) -> Picture | None:
        """The next tick, with a new picture of each of those sources."""
        for source in sources:
            source.give(self.due_us - 1000)
        picture = self.compositor.picture_at(self.due_us)
        self.due_us += TICK_US
        self.last = picture or self.last
        return picture

    def level(self, x: float = 0.25, y: float = 0.25) -> int:
        """The brightness there of what is on."""
        assert self.last is not None
        luma = planes_of(self.last.frame)[0]
        return int(luma[round(y * luma.shape[0]), round(x * luma.shape[1])])


def whole(fit: Fit = Fit.CONTAIN) -> Scene:
    return Scene("whole", (Layer(LayerKind.SOURCE, input="main", fit=fit),))
