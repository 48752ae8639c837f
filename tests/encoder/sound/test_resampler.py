"""The resampler's quality, and that it gives what it takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encoder.sound.resampler import Resampler


@pytest.mark.parametrize("ppm", [0.01, 150, -150, 500, -500])
@pytest.mark.parametrize("hz", [100, 1000, 8000, 14000, 16000])
def test_amplitude_and_images_are_wrong_by_less_than_minus_60_db(hz: int, ppm: float) -> None:
    step = 1 + ppm * 1e-6
    angle = 2 * np.pi * hz / 48000
    sound = np.stack((np.cos(angle * np.arange(48000)), np.sin(angle * np.arange(48000)))).astype(np.float32)
    resampler = Resampler()
    made = np.concatenate([resampler.process(sound[:, at : at + 480], step) for at in range(0, 48000, 480)], axis=1)
    places = np.arange(made.shape[1]) * step
    expected = np.stack((np.cos(angle * places), np.sin(angle * places)))
    error = np.abs(made - expected)[:, 50:].max()  # the first few still hear the silence before
    assert 20 * np.log10(error) < -60


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1200), st.floats(-500e-6, 500e-6)), min_size=1, max_size=30))
def test_every_input_sample_is_accounted_for(blocks: list[tuple[int, float]]) -> None:
    resampler, put, walked = Resampler(), 0, 0.0
    for count, correction in blocks:
        made = resampler.process(np.zeros((2, count), np.float32), 1 + correction)
        put += count
        walked += made.shape[1] * (1 + correction)
        assert resampler.pending_samples == pytest.approx(put - walked, abs=1e-6)
        assert resampler.pending_samples < 32


def test_blocks_make_no_difference() -> None:
    sound = np.random.default_rng(1).standard_normal((2, 9600)).astype(np.float32)
    one, other = Resampler(), Resampler()
    big = [one.process(sound[:, at : at + 480], 1.0) for at in range(0, 9600, 480)]
    small = [other.process(sound[:, at : at + 96], 1.0) for at in range(0, 9600, 96)]
    joined, parts = np.concatenate(big, axis=1), np.concatenate(small, axis=1)
    count = min(joined.shape[1], parts.shape[1])
    np.testing.assert_allclose(joined[:, :count], parts[:, :count], atol=1e-5)
    np.testing.assert_allclose(joined[:, :count], sound[:, :count], atol=1e-5)
