"""The master's limiter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encoder.sound.limiter import LOOK_AHEAD_SAMPLES, Limiter
from encoder.sources.source import Samples


def _limited(samples: Samples, blocks: list[int]) -> Samples:
    limiter, at = Limiter(), 0
    out: list[Samples] = []
    while at < samples.shape[1]:
        count = (blocks[len(out) % len(blocks)]) + (LOOK_AHEAD_SAMPLES if not out else 0)
        block = samples[:, at : at + count]
        at += count
        out.append(limiter.process(block, float(np.abs(block).max())))
    return np.concatenate(out, axis=1)


def test_what_stays_below_full_scale_is_untouched_and_in_place() -> None:
    quiet = np.random.default_rng(1).uniform(-1, 1, (2, 8000)).astype(np.float32)
    limited = _limited(quiet, [1024])
    np.testing.assert_array_equal(limited, quiet[:, : limited.shape[1]])
    assert limited.shape[1] == 8000 - LOOK_AHEAD_SAMPLES


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.5, 30), st.lists(st.integers(64, 2048), min_size=1, max_size=4))
def test_nothing_ever_passes_full_scale(seed: int, loudness: float, blocks: list[int]) -> None:
    random = np.random.default_rng(seed)
    loud = (random.standard_normal((2, 12000)) * loudness * (random.random(12000) > 0.7)).astype(np.float32)
    limited = _limited(loud, blocks)
    assert np.abs(limited).max() <= 1.0
    assert limited.shape[1] == 12000 - LOOK_AHEAD_SAMPLES
    # It turns down; it neither clips nor turns over.
    assert np.all(np.abs(limited) <= np.abs(loud[:, : limited.shape[1]]) + 1e-6)


def test_the_gain_moves_smoothly_and_comes_back() -> None:
    loud = np.full((2, 48000), 0.5, np.float32)
    loud[:, 10000:10010] = 4.0
    limited = _limited(loud, [1024])
    gain = limited[0] / loud[0, : limited.shape[1]]
    assert np.abs(np.diff(gain)).max() < 0.01
    assert gain[10000:10010].max() == pytest.approx(0.25, abs=0.001)
    assert gain[:9700].min() == 1.0
    assert gain[30000] == 1.0


def test_blocks_make_no_difference() -> None:
    loud = (np.random.default_rng(2).standard_normal((2, 20480)) * 2).astype(np.float32)
    one, other = _limited(loud, [1024]), _limited(loud, [640, 128])
    count = min(one.shape[1], other.shape[1])
    np.testing.assert_allclose(one[:, :count], other[:, :count], atol=1e-5)
