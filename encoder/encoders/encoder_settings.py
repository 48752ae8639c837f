"""What a video encoder is opened with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from encoder.sources.source import ColourMatrix

SOFTWARE_ENCODER = "libx264"


class Effort(IntEnum):
    """How hard x264 works. Less of it costs picture quality, not bit rate."""

    NORMAL = 0
    CHEAPER = 1
    CHEAPEST = 2


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """Size in pixels, rate in kb/s; `effort` counts for x264 only."""

    width: int
    height: int
    video_kbps: int
    matrix: ColourMatrix
    effort: Effort = Effort.NORMAL
