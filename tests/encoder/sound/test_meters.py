"""Levels in dBFS."""

from __future__ import annotations

import numpy as np
import pytest

from encoder.sound.meters import SILENCE_DBFS, LevelMeter


def test_a_sine_at_half_scale_reads_as_it_should() -> None:
    sine = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(48000) / 48000)
    meter = LevelMeter()
    meter.add(np.stack([sine, np.zeros(48000)]).astype(np.float32))
    meters = meter.take()
    assert meters.peak_dbfs[0] == pytest.approx(-6.02, abs=0.05)
    assert meters.rms_dbfs[0] == pytest.approx(-9.03, abs=0.05)
    assert meters.peak_dbfs[1] == meters.rms_dbfs[1] == SILENCE_DBFS


def test_reading_begins_anew() -> None:
    meter = LevelMeter()
    meter.add(np.ones((2, 100), np.float32))
    meter.take()
    assert meter.take().peak_dbfs == (SILENCE_DBFS, SILENCE_DBFS)
