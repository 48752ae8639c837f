"""A media file as a source of pictures and sound: opened once for both, decoded in a thread of its own.

The thread decodes into two bounded queues and waits when they are full; the video loop skips what is past. The medium's
time is tied to the clock's ticks by a timeline, for picture and sound alike, so that they stay together over any number
of loops, pauses and seeks. A change takes effect as much later as sound is taken ahead of its moment.
"""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

import av
import numpy as np

from encoder.clock import US_PER_S, Clock, first_tick_from, tick_to_us
from encoder.errors import SourceError, reason_of
from encoder.picture import FrameShape, Picture, PictureFitter, PictureSize
from encoder.sources.media_control import MediaControl
from encoder.sources.media_opening import open_media
from encoder.sources.media_pass import MediaPass, PassStart
from encoder.sources.media_queues import HUNGRY_SAMPLES, DecodedPicture, MediaQueues
from encoder.sources.media_timeline import MediaTimeline
from encoder.sources.source import READ_AHEAD_SAMPLES, ColourMatrix, Samples, SoundBlock
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ, FRAMES_PER_SECOND
from gshop_studio.engine_protocol import Fault, MediaState

_OPEN_TIMEOUT_S = 8.0
_CLOSE_TIMEOUT_S = 2.0
_HALF_TICK_US = US_PER_S // FRAMES_PER_SECOND // 2
_LEAD_US = READ_AHEAD_SAMPLES * US_PER_S // AUDIO_SAMPLE_RATE_HZ
"""Sound is taken ahead of its moment, so whatever changes lies a little ahead too."""
_KEPT_PASSES = 16


