"""One channel of the mixer: its source, effects, delay and level. The mixer's lock guards all of it.

The source is read a little ahead of what is given (the effects need that) into a history, from which a delayed or
changed way of hearing it can be made at any moment. Every change is a cross-fade of `FADE_SAMPLES` between the old way
and the new one, both in their right place.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

import av
import numpy as np

from encoder.errors import reason_of
from encoder.sound.effects import EffectChain, ahead_samples
from encoder.sound.history import SampleHistory
from encoder.sound.settings import LONGEST_DELAY_MS, ChannelSettings
from encoder.sound.warnings import FULL_SCALE
from encoder.sources.source import AudioSource, Samples
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ
from gshop_studio.engine_protocol import Fault

_log = logging.getLogger(__name__)

FADE_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 100
_WARM_UP_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 10
"""A fresh chain hears so much of the past first, so that gate and compressor are where they would have been."""
_TAIL_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 2
"""After a source has gone, what the effects still let sound."""
_LONGEST_STRETCH_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 4
_KEEP_SAMPLES = AUDIO_SAMPLE_RATE_HZ * LONGEST_DELAY_MS // 1000 + _WARM_UP_SAMPLES + 4096 + _LONGEST_STRETCH_SAMPLES


@dataclass(frozen=True, slots=True)
class _Way:
    """How the history is heard: later by so much, and through a chain or not."""

    delay_samples: int
    ahead_samples: int
    chain: EffectChain | None

    def render(self, history: SampleHistory, position: int, count: int) -> Samples:
        start = position - self.delay_samples
        if self.chain is None:
            return history.get(start, count)
        end = start + count + self.ahead_samples
        self.chain.put(history.get(self.chain.end, end - self.chain.end))
        return self.chain.get(start, count)

    def close(self) -> None:
        if self.chain is not None:
            self.chain.close()


class Channel:
    """What the mixer sums."""

    def __init__(self, name: str, *, fades_in: bool = False) -> None:
        """`fades_in`: the others can be heard already, so its first source begins without a click."""
        self.name = name
        self.settings = ChannelSettings()
        self.silent_samples = 0
        """Samples of silence put in where the source had none ready, or is gone."""
        self.input_square = 0.0
        """The mean square of what the last `read` took from the source."""
        self.input_clipped = 0
        """How many full-scale samples were in it, from a live source."""
        self._source: AudioSource | None = None
        self._is_lost = False
        self._history: SampleHistory | None = None
        self._fading_out: Samples | None = None
        """The end of the source before, not yet mixed in."""
        self._does_fade_in = False
        self._was_read = fades_in
        self._quiet_from = 0
        """Where the last source's sound ended, once there is none."""
        self._way: _Way | None = None
        self._way_settings = self.settings
        self._gain = 1.0

    @property
    def source(self) -> AudioSource | None:
        return self._source

    @property
    def is_live(self) -> bool:
        """Whether the source is a device: sound that can be silent though it should not."""
        return self._source is not None and self._source.delay_samples > 0

    @property
    def delay_samples(self) -> int | None:
        """How long after its moment a sample can be given; None where there is nothing to wait for."""
        if self._source is None:
            return None
        ahead = ahead_samples(self.settings)
        if self._way is not None:  # the old way is heard once more, for the cross-fade
            ahead = max(ahead, self._way.ahead_samples)
        return self._source.delay_samples + ahead

    def use(self, source: AudioSource | None) -> AudioSource | None:
        """Switch. What is replaced is not read any more.

        Its last 10 ms, which fade out, are asked for now: that much earlier than it promised to have them.
        """
        before, self._source = self._source, source
        history = self._history
        self._does_fade_in = self._was_read
        if history is not None and before is not None:
            if not self._is_lost and before.fault is None:
                self._fading_out = np.array(before.read(history.end, FADE_SAMPLES).samples)
            self._quiet_from = history.end + FADE_SAMPLES
        self._is_lost = False
        return before

    def restart(self) -> None:
        """The positions jump: nothing that was before is heard again."""
        if self._history is not None:
            self._history.restart(0)
        self._fading_out = None
        self._forget_way()

    def take_fault(self) -> Fault | None:
        """Why the source is gone, told once. From then on silence stands in for it, until it has no fault any more."""
        fault = self._source.fault if self._source is not None else None
        was_lost, self._is_lost = self._is_lost, fault is not None
        if was_lost and fault is None:
            self._does_fade_in = True
        return fault if not was_lost else None

    def read(self, position: int, count: int) -> tuple[Samples | None, int]:
        """The stretch after effects, delay, gain and mute, or None for nothing; and how much silence was put in."""
        settings = self.settings
        self._was_read = True
        if self._is_idle(position):
            self._forget_way()
            self._gain = _gain_of(settings)
            return None, 0
        history = self._history
        if history is None:
            history = self._history = SampleHistory(_KEEP_SAMPLES)
        if self._way is None:
            self._way = self._make_way(settings, position)
            self._gain = _gain_of(settings)
        silent = self._pull(history, position, count + max(self._way.ahead_samples, ahead_samples(settings)))
        samples = self._way.render(history, position, count)
        if settings is not self._way_settings and _is_other_way(settings, self._way_settings):
            fresh = self._make_way(settings, position)
            samples = _crossfaded(samples, fresh.render(history, position, count))
            self._way.close()
            self._way = fresh
        self._way_settings = settings
        return self._levelled(samples, _gain_of(settings)), silent

    def _is_idle(self, position: int) -> bool:
        if self._source is not None:
            return False
        history = self._history
        if history is None or self._way is None:
            return True
        return position - self._way.delay_samples > self._quiet_from + _TAIL_SAMPLES

    def _make_way(self, settings: ChannelSettings, position: int) -> _Way:
        delay = round(settings.delay_ms * AUDIO_SAMPLE_RATE_HZ / 1000)
        chain: EffectChain | None = None
        if settings.has_effects:
            try:
                chain = EffectChain(settings, position - delay - _WARM_UP_SAMPLES)
            except (av.error.FFmpegError, ValueError) as error:  # libraries built without a filter
                _log.warning("no effects on channel %s: %s", self.name, reason_of(error))
        return _Way(delay, ahead_samples(settings), chain)

    def _forget_way(self) -> None:
        if self._way is not None:
            self._way.close()
            self._way = None

    def _pull(self, history: SampleHistory, position: int, count: int) -> int:
        """Read the source up to the end of that stretch."""
        if history.end < position:
            history.restart(position)
        count -= history.end - position
        if count <= 0:
            return 0
        silent = 0
        if self._source is None:
            samples = np.zeros((2, count), np.float32)
        elif self._is_lost:
            samples, silent = np.zeros((2, count), np.float32), count
        else:
            block = self._source.read(history.end, count)
            samples, silent = block.samples, block.silent_samples
        if self._does_fade_in:
            samples = self._faded_in(samples)
        self.input_square = float(np.vdot(samples, samples)) / samples.size
        if not math.isfinite(self.input_square):  # a broken driver or file; one such sample ends the encoder
            samples, silent, self.input_square = np.zeros((2, count), np.float32), count, 0.0
        self.silent_samples += silent
        if self.is_live:
            peak = max(float(samples.max()), -float(samples.min()))
            self.input_clipped = int(np.count_nonzero(np.abs(samples) >= FULL_SCALE)) if peak >= FULL_SCALE else 0
        history.append(samples)
        return silent

    def _faded_in(self, samples: Samples) -> Samples:
        before, self._fading_out = self._fading_out, None
        self._does_fade_in = False
        ramp = np.minimum(1.0, np.arange(samples.shape[1], dtype=np.float32) / FADE_SAMPLES)
        faded: Samples = samples * ramp
        if before is not None:
            count = min(before.shape[1], samples.shape[1])
            faded[:, :count] += before[:, :count] * (1 - ramp[:count])
        return faded

    def _levelled(self, samples: Samples, gain: float) -> Samples:
        before, self._gain = self._gain, gain
        if before == gain:
            return samples if gain == 1.0 else samples * np.float32(gain)
        count = samples.shape[1]
        ramp = np.full(count, gain, np.float32)
        fade = min(FADE_SAMPLES, count)
        ramp[:fade] = np.linspace(before, gain, fade, endpoint=False, dtype=np.float32)
        levelled: Samples = samples * ramp
        return levelled


def _gain_of(settings: ChannelSettings) -> float:
    """The linear gain; 0 when muted."""
    return 0.0 if settings.is_muted else float(10 ** (settings.gain_db / 20))


def _is_other_way(one: ChannelSettings, other: ChannelSettings) -> bool:
    """Whether more than the level differs."""

    def key(settings: ChannelSettings) -> tuple[object, ...]:
        levels = (settings.gate_threshold_db, settings.compressor_threshold_db, settings.limiter_ceiling_db)
        effects = (settings.noise_suppression, settings.gate, settings.compressor, settings.limiter)
        return (settings.delay_ms, effects, levels if settings.has_effects else ())

    return key(one) != key(other)


def _crossfaded(before: Samples, after: Samples) -> Samples:
    fade = min(FADE_SAMPLES, after.shape[1])
    ramp = np.arange(fade, dtype=np.float32) / fade
    faded: Samples = np.array(after)
    faded[:, :fade] = before[:, :fade] * (1 - ramp) + after[:, :fade] * ramp
    return faded
