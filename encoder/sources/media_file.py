"""A media file as a source of pictures and sound: opened once for both, decoded in a thread of its own.

The thread decodes into two bounded queues and waits when they are full; the video loop skips what is past. What is
played when is the playback's to say.
"""

from __future__ import annotations

import threading
from pathlib import Path

import av

from encoder.clock import US_PER_S, Clock
from encoder.errors import SourceError, reason_of
from encoder.picture import FrameShape, Picture, PictureFitter, PictureSize
from encoder.sources.media_control import MediaControl
from encoder.sources.media_opening import open_media
from encoder.sources.media_pass import MediaPass, PassStart
from encoder.sources.media_playback import MediaPlayback
from encoder.sources.media_queues import HUNGRY_SAMPLES, DecodedPicture
from encoder.sources.source import READ_AHEAD_SAMPLES, ColourMatrix, Samples, SoundBlock
from gshop_studio.engine_protocol import Fault, MediaState

_OPEN_TIMEOUT_S = 8.0
_CLOSE_TIMEOUT_S = 2.0


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
        self._shape = shape if isinstance(shape, FrameShape) else FrameShape(shape)
        self._changed = threading.Condition()
        """Guards what follows."""
        self._is_closed = False
        self.fault: Fault | None = None
        self._media = open_media(path, wants_video=wants_video, wants_audio=wants_audio)
        self._playback = MediaPlayback(clock, self._media.container.duration)
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
            newest = self._playback.take_picture(due_us)
            if newest is None:
                return None
            self._changed.notify_all()
        return Picture(newest.frame, due_us, newest.is_shared, newest.shape)

    def read(self, position: int, count: int) -> SoundBlock:
        """Samples of that stretch; silence, counted only where the decoder is late."""
        with self._changed:
            block = self._playback.take_sound(position, count)
            self._changed.notify_all()
        return block

    # --- control, from any thread ---

    def play(self) -> None:
        with self._changed:
            self._playback.play()
            self._changed.notify_all()

    def pause(self) -> None:
        with self._changed:
            self._playback.pause()

    def set_looping(self, is_looping: bool) -> None:
        with self._changed:
            self._playback.set_looping(is_looping)
            self._changed.notify_all()

    def seek(self, position_s: float) -> None:
        with self._changed:
            self._playback.seek(round(max(0.0, position_s) * US_PER_S))
            self._changed.notify_all()

    def state(self) -> MediaState:
        with self._changed:
            return self._playback.state()

    def close_face(self) -> None:
        """Close the file once neither face is in use."""
        faces = (self.pictures, self.sound)
        with self._changed:
            self._is_closed = all(face is None or face.is_closed for face in faces)
            self._changed.notify_all()
        if self._is_closed:
            self._thread.join(timeout=_CLOSE_TIMEOUT_S)

    # --- within the lock ---

    def _has_room(self) -> bool:
        return self._playback.queues.has_room(
            has_pictures=self.pictures is not None and not self.pictures.is_closed,
            has_sound=self.sound is not None and not self.sound.is_closed,
        )

    def _is_primed(self) -> bool:
        queues = self._playback.queues
        has_pictures = self.pictures is None or self.pictures.is_closed or bool(queues.pictures)
        is_silent = self.sound is None or self.sound.is_closed
        return has_pictures and (is_silent or queues.queued_samples >= HUNGRY_SAMPLES // 2)

    # --- opening and decoding ---

    def _wait_until_primed(self) -> None:
        with self._changed:
            did_prime = self._changed.wait_for(
                lambda: self.fault is not None or not self._playback.is_held, _OPEN_TIMEOUT_S
            )
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
            playback = self._playback
            if end_us is not None and generation == playback.generation:
                playback.end_pass(end_us)
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_closed or playback.is_pass_wanted)
            return (None, generation) if self._is_closed else (playback.begin_pass(), playback.generation)

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
                self._file._playback.queues.put_picture(picture)
            return self._wait_for_room()

    def put_sound(self, position: int, count: int, samples: Samples | None) -> bool:
        with self._file._changed:
            if self._is_wanted():
                self._file._playback.queues.put_sound(position, count, samples)
            return self._wait_for_room()

    def _is_wanted(self) -> bool:
        return not self._file._is_closed and self._generation == self._file._playback.generation

    def _wait_for_room(self) -> bool:
        file = self._file
        if self._is_wanted() and file._playback.is_held and file._is_primed():
            file._playback.let_go()
            file._changed.notify_all()
        file._changed.wait_for(lambda: not self._is_wanted() or file._has_room())
        return self._is_wanted()


class _Face:
    """What the faces have in common."""

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
        """Steers the file, both faces of it."""
        return self._file

    def close(self) -> None:
        self.is_closed = True
        self._file.close_face()


class FilePictures(_Face):
    """The file's picture as a source."""

    @property
    def colour_matrix(self) -> ColourMatrix:
        return self._file.colour_matrix

    def reshape(self, shape: FrameShape) -> None:
        self._file.reshape(shape)

    def picture_at(self, due_us: int) -> Picture | None:
        return self._file.picture_at(due_us)


class FileSound(_Face):
    """The file's sound as a source."""

    delay_samples = -READ_AHEAD_SAMPLES

    def read(self, position: int, count: int) -> SoundBlock:
        return self._file.read(position, count)
