"""The sound's heartbeat: a thread that reads one AAC block after the other, by position, and hands it on.

Positions are absolute. Sound that is known ahead (files, the tone) is read ahead, live sound as late as its device
needs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np

from encoder.audio_encoder import BLOCK_SAMPLES
from encoder.clock import Clock, sample_to_us, us_to_sample
from encoder.errors import EncoderError
from encoder.meters import LevelMeter
from encoder.sources.silence import Silence
from encoder.sources.source import AudioSource, Samples
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ
from gshop_studio.engine_protocol import Fault, Meters

_TOO_LATE_SAMPLES = AUDIO_SAMPLE_RATE_HZ
"""After a pause so long (a suspended machine) the loop goes on at the present."""
_LONGEST_SLEEP_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 10


class SoundSink(Protocol):
    """What encodes the blocks of sound."""

    def take_sound(self, samples: Samples, position: int) -> None:
        """
        Raises:
            EncoderError: it cannot go on.
        """
        ...

    def fail(self, fault: Fault) -> None:
        """The sink raised and is not called again."""
        ...


class AudioLoop:
    """Owns the source that is on, gain and mute, and the thread."""

    def __init__(self, clock: Clock, on_source_lost: Callable[[Fault], None]) -> None:
        self._clock = clock
        self._on_source_lost = on_source_lost
        self._lock = threading.Lock()
        self._source: AudioSource = Silence()
        self._stand_in: AudioSource | None = None
        self._sink: SoundSink | None = None
        self._meter = LevelMeter()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="audio-loop", daemon=True)
        self.wants_meters = False
        self.gain_db = 0.0
        self.is_muted = False
        self.silent_samples = 0
        """Samples of silence put in while a sink was there."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping = True
        if self._thread.is_alive():
            self._thread.join()

    def use_source(self, source: AudioSource) -> AudioSource:
        """Switch. Returns the source that was on; the caller closes it."""
        with self._lock:
            before, self._source = self._source, source
            self._stand_in = None
            return before

    def use_sink(self, sink: SoundSink | None) -> None:
        """Who encodes from the next block on. Returns only when the one before is no longer being called."""
        with self._lock:
            self._sink = sink

    def take_meters(self) -> Meters:
        """The level since the last call, after gain and mute."""
        with self._lock:
            return self._meter.take()

    def _run(self) -> None:
        position = us_to_sample(self._clock.now_us()) + self._source.delay_samples * -1
        while not self._is_stopping:
            now = us_to_sample(self._clock.now_us())
            wait = position + BLOCK_SAMPLES + self._source.delay_samples - now
            if wait > 0:
                # In steps, since another source, which needs to be read earlier, may come on meanwhile.
                self._clock.sleep_until(sample_to_us(now + min(wait, _LONGEST_SLEEP_SAMPLES)))
                continue
            if wait < -_TOO_LATE_SAMPLES:
                position += -wait // BLOCK_SAMPLES * BLOCK_SAMPLES
            with self._lock:
                self._process(position)
            position += BLOCK_SAMPLES

    def _process(self, position: int) -> None:
        if self._source.fault and self._stand_in is None:
            self._stand_in = Silence()
            self._on_source_lost(self._source.fault)
        block = (self._stand_in or self._source).read(position, BLOCK_SAMPLES)
        samples = self._levelled(block.samples)
        if self.wants_meters:
            self._meter.add(samples)
        sink = self._sink
        if sink is None:
            return
        self.silent_samples += BLOCK_SAMPLES if self._stand_in else block.silent_samples
        try:
            sink.take_sound(samples, position)
        except EncoderError as error:
            self._sink = None
            sink.fail(error.fault)

    def _levelled(self, samples: Samples) -> Samples:
        if self.is_muted:
            return np.zeros_like(samples)
        if self.gain_db:
            louder: Samples = samples * np.float32(10 ** (self.gain_db / 20))
            np.clip(louder, -1.0, 1.0, out=louder)
            return louder
        return np.ascontiguousarray(samples)
