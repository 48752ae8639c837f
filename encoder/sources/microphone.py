"""A microphone through PortAudio. Its callback fills a bounded queue; the audio loop reads it by position.

The sound card's clock is followed by `DriftCorrector`, on PortAudio's thread: what lies in the queue is in its place.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import numpy as np

from encoder.clock import US_PER_S, Clock, us_to_sample
from encoder.errors import SourceError, reason_of
from encoder.sound.capture_clock import CaptureClock
from encoder.sound.drift import DriftCorrector
from encoder.sound.portaudio import PORTAUDIO, PortAudio
from encoder.sources.source import Samples, SoundBlock
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ
from gshop_studio.engine_protocol import Device, Fault

_BLOCK_SAMPLES = 960
_LATENCY_S = 0.1
"""At PortAudio's "low" two thirds of the samples are lost without an overflow being told."""
_MARGIN_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 50
_LONGEST_AGE_SAMPLES = AUDIO_SAMPLE_RATE_HZ
_LONGEST_DELAY_SAMPLES = AUDIO_SAMPLE_RATE_HZ * 3 // 10
_DELAY_WINDOW_SAMPLES = 20 * AUDIO_SAMPLE_RATE_HZ
QUEUE_LIMIT_SAMPLES = AUDIO_SAMPLE_RATE_HZ
"""The oldest sound is dropped at the limit, and counted."""
_FIRST_SOUND_S = 5.0
"""PulseAudio may take two seconds to begin."""
_SILENT_MICROPHONE_S = 2.5
"""A microphone that has given sound and gives nothing for so long is gone."""
_UNAVAILABLE_DEVICE = -9985
"""PortAudio's paDeviceUnavailable: somebody else holds it."""


def list_microphones(portaudio: PortAudio = PORTAUDIO) -> list[Device]:
    """Every sound input of this machine; none where PortAudio is not installed.

    New ones are seen unless a microphone is open (see `PortAudio`). Blocks for some 50 ms and more.
    """
    try:
        devices = portaudio.devices()
    except SourceError:
        return []
    names = [info["name"] for info in devices if info["max_input_channels"] > 0]
    return [Device(name, name) for name in dict.fromkeys(names)]


class Microphone:
    """An open microphone. When it has a fault, close it and make another one: that looks for the device anew."""

    def __init__(self, name: str, clock: Clock, portaudio: PortAudio = PORTAUDIO) -> None:
        """Open and start it. Blocks; any number of times, also after the device has been away.

        Args:
            name: As `list_microphones` tells it; empty for the default one.
            clock: The engine's.
            portaudio: The library.

        Raises:
            SourceError: `source.not_found`, `source.busy`, `source.unreadable`.
        """
        self.name = f"microphone:{name}" if name else "microphone"
        self.fault: Fault | None = None
        self.overflows = 0
        """How often the driver, or the queue here, had to drop sound."""
        self.dropped_samples = 0
        """What the queue dropped."""
        self.drift = DriftCorrector()
        self._capture_clock = CaptureClock()
        self._label = f"microphone {name}".strip()
        self._clock = clock
        self._portaudio = portaudio
        self._lock = threading.Lock()
        self._blocks: deque[tuple[int, Samples]] = deque()
        self._queued_samples = 0
        self._is_closed = False
        self._is_read = False
        """Before it is on nobody misses what the queue drops."""
        self._last_us = clock.now_us()
        self._did_sound = False
        self._shortest_delay = round(_LATENCY_S * AUDIO_SAMPLE_RATE_HZ) + _BLOCK_SAMPLES + _MARGIN_SAMPLES
        self.delay_samples = self._shortest_delay
        self._window_end = 0
        self._oldest_ages = (0, 0)
        """The highest age of a block in the window before and in this one."""
        self._stream = portaudio.open(lambda module: self._start(module, self._find(module, name)))

    def read(self, position: int, count: int) -> SoundBlock:
        """That stretch of sound; silence, counted, where none came."""
        patience_s = _SILENT_MICROPHONE_S if self._did_sound else _FIRST_SOUND_S
        if self.fault is None and self._clock.now_us() - self._last_us > patience_s * US_PER_S:
            self._lose()
        samples = np.zeros((2, count), np.float32)
        given = 0
        with self._lock:
            self._is_read = True
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
        """Let the device go. Blocks for two seconds at the most."""
        self._is_closed = True
        self._portaudio.close(self._stream)

    def _lose(self) -> None:
        self.fault = Fault("source.lost", {"source": self._label})

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
            stream: Any = None
            try:
                stream = portaudio.InputStream(
                    device=device,
                    samplerate=AUDIO_SAMPLE_RATE_HZ,
                    channels=channels,
                    dtype="float32",
                    latency=_LATENCY_S,
                    blocksize=_BLOCK_SAMPLES,
                    callback=self._on_block,
                    finished_callback=self._on_finished,
                )
                stream.start()
                return stream
            except (portaudio.PortAudioError, ValueError) as error:
                errors.append(error)
                if stream is not None:
                    stream.close(ignore_errors=True)
        if any(_UNAVAILABLE_DEVICE in error.args for error in errors):
            raise SourceError(Fault("source.busy", {"source": self._label})) from errors[0]
        reason = str(errors[0].args[0]) if errors[0].args else reason_of(errors[0])
        raise SourceError(Fault("source.unreadable", {"source": self._label, "reason": reason})) from errors[0]

    # --- on PortAudio's thread ---

    def _on_finished(self) -> None:
        """The stream has ended: we closed it, or its device or sound server has gone."""
        if not self._is_closed and self.fault is None:
            self._lose()

    def _on_block(self, block: Samples, frames: int, times: Any, status: Any) -> None:
        now_us = self._clock.now_us()
        age: float | None = (times.currentTime - times.inputBufferAdcTime) * AUDIO_SAMPLE_RATE_HZ
        if not times.inputBufferAdcTime or abs(age or 0.0) > _LONGEST_AGE_SAMPLES:  # some host APIs do not tell
            age = None
        samples = np.repeat(block.T, 2, axis=0) if block.shape[1] == 1 else block.T
        placings = self.drift.placings
        measured = self._capture_clock.measure(us_to_sample(now_us), age, frames)
        if missing := self._capture_clock.missing_samples:
            self.drift.leave_out(missing)
        placed = self.drift.add(measured, samples)
        if self.drift.placings != placings:
            self._capture_clock.restart()
        with self._lock:
            self._last_us = now_us
            self._did_sound = True
            self.overflows += bool(status.input_overflow)
            self._allow_for(us_to_sample(now_us), placed.position)
            if placed.samples.shape[1]:
                self._blocks.append((placed.position, placed.samples))
            self._queued_samples += placed.samples.shape[1]
            while self._queued_samples > QUEUE_LIMIT_SAMPLES:
                _, dropped = self._blocks.popleft()
                self._queued_samples -= dropped.shape[1]
                if self._is_read:
                    self.dropped_samples += dropped.shape[1]
                    self.overflows += 1

    def _allow_for(self, now: int, position: int) -> None:
        """Sound servers deliver later than they say: whoever reads must wait for the latest seen of late."""
        before, current = self._oldest_ages
        if now >= self._window_end:
            self._window_end = now + _DELAY_WINDOW_SAMPLES
            before, current = current, 0
        self._oldest_ages = (before, max(current, now - position))
        wanted = min(max(self._oldest_ages) + _MARGIN_SAMPLES, _LONGEST_DELAY_SAMPLES)
        self.delay_samples = max(self._shortest_delay, wanted)
