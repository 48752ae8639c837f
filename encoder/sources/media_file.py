"""A media file as a source of pictures and sound: opened once for both, decoded in a thread of its own, looped.

The thread decodes into two bounded queues and waits when they are full; nothing decoded is ever dropped here, the video
loop skips what is past. The file's time zero is tied to a tick of the clock, and every following pass to the end of the
one before, so that picture and sound stay together over any number of loops.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.resampler import AudioResampler

from encoder.clock import US_PER_S, Clock, first_tick_from, tick_to_sample, tick_to_us
from encoder.errors import SourceError, reason_of
from encoder.picture import FrameShape, Picture, PictureFitter, PictureSize
from encoder.sources.source import READ_AHEAD_SAMPLES, ColourMatrix, Samples, SoundBlock
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ, FRAMES_PER_SECOND
from gshop_studio.engine_protocol import Fault

PICTURE_QUEUE_LIMIT = 8
"""Frames decoded ahead. The thread waits at the limit; nothing is dropped."""
BADLY_INTERLEAVED_PICTURE_LIMIT = 45
"""The limit while the sound's queue is nearly empty: the file keeps its sound far behind its picture."""
SOUND_QUEUE_LIMIT_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 2
BADLY_INTERLEAVED_SOUND_LIMIT_SAMPLES = 10 * AUDIO_SAMPLE_RATE_HZ
_HUNGRY_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 5
_HUNGRY_PICTURES = 2
_OPEN_TIMEOUT_S = 8.0
_HALF_TICK_US = US_PER_S // FRAMES_PER_SECOND // 2
_SHORTEST_PASS_US = US_PER_S
"""A still picture is "looped" once a second."""
_GAP_SAMPLES = AUDIO_SAMPLE_RATE_HZ // 20
_MAX_DECODE_ERRORS_IN_A_ROW = 100
_DECODE_ERRORS = (av.error.InvalidDataError, av.error.PatchWelcomeError)


@dataclass(slots=True)
class _Sound:
    """Decoded sound, or a stretch of silence (`samples` is None) which belongs to the file."""

    position: int
    count: int
    samples: Samples | None


