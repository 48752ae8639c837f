"""A microphone through PortAudio. Its callback fills a bounded queue; the audio loop reads it by position.

The sound card has a clock of its own. Blocks are laid end to end, and the place where they should lie by the engine's
clock is watched; when the two part by more than `RESYNC_SAMPLES`, sound is dropped or silence put in, and counted.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from encoder.clock import US_PER_S, Clock, us_to_sample
from encoder.errors import SourceError, reason_of
from encoder.sources.source import Samples, SoundBlock
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ
from gshop_studio.engine_protocol import Device, Fault

_BLOCK_SAMPLES = 480
_LATENCY_S = 0.1
"""At PortAudio's "low" two thirds of the samples are lost without an overflow being told."""
_MARGIN_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 50
_LONGEST_DELAY_SAMPLES = AUDIO_SAMPLE_RATE_HZ * 3 // 10
QUEUE_LIMIT_SAMPLES = AUDIO_SAMPLE_RATE_HZ
"""The oldest sound is dropped at the limit, and counted."""
RESYNC_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 25
_JUMP_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 5
"""So much at once is no drift: the device paused."""
_SMOOTHING = 0.02
_SILENT_MICROPHONE_S = 5.0
"""A microphone that gives nothing for so long is gone. PulseAudio may take two seconds to begin."""
_UNAVAILABLE_DEVICE = -9985
"""PortAudio's paDeviceUnavailable: somebody else holds it."""


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """ALSA writes pages to stderr while PortAudio looks around; what is wrong is told by our own faults."""
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def _portaudio() -> Any:
    """The sounddevice module.

    Raises:
        SourceError: `source.unreadable`, where PortAudio is not installed.
    """
    try:
        with _quiet_stderr():
            import sounddevice
    except OSError as error:
        raise SourceError(Fault("source.unreadable", {"source": "microphone", "reason": reason_of(error)})) from error
    return sounddevice


def list_microphones() -> list[Device]:
    """Every sound input of this machine; none where PortAudio is not installed."""
    try:
        portaudio = _portaudio()
    except SourceError:
        return []
    names = [info["name"] for info in portaudio.query_devices() if info["max_input_channels"] > 0]
    return [Device(name, name) for name in dict.fromkeys(names)]


class Microphone:
    """An open microphone."""

    def __init__(self, name: str, clock: Clock) -> None:
        """Open and start it.

        Raises:
            SourceError: `source.not_found`, `source.busy`, `source.unreadable`.
        """
        self.name = f"microphone:{name}" if name else "microphone"
        self.fault: Fault | None = None
        self.overflows = 0
        self._label = f"microphone {name}".strip()
        self._clock = clock
        self._lock = threading.Lock()
        self._blocks: deque[tuple[int, Samples]] = deque()
        self._queued_samples = 0
        self._next_position: int | None = None
        self._error_samples = 0.0
        self._last_us = clock.now_us()
        portaudio = _portaudio()
        device = self._find(portaudio, name)
        self.delay_samples = round(_LATENCY_S * AUDIO_SAMPLE_RATE_HZ) + _BLOCK_SAMPLES + _MARGIN_SAMPLES
        self._stream = self._start(portaudio, device)

    def read(self, position: int, count: int) -> SoundBlock:
        """That stretch of sound; silence, counted, where none came."""
        if self._clock.now_us() - self._last_us > _SILENT_MICROPHONE_S * US_PER_S:
            self.fault = Fault("source.lost", {"source": self._label})
        samples = np.zeros((2, count), np.float32)
        given = 0
        with self._lock:
            while self._blocks and self._blocks[0][0] < position + count:
                start, block = self._blocks[0]
                begin, end = max(position, start), min(position + count, start + block.shape[1])
                if end > begin:
                    samples[:, begin - position : end - position] = block[:, begin - start : end - start]
                    given += end - begin
                if start + block.shape[1] > position + count:
                    break
                self._blocks.popleft()
                self._queued_samples -= block.shape[1]
        return SoundBlock(samples, count - given)

    def close(self) -> None:
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _find(self, portaudio: Any, name: str) -> int:
        devices = list(portaudio.query_devices())
        if not name:
            default = portaudio.default.device[0]
            if default is not None and 0 <= default < len(devices) and devices[default]["max_input_channels"] > 0:
                return int(default)
        for index, info in enumerate(devices):
            if info["max_input_channels"] > 0 and (not name or info["name"].casefold() == name.casefold()):
                return index
        raise SourceError(Fault("source.not_found", {"source": self._label}))

    def _start(self, portaudio: Any, device: int) -> Any:
        errors: list[Exception] = []
        for channels in (2, 1):
            try:
                with _quiet_stderr():
                    stream = portaudio.InputStream(
                        device=device,
                        samplerate=AUDIO_SAMPLE_RATE_HZ,
                        channels=channels,
                        dtype="float32",
                        latency=_LATENCY_S,
                        blocksize=_BLOCK_SAMPLES,
                        callback=self._on_block,
                    )
                    stream.start()
                return stream
            except (portaudio.PortAudioError, ValueError) as error:
                errors.append(error)
        if any(_UNAVAILABLE_DEVICE in error.args for error in errors):
            raise SourceError(Fault("source.busy", {"source": self._label})) from errors[0]
        reason = str(errors[0].args[0]) if errors[0].args else reason_of(errors[0])
        raise SourceError(Fault("source.unreadable", {"source": self._label, "reason": reason})) from errors[0]

    def _on_block(self, block: Samples, frames: int, times: Any, status: Any) -> None:
        """On PortAudio's thread."""
        now_us = self._clock.now_us()
        age_s = times.currentTime - times.inputBufferAdcTime
        if not 0.0 <= age_s <= 0.5:  # some host APIs do not tell
            age_s = frames / AUDIO_SAMPLE_RATE_HZ
        measured = us_to_sample(now_us - round(age_s * US_PER_S))
        samples = np.repeat(block.T, 2, axis=0) if block.shape[1] == 1 else block.T.copy()
        with self._lock:
            self._last_us = now_us
            self.overflows += bool(status.input_overflow)
            position = self._place(measured, frames)
            self._blocks.append((position, samples))
            self._allow_for(us_to_sample(now_us) - position)
            self._queued_samples += frames
            while self._queued_samples > QUEUE_LIMIT_SAMPLES:
                _, dropped = self._blocks.popleft()
                self._queued_samples -= dropped.shape[1]
                self.overflows += 1

    def _allow_for(self, age_samples: int) -> None:
        """Sound servers deliver later than they say: whoever reads must wait for the latest that was seen."""
        wanted = min(age_samples + _MARGIN_SAMPLES, _LONGEST_DELAY_SAMPLES)
        self.delay_samples = max(self.delay_samples, wanted)

    def _place(self, measured: int, frames: int) -> int:
        """Where a block lies: after the one before, unless that has drifted too far from the clock."""
        if self._next_position is None:
            self._next_position = measured
        self._error_samples += _SMOOTHING * (measured - self._next_position - self._error_samples)
        error = measured - self._next_position
        if abs(error) > _JUMP_SAMPLES or abs(self._error_samples) > RESYNC_SAMPLES:
            self._next_position += error
            self._error_samples = 0.0
        position = self._next_position
        self._next_position += frames
        return position
