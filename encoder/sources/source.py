"""What the engine asks of every source. Sources run their own threads; these calls never wait for a device."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from encoder.picture import FrameShape, Picture
from gshop_studio.engine_protocol import Fault

Samples: TypeAlias = NDArray[np.float32]
"""Two rows (left, right) of 48 kHz samples, -1 to 1."""

READ_AHEAD_SAMPLES = 3 * 1024
"""How far ahead of its moment sound is taken where it is known: this makes up for what the AAC encoder holds back."""


class ColourMatrix(Enum):
    """How a source's Y, U and V were made; players must be told."""

    BT601 = "bt601"
    BT709 = "bt709"


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """A stretch of sound, and how many of its samples are silence put in because the source had none ready."""

    samples: Samples
    silent_samples: int = 0


class VideoSource(Protocol):
    """Pictures. Called from the video loop's thread, but for `reshape` and `close`."""

    @property
    def name(self) -> str:
        """As on the command line: `camera:NAME`, `file:PATH`, `test`."""
        ...

    @property
    def fault(self) -> Fault | None:
        """Set for good once the source is gone."""
        ...

    @property
    def colour_matrix(self) -> ColourMatrix: ...

    def reshape(self, shape: FrameShape) -> None:
        """Give pictures of this shape from soon on. Whoever takes them checks their size: some are under way."""
        ...

    def picture_at(self, due_us: int) -> Picture | None:
        """The newest picture for that moment, or None when there is none newer than the last one given."""
        ...

    def close(self) -> None:
        """Let the device go and end the threads."""
        ...


class AudioSource(Protocol):
    """Sound. Called from the audio loop's thread, but for `close`."""

    @property
    def name(self) -> str: ...

    @property
    def fault(self) -> Fault | None: ...

    @property
    def delay_samples(self) -> int:
        """How long after its moment a sample can be read; negative where sound is known ahead."""
        ...

    def read(self, position: int, count: int) -> SoundBlock:
        """`count` samples from `position` on, which counts from the epoch. Positions only rise."""
        ...

    def close(self) -> None: ...