class MediaFile:
    """One open file. `pictures` and `sound` are its faces; the file closes when both are closed."""

    def __init__(self, path: Path, clock: Clock, size: PictureSize, *, wants_video: bool, wants_audio: bool) -> None:
        """Open, and wait until something is decoded.

        Raises:
            SourceError: `source.not_found`, `source.unreadable`, `source.no_video`, `source.no_audio`.
        """
        self._path = path
        self._clock = clock
        self._shape = FrameShape(size)
        self._changed = threading.Condition()
        self._picture_queue: deque[tuple[int, av.VideoFrame, bool]] = deque()
        self._sound_queue: deque[_Sound] = deque()
        self._queued_samples = 0
        self._anchor_tick: int | None = None
        self._is_closed = False
        self.fault: Fault | None = None
        self._container = self._open()
        try:
            self._pictures = self._sound = None
            self._video = self._pick_video() if wants_video else None
            self._audio = self._pick_audio() if wants_audio else None
        except SourceError:
            self._container.close()
            raise
        self.pictures = FilePictures(self) if wants_video else None
        self.sound = FileSound(self) if wants_audio else None
        self._thread = threading.Thread(target=self._run, name="decode-file", daemon=True)
        self._thread.start()
        self._wait_until_primed()

    @property
    def name(self) -> str:
        return f"file:{self._path}"

    @property
    def colour_matrix(self) -> ColourMatrix:
        if self._video is None:
            return ColourMatrix.BT601
        tagged, height = int(self._video.codec_context.colorspace), self._video.codec_context.height
        is_709 = tagged == 1 or (tagged in {0, 2} and height >= 720)
        return ColourMatrix.BT709 if is_709 else ColourMatrix.BT601

    def reshape(self, shape: FrameShape) -> None:
        self._shape = shape

    def picture_at(self, due_us: int) -> Picture | None:
        """The picture nearest to that moment, when it is newer than the last one given."""
        with self._changed:
            if self._anchor_tick is None:
                return None
            media_us = due_us - tick_to_us(self._anchor_tick) + _HALF_TICK_US
            newest = None
            while self._picture_queue and self._picture_queue[0][0] <= media_us:
                newest = self._picture_queue.popleft()
            if newest is None:
                return None
            self._changed.notify_all()
        _, frame, is_shared = newest
        return Picture(frame, due_us, is_shared)

    def read(self, position: int, count: int) -> SoundBlock:
        """Samples of that stretch; silence, counted, where the decoder is late."""
        samples = np.zeros((2, count), np.float32)
        with self._changed:
            if self._anchor_tick is None:
                return SoundBlock(samples)
            start = position - tick_to_sample(self._anchor_tick)
            given = min(max(0, -start), count)  # before the file's beginning silence is what is right
            while self._sound_queue and self._sound_queue[0].position < start + count:
                sound = self._sound_queue[0]
                begin, end = max(start, sound.position), min(start + count, sound.position + sound.count)
                if end > begin:
                    if sound.samples is not None:
                        offset = begin - sound.position
                        samples[:, begin - start : end - start] = sound.samples[:, offset : offset + end - begin]
                    given += end - begin
                if sound.position + sound.count > start + count:
                    break
                self._sound_queue.popleft()
                self._queued_samples -= sound.count
            self._changed.notify_all()
        return SoundBlock(samples, max(0, count - given))

    def close_face(self) -> None:
        """Close the file once neither face is in use."""
        faces = (self.pictures, self.sound)
        if all(face is None or face.is_closed for face in faces):
            with self._changed:
                self._is_closed = True
                self._changed.notify_all()
            self._thread.join(timeout=2.0)

    def _open(self) -> av.container.InputContainer:
        name = str(self._path)
        try:
            if not self._path.is_file():
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            # `file:` keeps FFmpeg from reading a path such as "http:x" or "concat:a|b" as anything but a file.
            return av.open(f"file:{name}", timeout=(5.0, 5.0))
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise SourceError(Fault("source.unreadable", {"source": name, "reason": reason_of(error)})) from error

    def _pick_video(self) -> av.VideoStream:
        if not self._container.streams.video:
            raise SourceError(Fault("source.no_video", {"source": str(self._path)}))
        stream = self._container.streams.video[0]
        # One thread costs the least CPU; a large picture needs more to keep up.
        is_large = stream.codec_context.height > 720
        stream.thread_type = "AUTO" if is_large else "NONE"
        stream.codec_context.thread_count = 0 if is_large else 1
        return stream

    def _pick_audio(self) -> av.AudioStream:
        if not self._container.streams.audio:
            raise SourceError(Fault("source.no_audio", {"source": str(self._path)}))
        return self._container.streams.audio[0]

    def _wait_until_primed(self) -> None:
        def is_primed() -> bool:
            has_pictures = self._video is None or len(self._picture_queue) >= 1
            has_sound = self._audio is None or self._queued_samples >= _HUNGRY_SAMPLES // 2
            return self.fault is not None or (has_pictures and has_sound)

        with self._changed:
            did_prime = self._changed.wait_for(is_primed, _OPEN_TIMEOUT_S)
            if did_prime and self.fault is None:
                # Sound is taken ahead of its moment, so the beginning lies a little ahead too.
                lead_us = READ_AHEAD_SAMPLES * US_PER_S // AUDIO_SAMPLE_RATE_HZ
                self._anchor_tick = first_tick_from(self._clock.now_us() + lead_us)
                return
            fault = self.fault or Fault("source.unreadable", {"source": str(self._path), "reason": "timeout"})
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join(timeout=2.0)
        raise SourceError(fault)

    # --- the decoding thread ---

    def _run(self) -> None:
        offset_us = 0
        try:
            while not self._is_closed:
                duration_us = _Pass(self, offset_us).run()
                if duration_us is None:
                    break
                offset_us += duration_us
                self._rewind()
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self._fail(reason_of(error))
        finally:
            self._container.close()

    def _rewind(self) -> None:
        try:
            self._container.seek(self._container.start_time or 0)
        except av.error.FFmpegError:  # a format that cannot be wound back is opened anew
            self._container.close()
            self._container = self._open()
            self._video = self._pick_video() if self._video is not None else None
            self._audio = self._pick_audio() if self._audio is not None else None

    def _fail(self, reason: str) -> None:
        with self._changed:
            self.fault = Fault("source.unreadable", {"source": str(self._path), "reason": reason})
            self._changed.notify_all()

    def _put_picture(self, media_us: int, frame: av.VideoFrame, is_shared: bool) -> None:
        with self._changed:
            self._picture_queue.append((media_us, frame, is_shared))
            self._changed.notify_all()
            self._changed.wait_for(self._has_room)

    def _put_sound(self, position: int, count: int, samples: Samples | None) -> None:
        with self._changed:
            self._sound_queue.append(_Sound(position, count, samples))
            self._queued_samples += count
            self._changed.notify_all()
            self._changed.wait_for(self._has_room)

    def _has_room(self) -> bool:
        if self._is_closed:
            return True
        has_sound = self.sound is not None and not self.sound.is_closed
        has_pictures = self.pictures is not None and not self.pictures.is_closed
        # A face that is closed is not read any more: what is decoded for it is thrown away.
        if not has_sound:
            self._sound_queue.clear()
            self._queued_samples = 0
        if not has_pictures:
            self._picture_queue.clear()
        is_sound_hungry = has_sound and self._queued_samples < _HUNGRY_SAMPLES
        is_picture_hungry = has_pictures and len(self._picture_queue) < _HUNGRY_PICTURES
        picture_limit = BADLY_INTERLEAVED_PICTURE_LIMIT if is_sound_hungry else PICTURE_QUEUE_LIMIT
        sound_limit = BADLY_INTERLEAVED_SOUND_LIMIT_SAMPLES if is_picture_hungry else SOUND_QUEUE_LIMIT_SAMPLES
        return len(self._picture_queue) < picture_limit and self._queued_samples < sound_limit


