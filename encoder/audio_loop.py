"""The sound's heartbeat: a thread that reads one AAC block after the other, by position, from the mixer.

Positions are absolute. Sound that is known ahead (files, the tone) is read ahead, live sound as late as its device
needs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from encoder.audio_encoder import BLOCK_SAMPLES
from encoder.clock import Clock, sample_to_us, us_to_sample
from encoder.errors import EncoderError
from encoder.sound.mixer import Mixer
from encoder.sources.source import Samples, SoundBlock
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ
from gshop_studio.engine_protocol import Fault

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
    """Owns the mixer, the thread and who takes the sound."""

    def __init__(self, clock: Clock, on_source_lost: Callable[[Fault], None], mixer: Mixer | None = None) -> None:
        """`on_source_lost` is told on the loop's thread, once for each source that is gone.

        A mixer that is given tells of its lost channels itself.
        """
        self._clock = clock
        self.mixer = mixer or Mixer(on_channel_lost=lambda channel, fault: on_source_lost(fault))
        self._lock = threading.Lock()
        self._sink: SoundSink | None = None
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="audio-loop", daemon=True)
        self.silent_samples = 0
        """Samples of silence put in while a sink was there, and those of a pause of the loop itself."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping = True
        if self._thread.is_alive():
            self._thread.join()

    def use_sink(self, sink: SoundSink | None) -> None:
        """Who encodes from the next block on. Returns only when the one before is no longer being called."""
        with self._lock:
            self._sink = sink

    # --- the thread ---

    def _run(self) -> None:
        position = us_to_sample(self._clock.now_us()) - self.mixer.delay_samples
        while not self._is_stopping:
            now = us_to_sample(self._clock.now_us())
            wait = position + BLOCK_SAMPLES + self.mixer.delay_samples - now
            if wait > 0:
                # In steps, since another source, which needs to be read earlier, may come on meanwhile.
                self._clock.sleep_until(sample_to_us(now + min(wait, _LONGEST_SLEEP_SAMPLES)) + 1)
                continue
            if wait < -_TOO_LATE_SAMPLES:
                skipped = -wait // BLOCK_SAMPLES * BLOCK_SAMPLES
                position += skipped
                self.silent_samples += skipped if self._sink else 0
            block = self.mixer.read_if_due(position, BLOCK_SAMPLES, now)
            if block is not None:
                with self._lock:
                    self._hand_on(block, position)
                position += BLOCK_SAMPLES

    def _hand_on(self, block: SoundBlock, position: int) -> None:
        sink = self._sink
        if sink is None:
            return
        self.silent_samples += block.silent_samples
        try:
            sink.take_sound(block.samples, position)
        except EncoderError as error:
            self._sink = None
            sink.fail(error.fault)
