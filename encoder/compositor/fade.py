"""A fade from one scene to another: what it begins with, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass

import av

from encoder.compositor.prepared import PreparedScene
from encoder.compositor.sprite import ONE
from encoder.picture import Picture


@dataclass(slots=True)
class Fade:
    """What is faded from, and since when."""

    duration_us: int
    before: PreparedScene | None
    frozen: dict[str, Picture]
    """Of inputs that are asked for another shape now: their last picture in the old one."""
    still: av.VideoFrame | None
    """The picture that was on, where a fade was cut short."""
    since_us: int | None = None

    def weight_at(self, due_us: int) -> int:
        """How much of the new scene is seen, to `ONE`. The first picture already shows a little of it."""
        if self.since_us is None:
            self.since_us = due_us
        elapsed_us = due_us - self.since_us + self.duration_us // 16
        return max(0, min(ONE, elapsed_us * ONE // self.duration_us))
