"""The mixer: the audio loop's one source, the sum of named channels.

Sources are late by different amounts: a microphone some 130 ms, files and the tone are known ahead. All are read by
absolute position, and each stretch only when the slowest can give it, so they keep their places whatever comes on or
goes. Reading happens on the audio loop's thread, everything else on any thread; one lock guards it all.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping

import numpy as np

from encoder.errors import EngineError
from encoder.sound.channel import Channel
from encoder.sound.limiter import LOOK_AHEAD_SAMPLES, Limiter
from encoder.sound.meters import LevelMeter, MixerLevels
from encoder.sound.settings import ChannelSettings
from encoder.sound.warnings import ClippingWatch, SilenceWatch, SoundWarning, SoundWarningCode
from encoder.sources.source import READ_AHEAD_SAMPLES, AudioSource, Samples, SoundBlock
from gshop_studio.engine_protocol import Fault

MICROPHONE, MEDIA, MASTER = "microphone", "media", "master"
CHANNEL_LIMIT = 8
"""At once."""
_NAME_LIMIT = 40
_WARNING_LIMIT = 64
"""Warnings that nobody takes: the oldest goes first."""
_CATCH_UP = 4
"""When the slowest channel has gone, a quarter faster than time, so that no source is asked for what it has not yet."""


class _Strip:
    """A channel with its meter and watches."""

    def __init__(self, name: str, *, fades_in: bool = False) -> None:
        self.channel = Channel(name, fades_in=fades_in)
        self.meter = LevelMeter()
        self.clipping = ClippingWatch()
        self.silence = SilenceWatch()


class Mixer:
    """An `AudioSource` that sums others."""

    name = "mixer"
    fault: Fault | None = None

    def __init__(
        self,
        channels: tuple[str, ...] = (MICROPHONE, MEDIA),
        on_channel_lost: Callable[[str, Fault], None] = lambda channel, fault: None,
    ) -> None:
        """A mixer without sources: silence.

        Args:
            channels: The names that are always there; more come by using or configuring them, and go by `remove`.
            on_channel_lost: A channel's source has a fault; silence stands in for it. Told once a source, on the audio
                loop's thread, without the lock.
        """
        self._on_channel_lost = on_channel_lost
        self._lock = threading.Lock()
        self._lasting = frozenset(channels)
        self._strips: dict[str, _Strip] = {name: _Strip(name) for name in channels}
        self._leaving: deque[Channel] = deque(maxlen=CHANNEL_LIMIT)
        """Removed, until their effects have sounded out; beyond the limit the oldest ends at once."""
        self._limiter = Limiter()
        self._meter = LevelMeter()
        self._clipping = ClippingWatch()
        self._warnings: deque[SoundWarning] = deque(maxlen=_WARNING_LIMIT)
        self._next: int | None = None
        self._held_delay = 0
        self.wants_meters = False

    @property
    def delay_samples(self) -> int:
        """As the slowest channel needs it, and what the limiter looks ahead."""
        with self._lock:
            return self._delay()

    @property
    def channels(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._strips)

    def use(self, channel: str, source: AudioSource | None) -> AudioSource | None:
        """Switch a channel's source. Returns what was on; the caller closes it, on a thread that may wait.

        Raises:
            EngineError: `engine.bad_request`, for a ninth channel.
        """
        with self._lock:
            return self._strip(channel).channel.use(source)

    def remove(self, channel: str) -> AudioSource | None:
        """Take a channel's source away and give its name and place back; its settings go too, but for a channel that
        is always there. What was on fades out. Returns it; the caller closes it, on a thread that may wait.
        """
        with self._lock:
            strip = self._strips.get(channel)
            if strip is None:
                return None
            before = strip.channel.use(None)
            if channel not in self._lasting:
                del self._strips[channel]
                self._leaving.append(strip.channel)
                self._end_warnings(strip)
            return before

    def source(self, channel: str) -> AudioSource | None:
        """What is on."""
        with self._lock:
            strip = self._strips.get(channel)
            return strip.channel.source if strip else None

    def configure(self, channel: str, settings: ChannelSettings) -> None:
        """Set how a channel is heard, on air too: without a click.

        Raises:
            EngineError: `engine.bad_request`, for a ninth channel.
        """
        with self._lock:
            self._strip(channel).channel.settings = settings

    def settings(self, channel: str) -> ChannelSettings:
        """How a channel is heard; the defaults for one that is not there."""
        with self._lock:
            strip = self._strips.get(channel)
            return strip.channel.settings if strip else ChannelSettings()

    def silent_samples(self) -> Mapping[str, int]:
        """Samples of silence put in so far where a channel's source had none ready, or is gone."""
        with self._lock:
            return {name: strip.channel.silent_samples for name, strip in self._strips.items()}

    def take_meters(self) -> MixerLevels:
        """The levels since the last call; all silence unless `wants_meters` is set."""
        with self._lock:
            channels = {name: strip.meter.take() for name, strip in self._strips.items()}
            return MixerLevels(self._meter.take(), channels)

    def take_warnings(self) -> list[SoundWarning]:
        """What began or ended since the last call."""
        with self._lock:
            taken = list(self._warnings)
            self._warnings.clear()
            return taken

    def active_warnings(self) -> list[SoundWarning]:
        """What lasts now: for whoever was not there when it began."""
        with self._lock:
            found = [SoundWarning(SoundWarningCode.CLIPPING, MASTER, True)] if self._clipping.is_active else []
            for name, strip in self._strips.items():
                if strip.clipping.is_active:
                    found.append(SoundWarning(SoundWarningCode.CLIPPING, name, True))
                if strip.silence.is_active:
                    found.append(SoundWarning(SoundWarningCode.SILENT, name, True))
            return found

    def read(self, position: int, count: int) -> SoundBlock:
        """The sum. `silent_samples` is that of all channels together."""
        with self._lock:
            block, faults = self._read(position, count)
        self._tell(faults)
        return block

    def read_if_due(self, position: int, count: int, now: int) -> SoundBlock | None:
        """The sum, or None when a channel that came on just now cannot give that stretch yet."""
        with self._lock:
            if now < position + count + self._delay():
                return None
            block, faults = self._read(position, count)
        self._tell(faults)
        return block

    def close(self) -> None:
        """Close the sources. Nobody reads any more."""
        with self._lock:
            sources = [strip.channel.use(None) for strip in self._strips.values()]
        for source in sources:
            if source is not None:
                source.close()

    def _strip(self, name: str) -> _Strip:
        strip = self._strips.get(name)
        if strip is None:
            if len(self._strips) >= CHANNEL_LIMIT or not 0 < len(name) <= _NAME_LIMIT or name == MASTER:
                raise EngineError(Fault("engine.bad_request", {"reason": "channel"}))
            strip = self._strips[name] = _Strip(name, fades_in=self._next is not None)
        return strip

    def _delay(self) -> int:
        delays = [strip.channel.delay_samples for strip in self._strips.values()]
        needed = max([delay for delay in delays if delay is not None], default=-READ_AHEAD_SAMPLES) + LOOK_AHEAD_SAMPLES
        return needed if self._next is None else max(needed, self._held_delay)

    def _read(self, position: int, count: int) -> tuple[SoundBlock, list[tuple[str, Fault]]]:
        delay = self._delay()
        start, wanted = position + LOOK_AHEAD_SAMPLES, count
        if position != self._next:
            start, wanted = position, count + LOOK_AHEAD_SAMPLES
            self._limiter = Limiter()
            self._leaving.clear()
            for strip in self._strips.values():
                strip.channel.restart()
        self._next = position + count
        self._held_delay = delay - count // _CATCH_UP
        faults: list[tuple[str, Fault]] = []
        parts: list[Samples] = []
        silent = 0
        for name, strip in self._strips.items():
            fault = strip.channel.take_fault()
            if fault is not None:
                faults.append((name, fault))
            samples, put_in = strip.channel.read(start, wanted)
            silent += put_in
            self._watch(strip, start, wanted, samples)
            if samples is not None:
                parts.append(samples)
        parts += self._sounding_out(start, wanted)
        samples = self._limited(parts, start, wanted)
        return SoundBlock(samples, silent), faults

    def _sounding_out(self, start: int, count: int) -> list[Samples]:
        parts: list[Samples] = []
        for channel in list(self._leaving):
            samples, _ = channel.read(start, count)
            if samples is None:
                self._leaving.remove(channel)
            else:
                parts.append(samples)
        return parts

    def _limited(self, parts: list[Samples], start: int, count: int) -> Samples:
        mixed = parts[0] if parts else np.zeros((2, count), np.float32)
        if len(parts) > 1:
            mixed = parts[0] + parts[1]
            for part in parts[2:]:
                mixed += part
        peak = max(float(mixed.max()), -float(mixed.min()))
        clipped = int(np.count_nonzero(np.abs(mixed) > 1.0)) if peak > 1.0 else 0
        if self._clipping.add(start, clipped):
            self._warn(SoundWarningCode.CLIPPING, MASTER, self._clipping.is_active)
        samples = self._limiter.process(mixed, peak)
        if self.wants_meters:
            self._meter.add(samples)
        return samples

    def _watch(self, strip: _Strip, start: int, count: int, samples: Samples | None) -> None:
        channel = strip.channel
        is_watched = channel.is_live and not channel.settings.is_muted
        if strip.silence.add(count, channel.input_square, is_watched=is_watched):
            self._warn(SoundWarningCode.SILENT, channel.name, strip.silence.is_active)
        if strip.clipping.add(start, channel.input_clipped if is_watched else 0):
            self._warn(SoundWarningCode.CLIPPING, channel.name, strip.clipping.is_active)
        if self.wants_meters and samples is not None:
            strip.meter.add(samples)

    def _end_warnings(self, strip: _Strip) -> None:
        if strip.clipping.is_active:
            self._warn(SoundWarningCode.CLIPPING, strip.channel.name, False)
        if strip.silence.is_active:
            self._warn(SoundWarningCode.SILENT, strip.channel.name, False)

    def _warn(self, code: SoundWarningCode, channel: str, is_active: bool) -> None:
        self._warnings.append(SoundWarning(code, channel, is_active))

    def _tell(self, faults: list[tuple[str, Fault]]) -> None:
        for channel, fault in faults:
            self._on_channel_lost(channel, fault)
