"""The tone: a beep of 1 kHz at each whole second of the clock, in step with the test card's flash."""

from __future__ import annotations

import numpy as np

from encoder.sources.source import READ_AHEAD_SAMPLES, Samples, SoundBlock
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ
from gshop_studio.engine_protocol import Fault

BEEP_HZ = 1000
BEEP_S = 0.1
_AMPLITUDE = 0.25
_RAMP_S = 0.001
"""Short enough for an exact onset, long enough not to click."""


class Tone:
    """One second of sound, repeated on the clock's second."""

    name = "tone"
    fault: Fault | None = None
    delay_samples = -READ_AHEAD_SAMPLES

    def __init__(self) -> None:
        second = _one_second()
        self._two_seconds = np.concatenate([second, second], axis=1)

    def read(self, position: int, count: int) -> SoundBlock:
        start = position % AUDIO_SAMPLE_RATE_HZ
        return SoundBlock(self._two_seconds[:, start : start + count])

    def close(self) -> None:
        """Nothing to let go."""


def _one_second() -> Samples:
    count = round(BEEP_S * AUDIO_SAMPLE_RATE_HZ)
    at_s = np.arange(count) / AUDIO_SAMPLE_RATE_HZ
    envelope = np.minimum(1.0, np.minimum(at_s, at_s[::-1]) / _RAMP_S)
    beep = _AMPLITUDE * envelope * np.sin(2 * np.pi * BEEP_HZ * at_s)
    second = np.zeros((2, AUDIO_SAMPLE_RATE_HZ), np.float32)
    second[:, :count] = beep
    return second