class _Pass:
    """One run through the file, from its beginning to its end, its media time counted from `offset_us` on."""

    def __init__(self, file: MediaFile, offset_us: int) -> None:
        self._file = file
        self._offset_us = offset_us
        self._start_us = file._container.start_time or 0  # in microseconds, as libav counts
        self._fitter = PictureFitter()
        self._resampler = AudioResampler(format="fltp", layout="stereo", rate=AUDIO_SAMPLE_RATE_HZ)
        self._picture_end_us = offset_us
        self._sound_position: int | None = None
        self._did_decode = False

    def run(self) -> int | None:
        """Decode all of it. Returns how long it lasts, or None when the file was closed meanwhile."""
        file = self._file
        streams = [stream for stream in (file._video, file._audio) if stream is not None]
        for frame in self._frames(streams):
            if file._is_closed:
                return None
            self._did_decode = True
            if isinstance(frame, av.VideoFrame):
                self._take_picture(frame)
            elif isinstance(frame, av.AudioFrame):
                self._take_sound(frame)
        if not self._did_decode:
            raise ValueError("nothing in it can be decoded")
        self._take_resampled(None)
        return self._close_pass()

    def _frames(self, streams: list[av.VideoStream | av.AudioStream]) -> Iterator[Any]:
        errors = 0
        for packet in self._file._container.demux(streams):
            try:
                yield from packet.decode()
                errors = 0
            except _DECODE_ERRORS:
                errors += 1
                if errors > _MAX_DECODE_ERRORS_IN_A_ROW:
                    raise

    def _take_picture(self, frame: av.VideoFrame) -> None:
        file = self._file
        assert file._video is not None
        rate = file._video.average_rate or Fraction(FRAMES_PER_SECOND)
        media_us = self._media_us(frame, self._picture_end_us)
        self._picture_end_us = max(self._picture_end_us, media_us) + round(US_PER_S / rate)
        if file.pictures is None or file.pictures.is_closed:
            return
        fitted = self._fitter.fit(frame, file._shape, file._video.sample_aspect_ratio or Fraction(1))
        file._put_picture(media_us, fitted, fitted is frame)

    def _take_sound(self, frame: av.AudioFrame) -> None:
        expected = self._media_us(frame, None) * AUDIO_SAMPLE_RATE_HZ // US_PER_S if frame.pts is not None else None
        if self._sound_position is None:
            self._sound_position = self._offset_us * AUDIO_SAMPLE_RATE_HZ // US_PER_S
        if expected is not None and expected - self._sound_position > _GAP_SAMPLES:
            self._put_silence(expected - self._sound_position)
        self._take_resampled(frame)

    def _take_resampled(self, frame: av.AudioFrame | None) -> None:
        if self._sound_position is None:
            return
        for resampled in self._resampler.resample(frame):
            samples: Samples = resampled.to_ndarray().astype(np.float32, copy=False)
            self._file._put_sound(self._sound_position, samples.shape[1], samples)
            self._sound_position += samples.shape[1]

    def _put_silence(self, count: int) -> None:
        assert self._sound_position is not None
        while count > 0 and not self._file._is_closed:
            step = min(count, 1024)
            self._file._put_sound(self._sound_position, step, None)
            self._sound_position += step
            count -= step

    def _close_pass(self) -> int:
        end_us = max(self._picture_end_us, self._offset_us + _SHORTEST_PASS_US)
        if self._sound_position is not None:
            end_us = max(end_us, self._sound_position * US_PER_S // AUDIO_SAMPLE_RATE_HZ)
        # A whole number of ticks, so that the next pass's pictures meet the ticks as this one's did.
        ticks = (end_us - self._offset_us) * FRAMES_PER_SECOND / US_PER_S
        duration_us = tick_to_us(round(ticks))
        if self._file._audio is not None:
            position = self._sound_position or self._offset_us * AUDIO_SAMPLE_RATE_HZ // US_PER_S
            self._sound_position = position
            self._put_silence((self._offset_us + duration_us) * AUDIO_SAMPLE_RATE_HZ // US_PER_S - position)
        return duration_us

    def _media_us(self, frame: av.VideoFrame | av.AudioFrame, otherwise: int | None) -> int:
        if frame.pts is None or frame.time_base is None:
            return self._offset_us if otherwise is None else otherwise
        return round(frame.pts * frame.time_base * US_PER_S) - self._start_us + self._offset_us


class FilePictures:
    """The file's picture as a source."""

    def __init__(self, file: MediaFile) -> None:
        self._file = file
        self.is_closed = False

    @property
    def name(self) -> str:
        return self._file.name

    @property
    def fault(self) -> Fault | None:
        return self._file.fault

    @property
    def colour_matrix(self) -> ColourMatrix:
        return self._file.colour_matrix

    def reshape(self, shape: FrameShape) -> None:
        self._file.reshape(shape)

    def picture_at(self, due_us: int) -> Picture | None:
        return self._file.picture_at(due_us)

    def close(self) -> None:
        self.is_closed = True
        self._file.close_face()


class FileSound:
    """The file's sound as a source."""

    delay_samples = -READ_AHEAD_SAMPLES

    def __init__(self, file: MediaFile) -> None:
        self._file = file
        self.is_closed = False

    @property
    def name(self) -> str:
        return self._file.name

    @property
    def fault(self) -> Fault | None:
        return self._file.fault

    def read(self, position: int, count: int) -> SoundBlock:
        return self._file.read(position, count)

    def close(self) -> None:
        self.is_closed = True
        self._file.close_face()
