"""Effects keep every sample in its place."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from encoder.sound.effects import EffectChain, ahead_samples
from encoder.sound.settings import ChannelSettings
from encoder.sources.source import Samples

_START = 1_000_000
_CHAINS = {
    "noise suppression": ChannelSettings(noise_suppression=True),
    "gate": ChannelSettings(gate=True),
    "compressor": ChannelSettings(compressor=True),
    "limiter": ChannelSettings(limiter=True),
    "all": ChannelSettings(noise_suppression=True, gate=True, compressor=True, limiter=True),
}


def _through(settings: ChannelSettings, samples: Samples, *, block: int = 1024) -> Samples:
    """What a chain makes of it, read as the mixer reads it."""
    chain = EffectChain(settings, _START)
    ahead, out, at = ahead_samples(settings), [], 0
    while at + block + ahead <= samples.shape[1]:
        fed = chain.end - _START
        chain.put(samples[:, fed : at + block + ahead])
        out.append(chain.get(_START + at, block))
        at += block
    chain.close()
    return np.concatenate(out, axis=1)


def _lag(before: Samples, after: Samples) -> float:
    """By how many samples `after` is later, to a fraction, by cross-correlation."""
    count = min(before.shape[1], after.shape[1])
    size = 2 * count
    spectrum = np.fft.rfft(after[0, :count], size) * np.conj(np.fft.rfft(before[0, :count], size))
    correlation = np.fft.irfft(spectrum, size)
    peak = int(np.argmax(correlation))
    return peak if peak < count else peak - size


def _tone_bursts(seconds: float) -> Samples:
    """Noise in bursts, loud enough for the gate and above what noise suppression takes for noise."""
    count = round(seconds * 48000)
    noise = np.random.default_rng(3).standard_normal((2, count))
    envelope = (np.arange(count) % 12000 < 6000) * 0.3
    return (noise * envelope).astype(np.float32)


@pytest.mark.parametrize("name", _CHAINS)
def test_nothing_moves_in_time(name: str) -> None:
    sound = _tone_bursts(4)
    heard = _through(_CHAINS[name], sound)
    assert _lag(sound, heard) == 0
    assert np.abs(heard).max() > 0.05, "something is heard"


@pytest.mark.parametrize("name", _CHAINS)
@pytest.mark.parametrize("block", [240, 1024, 1500])
def test_the_chain_is_always_fed_far_enough(name: str, block: int) -> None:
    settings = _CHAINS[name]
    chain = EffectChain(settings, _START)
    at = 0
    for _ in range(40):
        end = at + block + ahead_samples(settings)
        chain.put(np.full((2, end - (chain.end - _START)), 0.2, np.float32))
        assert chain.get(_START + at, block).shape == (2, block)
        at += block
    assert chain._to_skip == 0, "silence took the place of nothing"
    chain.close()


def test_noise_suppression_quietens_noise() -> None:
    noise = (np.random.default_rng(4).standard_normal((2, 48000 * 3)) * 0.003).astype(np.float32)
    heard = _through(_CHAINS["noise suppression"], noise)
    assert np.std(heard[:, 48000:]) < 0.3 * np.std(noise)


def test_the_gate_closes_on_what_is_quiet() -> None:
    quiet = (np.random.default_rng(5).standard_normal((2, 96000)) * 0.001).astype(np.float32)
    loud = quiet * 200
    assert np.std(_through(_CHAINS["gate"], quiet)[:, 48000:]) < 0.2 * np.std(quiet)
    assert np.std(_through(_CHAINS["gate"], loud)[:, 48000:]) == pytest.approx(np.std(loud), rel=0.05)


def test_the_compressor_narrows_loud_and_quiet() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(96000) / 48000)
    levels = []
    for scale in (0.02, 0.8):
        sound = np.stack((tone, tone)).astype(np.float32) * np.float32(scale)
        levels.append(np.std(_through(_CHAINS["compressor"], sound)[:, 48000:]))
    assert levels[1] / levels[0] < 0.6 * 0.8 / 0.02


def test_the_limiter_keeps_its_ceiling() -> None:
    settings = ChannelSettings(limiter=True, limiter_ceiling_db=-6)
    heard = _through(settings, _tone_bursts(2) * 3)
    assert np.abs(heard).max() <= 10 ** (-6 / 20) + 0.001


def test_graphs_may_be_collected_at_any_time() -> None:
    for _ in range(20):
        for settings in _CHAINS.values():
            chain = EffectChain(settings, 0)
            chain.put(np.zeros((2, 4096), np.float32))
            chain.close()
        del chain
        gc.collect()
