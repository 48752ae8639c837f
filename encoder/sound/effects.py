"""A channel's effects: a chain of FFmpeg's filters. Made, used and closed on the audio loop's thread.

What comes out is put back in place: the sample given for a position is the one that went in for it, whatever the
filters hold back. For that the chain must be fed `ahead_samples` further than it is read.
"""

from __future__ import annotations

from collections import deque
from fractions import Fraction

import av
import numpy as np
from av.filter.context import FilterContext

from encoder.sound.settings import ChannelSettings
from encoder.sources.source import Samples
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ

DENOISER_SHIFT_SAMPLES = 1200
"""afftdn's output lies so much later than its input, at 48 kHz (50 ms windows, half overlapping)."""
_DENOISER_FRAME_SAMPLES = 600
"""afftdn gives whole frames."""
_LIMITER_HOLD_SAMPLES = 240
"""alimiter looks 5 ms ahead and, told to, leaves its delay out of what it gives."""
_PULL_ERRORS = (av.error.BlockingIOError, av.error.EOFError)


def ahead_samples(settings: ChannelSettings) -> int:
    """How much further than its output a chain for these settings must be fed."""
    denoiser = DENOISER_SHIFT_SAMPLES + _DENOISER_FRAME_SAMPLES if settings.noise_suppression else 0
    return denoiser + (_LIMITER_HOLD_SAMPLES if settings.limiter else 0)


def filter_specs(settings: ChannelSettings) -> list[tuple[str, str]]:
    """The filters in their order, each with its options."""
    specs: list[tuple[str, str]] = []
    if settings.noise_suppression:
        # A fixed noise floor: with afftdn's own tracking a steady hiss at -50 dBFS lost 3 dB, so it loses 15.
        specs += [("highpass", "f=80"), ("afftdn", "nr=16:nf=-40")]
    if settings.gate:
        level = _linear(settings.gate_threshold_db)
        specs += [("agate", f"threshold={level:.6f}:range=0.03:ratio=4:attack=5:release=200:detection=rms")]
    if settings.compressor:
        level = _linear(settings.compressor_threshold_db)
        specs += [("acompressor", f"threshold={level:.6f}:ratio=3:attack=10:release=200:makeup=1.6:detection=rms")]
    if settings.limiter:
        level = _linear(settings.limiter_ceiling_db)
        specs += [("alimiter", f"limit={level:.6f}:attack=5:release=50:level=false:latency=true")]
    return specs


class EffectChain:
    """One graph. Never outlived by its contexts: PyAV crashes when they are used after it."""

    def __init__(self, settings: ChannelSettings, position: int) -> None:
        """Build it. `position` is that of the first sample that will be put in."""
        graph = av.filter.Graph()
        graph.threads = 1
        contexts: list[FilterContext] = [
            graph.add_abuffer(
                format="fltp",
                sample_rate=AUDIO_SAMPLE_RATE_HZ,
                layout="stereo",
                time_base=Fraction(1, AUDIO_SAMPLE_RATE_HZ),
            )
        ]
        specs = [*filter_specs(settings), ("aformat", "sample_fmts=fltp:channel_layouts=stereo")]
        contexts += [graph.add(name, options) for name, options in specs]
        contexts.append(graph.add("abuffersink"))
        graph.link_nodes(*contexts)
        graph.configure()
        self._graph: av.filter.Graph | None = graph
        self._way_in: FilterContext | None = contexts[0]
        self._way_out: FilterContext | None = contexts[-1]
        self._ready: deque[Samples] = deque()
        self._to_skip = DENOISER_SHIFT_SAMPLES if settings.noise_suppression else 0
        self._put_samples = 0
        self.end = position
        """The position after the last sample put in."""
        self._out = position

    def put(self, samples: Samples) -> None:
        """Take what follows."""
        assert self._way_in is not None and self._way_out is not None
        if not samples.shape[1]:
            return
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate = AUDIO_SAMPLE_RATE_HZ
        frame.pts, frame.time_base = self._put_samples, Fraction(1, AUDIO_SAMPLE_RATE_HZ)
        self._put_samples += samples.shape[1]
        self.end += samples.shape[1]
        self._way_in.push(frame)
        while True:
            try:
                given = self._way_out.pull()
            except _PULL_ERRORS:
                return
            assert isinstance(given, av.AudioFrame)
            self._ready.append(given.to_ndarray().astype(np.float32, copy=False))

    def get(self, position: int, count: int) -> Samples:
        """That stretch; positions rise, and what lies before them is passed over.

        Where the chain was not fed far enough, silence takes the place of what comes too late.
        """
        self._to_skip += position - self._out
        self._out = position + count
        while self._to_skip > 0 and self._ready:
            self._to_skip -= self._take(self._to_skip).shape[1]
        taken: list[Samples] = []
        while count > 0:
            if self._ready:
                part = self._take(count)
            else:
                part = np.zeros((2, count), np.float32)
                self._to_skip += count
            taken.append(part)
            count -= part.shape[1]
        return taken[0] if len(taken) == 1 else np.concatenate(taken, axis=1)

    def close(self) -> None:
        """Let go of the contexts, then of their graph."""
        self._way_in = self._way_out = None
        self._graph = None

    def _take(self, count: int) -> Samples:
        """At most so many samples from the front."""
        head = self._ready.popleft()
        if count < head.shape[1]:
            self._ready.appendleft(head[:, count:])
        return head[:, :count]


def _linear(level_db: float) -> float:
    return float(10 ** (level_db / 20))
