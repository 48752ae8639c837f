"""Runs a hardware encoder in a thread of its own, since a driver may hang: the video loop never waits long for it.

Its queue is `hardware-encoder`: one picture a tick, until the codec counts as failed; so nothing is ever dropped from
it. What it then has not encoded is given to whoever takes over.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import av

from encoder.encoders.codec import Codec, EncodedPicture, PictureInHand
from encoder.errors import EncoderError
from gshop_studio.domain.quality import FRAMES_PER_SECOND
from gshop_studio.engine_protocol import Fault

SILENCE_TICKS = FRAMES_PER_SECOND // 2
"""So many pictures without a packet, and the encoder is given up. With what its queue held before, they are no older
than the interleaver's patience: encoded again, they still find their place among the sound."""
FIRST_SILENCE_TICKS = 2 * FRAMES_PER_SECOND
"""The same until the first packet: a driver may have much to set up."""
MOST_IN_HAND = 18
"""Pictures kept for whoever takes over, the newest ones: 0.6 s, as long as the interleaver waits for pictures."""
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
        self._pictures: deque[tuple[PictureInHand, int]] = deque()
        """Each with the rate to aim at."""
        self._in_hand: deque[PictureInHand] = deque(maxlen=MOST_IN_HAND)
        """Those whose packets were not given out."""
        self._encoded: list[EncodedPicture] = []
        self._is_busy = False
        self._is_closing = False
        self._is_open = False
        self._failure: EncoderError | None = None
        self._silent_ticks = 0
        self._patience_ticks = FIRST_SILENCE_TICKS
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
        picture = PictureInHand(frame, tick, is_keyframe_wanted)
        with self._changed:
            self._pictures.append((picture, video_kbps))
            self._in_hand.append(picture)
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._failure is not None or not (self._pictures or self._is_busy), timeout=_WAIT_S
            )
            encoded, self._encoded = self._encoded, []
            self._silent_ticks += 1
            if encoded:
                self._silent_ticks, self._patience_ticks = 0, SILENCE_TICKS
                self._let_go(encoded[-1].tick)
            elif self._silent_ticks >= self._patience_ticks:
                silence_s = self._silent_ticks / FRAMES_PER_SECOND
                self._failure = self._failure or _failed(f"no picture came out of it for {silence_s:.1f} s")
            if self._failure and not encoded:
                raise self._failure
            return encoded

    def take_in_hand(self) -> list[PictureInHand]:
        """The newest pictures that did not come out, oldest first, up to `MOST_IN_HAND`."""
        with self._changed:
            taken = list(self._in_hand)
            self._in_hand.clear()
            return taken

    def close(self) -> None:
        with self._changed:
            self._is_closing = True
            self._pictures.clear()
            self._in_hand.clear()
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
        while following := self._next_picture():
            picture, video_kbps = following
            try:
                encoded = codec.encode(
                    picture.frame, picture.tick, is_keyframe_wanted=picture.is_keyframe_wanted, video_kbps=video_kbps
                )
            except EncoderError as error:
                self._fail(error)
                break
            with self._changed:
                self._encoded += encoded
                self.config = codec.config
                self._is_busy = False
                self._changed.notify_all()
        codec.close()

    def _let_go(self, tick: int) -> None:
        """Those before the last one that came out will not come any more."""
        while self._in_hand and self._in_hand[0].tick <= tick:
            self._in_hand.popleft()

    def _next_picture(self) -> tuple[PictureInHand, int] | None:
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