class MediaFile:
    """One open file. `pictures` and `sound` are its faces; the file closes when both are closed.

    It plays at once, and loops, until it is told otherwise.
    """

    def __init__(
        self, path: Path, clock: Clock, shape: FrameShape | PictureSize, *, wants_video: bool, wants_audio: bool
    ) -> None:
        """Open, and wait until something is decoded.

        Raises:
            SourceError: `source.not_found`, `source.unreadable`, `source.no_video`, `source.no_audio`.
        """
        self._path = path
        self._clock = clock
        self._shape = shape if isinstance(shape, FrameShape) else FrameShape(shape)
        self._changed = threading.Condition()
        """Guards what follows."""
        self._queues = MediaQueues()
        self._timeline = MediaTimeline()
        self._is_playing = True
        self._is_looping = True
        self._is_held = True
        """The medium stands, until enough is decoded to go on."""
        self._generation = 0
        """Rises whenever what is being decoded is not wanted any more."""
        self._request: PassStart | None = None
        """From where to decode next."""
        self._passes: deque[PassStart] = deque([PassStart(0, 0)], _KEPT_PASSES)
        """Those that were begun, the newest last."""
        self._end_us: int | None = None
        """Where the medium ends for good, once that is decoded."""
        self._is_closed = False
        self.fault: Fault | None = None
        self._media = open_media(path, wants_video=wants_video, wants_audio=wants_audio)
        self._duration_us = self._media.container.duration
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
        video = self._media.video
        if video is None:
            return ColourMatrix.BT601
        tagged, height = int(video.codec_context.colorspace), video.codec_context.height
        is_709 = tagged == 1 or (tagged in {0, 2} and height >= 720)
        return ColourMatrix.BT709 if is_709 else ColourMatrix.BT601

    def reshape(self, shape: FrameShape) -> None:
        self._shape = shape

    def picture_at(self, due_us: int) -> Picture | None:
        """The picture nearest to that moment, when it is newer than the last one given."""
        with self._changed:
            newest = self._queues.take_picture(self._timeline.media_us_at(due_us) + _HALF_TICK_US)
            if newest is None:
                return None
            self._changed.notify_all()
        return Picture(newest.frame, due_us, newest.is_shared, newest.shape)

    def read(self, position: int, count: int) -> SoundBlock:
        """Samples of that stretch; silence, counted only where the decoder is late."""
        samples = np.zeros((2, count), np.float32)
        missing = 0
        with self._changed:
            for part in self._timeline.stretches(position, count):
                if part.media_position is None:
                    continue
                target = samples[:, part.offset : part.offset + part.count]
                given = self._queues.take_sound(part.media_position, target)
                if self._end_us is None:
                    missing += max(0, part.count - given)
            self._changed.notify_all()
        return SoundBlock(samples, missing)

    # --- control, from any thread ---

    def play(self) -> None:
        with self._changed:
            if self._has_ended():
                self._seek(0)
            self._is_playing = True
            if not self._is_held and not self._timeline.is_running:
                self._timeline.set_running(self._next_tick(), is_running=True)

    def pause(self) -> None:
        with self._changed:
            self._is_playing = False
            if not self._is_held and self._timeline.is_running:
                self._timeline.set_running(self._next_tick(), is_running=False)

    def set_looping(self, is_looping: bool) -> None:
        with self._changed:
            if is_looping == self._is_looping:
                return
            self._is_looping = is_looping
            if is_looping:
                if self._end_us is not None and not self._has_ended():
                    self._request = PassStart(0, self._end_us)
                    self._end_us = None
            else:
                self._end_with_this_pass()
            self._changed.notify_all()

    def seek(self, position_s: float) -> None:
        with self._changed:
            self._seek(round(max(0.0, position_s) * US_PER_S))

    def state(self) -> MediaState:
        with self._changed:
            media_us = self._timeline.media_us_at(self._clock.now_us())
            if self._end_us is not None:
                media_us = min(media_us, self._end_us)
            start = next((start for start in reversed(self._passes) if start.media_us <= media_us), self._passes[0])
            position_us = max(0, media_us - start.offset_us)
            if self._duration_us is not None:
                position_us = min(position_us, self._duration_us)
            has_ended = self._has_ended()
            return MediaState(
                is_playing=self._is_playing and not has_ended,
                is_looping=self._is_looping,
                has_ended=has_ended,
                position_s=position_us / US_PER_S,
                duration_s=self._duration_us / US_PER_S if self._duration_us is not None else None,
            )

    def close_face(self) -> None:
        """Close the file once neither face is in use."""
        faces = (self.pictures, self.sound)
        with self._changed:
            self._is_closed = all(face is None or face.is_closed for face in faces)
            self._changed.notify_all()
        if self._is_closed:
            self._thread.join(timeout=_CLOSE_TIMEOUT_S)

    # --- within the lock ---

    def _next_tick(self) -> int:
        return first_tick_from(self._clock.now_us() + _LEAD_US)

    def _has_ended(self) -> bool:
        return self._end_us is not None and self._timeline.media_us_at(self._clock.now_us()) >= self._end_us

    def _seek(self, file_us: int) -> None:
        if self._duration_us is not None:
            file_us = min(file_us, self._duration_us)
        # The medium stands at once: what of it is already taken ahead is heard, the rest is not wanted any more.
        media_tick = self._timeline.set_running(first_tick_from(self._clock.now_us()), is_running=False)
        self._is_held = True
        self._end_us = None
        self._queues.clear_pictures()
        self._queues.clear_sounds()
        self._request = PassStart(file_us, tick_to_us(media_tick))
        self._generation += 1
        self._changed.notify_all()

    def _end_with_this_pass(self) -> None:
        """Not to loop any more: if the next pass is already being decoded, it is not wanted."""
        now_us = self._timeline.media_us_at(self._clock.now_us() + _LEAD_US)
        ahead = [start for start in (*self._passes, self._request) if start is not None and start.file_us == 0]
        following = next((start for start in ahead if start.media_us > now_us), None)
        if following is not None:
            self._queues.drop_from(following.media_us)
            self._end_us = following.media_us
            self._request = None
            self._generation += 1

    def _has_room(self) -> bool:
        return self._queues.has_room(
            has_pictures=self.pictures is not None and not self.pictures.is_closed,
            has_sound=self.sound is not None and not self.sound.is_closed,
        )

    def _is_primed(self) -> bool:
        has_pictures = self.pictures is None or self.pictures.is_closed or bool(self._queues.pictures)
        is_silent = self.sound is None or self.sound.is_closed
        return has_pictures and (is_silent or self._queues.queued_samples >= HUNGRY_SAMPLES // 2)

    def _let_go(self) -> None:
        """Go on, after the beginning or a seek."""
        self._is_held = False
        if self._is_playing:
            self._timeline.set_running(self._next_tick(), is_running=True)
        self._changed.notify_all()

    # --- opening and decoding ---

    def _wait_until_primed(self) -> None:
        with self._changed:
            did_prime = self._changed.wait_for(lambda: self.fault is not None or not self._is_held, _OPEN_TIMEOUT_S)
            if did_prime and self.fault is None:
                return
            fault = self.fault or Fault("source.unreadable", {"source": str(self._path), "reason": "timeout"})
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join(timeout=_CLOSE_TIMEOUT_S)
        raise SourceError(fault)

    # --- the decoding thread ---

    def _run(self) -> None:
        start: PassStart | None = PassStart(0, 0)
        generation = 0
        did_decode = False
        fitter = PictureFitter()
        try:
            while start is not None:
                one_pass = MediaPass(self._media, start, _Sink(self, generation), fitter)
                end_us = one_pass.run()
                did_decode |= one_pass.did_decode
                if not did_decode and not self._is_closed:
                    raise ValueError("nothing in it can be decoded")
                start, generation = self._next_pass(generation, end_us)
                if start is not None:
                    self._wind(start)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self._fail(reason_of(error))
        except SourceError as error:
            self._fail(error.fault.params.get("reason", error.fault.code))
        finally:
            self._media.container.close()

    def _next_pass(self, generation: int, end_us: int | None) -> tuple[PassStart | None, int]:
        """Waits at the end until more is wanted; None when the file is closed. And the generation it belongs to."""
        with self._changed:
            if end_us is not None and generation == self._generation:
                if self._is_looping:
                    self._request = PassStart(0, end_us)
                else:
                    self._end_us = end_us
                if self._is_held:  # what is left of the file is short
                    self._let_go()
            self._changed.wait_for(lambda: self._is_closed or self._request is not None)
            if self._is_closed:
                return None, generation
            start, self._request = self._request, None
            assert start is not None
            self._passes.append(start)
            return start, self._generation

    def _wind(self, start: PassStart) -> None:
        container = self._media.container
        try:
            container.seek((container.start_time or 0) + start.file_us)
        except av.error.FFmpegError:  # a format that cannot be wound back is opened anew
            container.close()
            video, audio = self._media.video, self._media.audio
            self._media = open_media(self._path, wants_video=video is not None, wants_audio=audio is not None)

    def _fail(self, reason: str) -> None:
        with self._changed:
            self.fault = Fault("source.unreadable", {"source": str(self._path), "reason": reason})
            self._changed.notify_all()


class _Sink:
    """Puts what one pass decodes into the queues, until that pass is not wanted any more."""

    def __init__(self, file: MediaFile, generation: int) -> None:
        self._file = file
        self._generation = generation

    @property
    def shape(self) -> FrameShape:
        return self._file._shape

    @property
    def wants_pictures(self) -> bool:
        pictures = self._file.pictures
        return pictures is not None and not pictures.is_closed

    def put_picture(self, picture: DecodedPicture) -> bool:
        with self._file._changed:
            if self._is_wanted():
                self._file._queues.put_picture(picture)
            return self._wait_for_room()

    def put_sound(self, position: int, count: int, samples: Samples | None) -> bool:
        with self._file._changed:
            if self._is_wanted():
                self._file._queues.put_sound(position, count, samples)
            return self._wait_for_room()

    def _is_wanted(self) -> bool:
        return not self._file._is_closed and self._generation == self._file._generation

    def _wait_for_room(self) -> bool:
        file = self._file
        if self._is_wanted() and file._is_held and file._is_primed():
            file._let_go()
        file._changed.wait_for(lambda: not self._is_wanted() or file._has_room())
        return self._is_wanted()


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

    @property
    def media_control(self) -> MediaControl:
        """Steers the file, its sound too."""
        return self._file

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

    @property
    def media_control(self) -> MediaControl:
        """Steers the file, its picture too."""
        return self._file

    def read(self, position: int, count: int) -> SoundBlock:
        return self._file.read(position, count)

    def close(self) -> None:
        self.is_closed = True
        self._file.close_face()
