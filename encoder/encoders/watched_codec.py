"""Runs a hardware encoder in a thread of its own, since a driver may hang: the video loop never waits long for it.

Its queue is `hardware-encoder`: one picture a tick, at most two seconds of them; then the codec counts as failed, so
nothing is ever dropped from it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import av

from encoder.encoders.codec import Codec, EncodedPicture
from encoder.errors import EncoderError
from gshop_studio.domain.quality import FRAMES_PER_SECOND
from gshop_studio.engine_protocol import Fault

SILENCE_TICKS = 2 * FRAMES_PER_SECOND
"""So many pictures without a packet, and the encoder is given up."""
OPENING_S = 3.0
_WAIT_S = 0.015
"""Most pictures are encoded within it; the others' packets come with the next tick."""


class WatchedCodec:
    """A codec that cannot block its caller for long."""

    def __init__(self, encoder_id: str, opening: Callable[[], Codec], *, opening_s: float = OPENING_S) -> None:
        """Open within `opening_s`.

        Args:
            opening: Opens the codec; called in the thread.

        Raises:
            EncoderError: `encoder.failed`.
        """
        self.encoder_id = encoder_id
        self._changed = threading.Condition()
        self._pictures: deque[tuple[av.VideoFrame, int, bool, int]] = deque()
        self._encoded: list[EncodedPicture] = []
        self._is_busy = False
        self._is_closing = False
        self._is_open = False
        self._failure: EncoderError | None = None
        self._silent_ticks = 0
        self.config = b""
        threading.Thread(target=self._run, args=(opening,), name="hardware-encoder", daemon=True).start()
        with self._changed:
            self._changed.wait_for(lambda: self._is_open or self._failure is not None, opening_s)
            if not self._is_open:
                self._is_closing = True
                raise self._failure or _failed("the driver does not answer")

    def encode(
        self, frame: av.VideoFrame, tick: int, *, is_keyframe_wanted: bool, video_kbps: int
    ) -> list[EncodedPicture]:
        with self._changed:
            self._pictures.append((frame, tick, is_keyframe_wanted, video_kbps))
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._failure is not None or not (self._pictures or self._is_busy), timeout=_WAIT_S
            )
            encoded, self._encoded = self._encoded, []
            self._silent_ticks = 0 if encoded else self._silent_ticks + 1
            if self._silent_ticks >= SILENCE_TICKS:
                self._failure = self._failure or _failed("no picture came out of it for two seconds")
            if self._failure and not encoded:
                raise self._failure
            return encoded

    def close(self) -> None:
        with self._changed:
            self._is_closing = True
            self._pictures.clear()
            self._changed.notify_all()

    def _run(self, opening: Callable[[], Codec]) -> None:
        try:
            codec = opening()
        except EncoderError as error:
            self._fail(error)
            return
        with self._changed:
            self.config = codec.config
            self._is_open = True
            self._changed.notify_all()
        while picture := self._next_picture():
            frame, tick, is_keyframe_wanted, video_kbps = picture
            try:
                encoded = codec.encode(frame, tick, is_keyframe_wanted=is_keyframe_wanted, video_kbps=video_kbps)
            except EncoderError as error:
                self._fail(error)
                break
            with self._changed:
                self._encoded += encoded
                self.config = codec.config
                self._is_busy = False
                self._changed.notify_all()
        codec.close()

    def _next_picture(self) -> tuple[av.VideoFrame, int, bool, int] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._pictures or self._is_closing)
            if self._is_closing:
                return None
            self._is_busy = True
            return self._pictures.popleft()

    def _fail(self, error: EncoderError) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()


def _failed(reason: str) -> EncoderError:
    return EncoderError(Fault("encoder.failed", {"reason": reason}))
