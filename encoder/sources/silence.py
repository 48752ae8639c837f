"""Silence: what is on air when there is no microphone, or no more."""

from __future__ import annotations

import numpy as np

from encoder.sources.source import READ_AHEAD_SAMPLES, SoundBlock
from gshop_studio.engine_protocol import Fault


class Silence:
    """Sound that is none."""

    name = "silence"
    fault: Fault | None = None
    delay_samples = -READ_AHEAD_SAMPLES

    def read(self, position: int, count: int) -> SoundBlock:
        return SoundBlock(np.zeros((2, count), np.float32))

    def close(self) -> None:
        """Nothing to let go."""
