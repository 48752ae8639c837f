"""Finding the tone's beeps, wherever they fall among the windows that are looked at."""

from __future__ import annotations

import av
import numpy as np
import pytest

from encoder.flash_and_beep import BeepDetector
from encoder.sources.tone import Tone

RATE = 48_000


def beeps_heard(begins_at: int, block: int) -> list[float]:
    """Two seconds of sound in frames of `block` samples; each beep begins `begins_at` samples after a second."""
    detector, heard = BeepDetector(), []
    for position in range(0, 2 * RATE, block):
        samples = np.ascontiguousarray(Tone().read((position - begins_at) % RATE, block).samples)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate = RATE
        heard += detector.add(frame, position / RATE)
    return heard


@pytest.mark.parametrize("block", [960, 1024])
def test_each_beep_is_heard_once_when_it_begins(block: int) -> None:
    for begins_at in range(RATE // 2, RATE // 2 + 192, 5):
        heard = beeps_heard(begins_at, block)
        assert heard == pytest.approx([begins_at / RATE, 1 + begins_at / RATE], abs=0.001), begins_at


def test_a_click_is_no_beep() -> None:
    samples = np.zeros((2, RATE), np.float32)
    samples[:, RATE // 2] = 0.04
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
    frame.sample_rate = RATE
    assert BeepDetector().add(frame, 0.0) == []
