"""One run of a media file's decoder, from a moment of the file to its end. On the decoder's thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import av
import numpy as np
from av.audio.resampler import AudioResampler

from encoder.clock import US_PER_S, tick_to_us, us_to_sample
from encoder.picture import FrameShape, PictureFitter
from encoder.sources.media_opening import OpenMedia
from encoder.sources.media_queues import DecodedPicture
from encoder.sources.source import Samples
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ, FRAMES_PER_SECOND

_SHORTEST_PASS_US = US_PER_S
"""A still picture is "looped" once a second."""
_GAP_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 20
_MAX_DECODE_ERRORS_IN_A_ROW = 100
_DECODE_ERRORS = (av.error.InvalidDataError, av.error.PatchWelcomeError)


@dataclass(frozen=True, slots=True)
class PassStart:
    """Where a pass begins in the file, and when that is in the medium's time."""

    file_us: int
    """From the file's beginning."""
    media_us: int

    @property
    def offset_us(self) -> int:
        """What is added to the file's time to make it the medium's."""
        return self.media_us - self.file_us


class PassSink(Protocol):
    """Takes what is decoded. Both calls wait for room, and say False once the pass is not wanted any more."""

    @property
    def shape(self) -> FrameShape: ...
    @property
    def wants_pictures(self) -> bool: ...
    def put_picture(self, picture: DecodedPicture) -> bool: ...
    def put_sound(self, position: int, count: int, samples: Samples | None) -> bool: ...


class MediaPass:
    """Decodes once."""

    def __init__(self, media: OpenMedia, start: PassStart, sink: PassSink, fitter: PictureFitter) -> None:
        self._media = media
        self._sink = sink
        self._start = start
        self._offset_us = start.offset_us
        self._file_start_us = media.container.start_time or 0  # in microseconds, as libav counts
        self._fitter = fitter
        self._resampler = AudioResampler(format="fltp", layout="stereo", rate=AUDIO_SAMPLE_RATE_HZ)
        self._picture_end_us = start.media_us
        self._sound_position: int | None = None
        self._is_wanted = True
        self._held: tuple[int, av.VideoFrame] | None = None
        """The newest picture before the moment of a seek: it is seen there, unless a later one is."""
        self.did_decode = False

    def run(self) -> int | None:
        """Decode all of it. Returns when it ends in the medium's time, or None when it was not wanted any more.

        Raises:
            av.error.FFmpegError: the file is too damaged.
        """
        streams = [stream for stream in (self._media.video, self._media.audio) if stream is not None]
        for frame in self._frames(streams):
            self.did_decode = True
            if isinstance(frame, av.VideoFrame):
                self._take_picture(frame)
            elif isinstance(frame, av.AudioFrame):
                self._take_sound(frame)
            if not self._is_wanted:
                return None
        self._give_held()
        self._take_resampled(None)
        end_us = self._close()
        return end_us if self._is_wanted else None

    def _frames(self, streams: list[av.VideoStream | av.AudioStream]) -> Iterator[Any]:
        errors = 0
        for packet in self._media.container.demux(streams):
            try:
                yield from packet.decode()
                errors = 0
            except _DECODE_ERRORS:
                errors += 1
                if errors > _MAX_DECODE_ERRORS_IN_A_ROW:
                    raise

    def _take_picture(self, frame: av.VideoFrame) -> None:
        video = self._media.video
        assert video is not None
        rate = video.average_rate or Fraction(FRAMES_PER_SECOND)
        media_us = self._media_us(frame, self._picture_end_us)
        self._picture_end_us = max(self._picture_end_us, media_us + round(US_PER_S / rate))
        if not self._sink.wants_pictures:
            return
        if media_us <= self._start.media_us:
            self._held = (media_us, frame)
            return
        self._give_held()
        self._give(media_us, frame)

    def _give_held(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._give(*held)

    def _give(self, media_us: int, frame: av.VideoFrame) -> None:
        video = self._media.video
        assert video is not None
        shape = self._sink.shape
        fitted = self._fitter.fit(frame, shape, video.sample_aspect_ratio or Fraction(1))
        self._is_wanted = self._sink.put_picture(DecodedPicture(media_us, fitted, fitted is frame, shape))

    def _take_sound(self, frame: av.AudioFrame) -> None:
        start = us_to_sample(self._start.media_us)
        expected = us_to_sample(self._media_us(frame, 0)) if frame.pts is not None else None
        if self._sound_position is None:
            if self._start.file_us and expected is not None:
                if expected + frame.samples * AUDIO_SAMPLE_RATE_HZ // frame.sample_rate <= start:
                    return  # before the moment of the seek
                self._sound_position = min(expected, start)
            else:
                self._sound_position = start
        if expected is not None and expected - self._sound_position > _GAP_SAMPLES:
            self._put_silence(expected - self._sound_position)
        self._take_resampled(frame)

    def _take_resampled(self, frame: av.AudioFrame | None) -> None:
        if self._sound_position is None:
            return
        for resampled in self._resampler.resample(frame):
            samples: Samples = resampled.to_ndarray().astype(np.float32, copy=False)
            self._is_wanted &= self._sink.put_sound(self._sound_position, samples.shape[1], samples)
            self._sound_position += samples.shape[1]

    def _put_silence(self, count: int) -> None:
        assert self._sound_position is not None
        while count > 0 and self._is_wanted:
            step = min(count, 1024)
            self._is_wanted = self._sink.put_sound(self._sound_position, step, None)
            self._sound_position += step
            count -= step

    def _close(self) -> int:
        end_us = max(self._picture_end_us, self._offset_us + _SHORTEST_PASS_US)
        if self._sound_position is not None:
            end_us = max(end_us, self._sound_position * US_PER_S // AUDIO_SAMPLE_RATE_HZ)
        # On a tick, so that the next pass's pictures meet the ticks as this one's did.
        end_us = tick_to_us(round(end_us * FRAMES_PER_SECOND / US_PER_S))
        if self._media.audio is not None:
            if self._sound_position is None:
                self._sound_position = us_to_sample(self._start.media_us)
            self._put_silence(us_to_sample(end_us) - self._sound_position)
        return end_us

    def _media_us(self, frame: av.VideoFrame | av.AudioFrame, otherwise: int) -> int:
        if frame.pts is None or frame.time_base is None:
            return otherwise
        return round(frame.pts * frame.time_base * US_PER_S) - self._file_start_us + self._offset_us
