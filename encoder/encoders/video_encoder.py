"""The broadcast's pictures: one encoder at a time, another one taking over where it fails or is to work less.

Lives on the video loop's thread; what may be called from others says so. A change of encoder always comes with a
keyframe, whose packet carries the configuration players need from there on. What a failed encoder has left undone, x264
encodes after it, two pictures a tick until it has caught up: nothing is drawn on a frame once it was handed over.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import av

from encoder.clock import tick_to_us
from encoder.encoders.access_units import is_disposable
from encoder.encoders.capture_lag import LARGEST_LAG_US, CaptureLag
from encoder.encoders.catalogue import LABELS
from encoder.encoders.codec import AvCodec, Codec, ContextOpener, EncodedPicture, PictureInHand
from encoder.encoders.codec_context import GROUP_TICKS, open_context
from encoder.encoders.encoder_settings import SOFTWARE_ENCODER, Effort, EncoderSettings
from encoder.encoders.watched_codec import WatchedCodec
from encoder.errors import EncoderError
from encoder.packets import MediaPacket, PacketKind
from encoder.sources.source import ColourMatrix
from gshop_studio.domain.quality import QualitySettings
from gshop_studio.engine_protocol import Fault
from gshop_studio.rtmp.sei import build_capture_sei, insert_into

_log = logging.getLogger(__name__)

_MOST_IN_FLIGHT = 4 * GROUP_TICKS
"""Pictures whose packets have not come out; more are forgotten, oldest first."""
_MOST_A_TICK = 2
"""Pictures encoded in one tick: one more than came, when there is something to catch up on."""


class VideoEncoder:
    """One encoding for all outputs. It never pauses while the broadcast lasts.

    Attributes:
        lost_pictures: Those handed in that will not come out any more. It may be read from any thread.
    """

    def __init__(
        self,
        settings: QualitySettings,
        matrix: ColourMatrix,
        *,
        encoder_id: str = SOFTWARE_ENCODER,
        on_notice: Callable[[Fault], None] | None = None,
        opener: ContextOpener = open_context,
    ) -> None:
        """Open. x264 takes milliseconds; a hardware encoder up to `OPENING_S`, so not on an event loop's thread.

        Args:
            encoder_id: libav's name. When it cannot be opened, x264 works instead, and `on_notice` is told.
            on_notice: Told `encoder.fell_back` {encoder, reason}, on whichever thread this is called.
            opener: Opens libav's contexts.

        Raises:
            EncoderError: `encoder.failed`: x264 cannot be opened.
        """
        self._settings = EncoderSettings(settings.width, settings.height, settings.video_kbps, matrix)
        self._on_notice = on_notice
        self._opener = opener
        self._video_kbps = settings.video_kbps
        self._lag = CaptureLag()
        self._stamps: dict[int, tuple[int, int]] = {}
        """Of each picture in flight, by its tick: its time stamp and when it was captured."""
        self._waiting: deque[PictureInHand] = deque()
        """The newest picture, and before it what a failed encoder has left undone."""
        self.lost_pictures = 0
        self._last_at_us = -1
        self._captured_us: int | None = None
        self._keyframe_tick: int | None = None
        self._wants_keyframe = False
        self._effort = Effort.NORMAL
        self._lock = threading.Lock()
        self._successor: Codec | None = None
        """Open, and waiting for the next keyframe's turn."""
        self._codec = self._open_first(encoder_id)
        self.config = self._codec.config

    @property
    def encoder_id(self) -> str:
        """The encoder that works now. From any thread."""
        return self._codec.encoder_id

    @property
    def effort(self) -> Effort:
        """The effort asked for last. From any thread."""
        return self._effort

    def request_keyframe(self) -> None:
        """Make the next picture a keyframe. From any thread."""
        self._wants_keyframe = True

    def set_bitrate(self, kbps: int) -> None:
        """Aim at this rate from the next picture on, never above the quality's own. From any thread."""
        self._video_kbps = max(1, min(kbps, self._settings.video_kbps))

    def set_effort(self, level: int) -> None:
        """Work harder or less hard, from a keyframe within a second on. Only x264 knows it. From any thread.

        Raises:
            ValueError: there is no such level.
        """
        effort = Effort(level)
        with self._lock:
            if effort is self._effort:
                return
            self._effort = effort
        if self.encoder_id == SOFTWARE_ENCODER:
            threading.Thread(target=self._open_successor, args=(effort,), name="encoder-opening", daemon=True).start()

    def encode(self, frame: av.VideoFrame, tick: int, captured_us: int | None = None) -> list[MediaPacket]:
        """Encode the picture of a tick.

        Args:
            captured_us: When it was captured, on the engine's clock; without it, at its tick.

        Raises:
            EncoderError: `encoder.failed`: x264 has failed.
        """
        self._stamp(tick, captured_us)
        wants_keyframe, self._wants_keyframe = self._wants_keyframe, False
        self._waiting.append(PictureInHand(frame, tick, wants_keyframe))
        encoded: list[EncodedPicture] = []
        for _ in range(_MOST_A_TICK):
            if self._waiting:
                encoded += self._encode_oldest()
        return [self._packet(picture) for picture in encoded if picture.tick in self._stamps]

    def close(self) -> None:
        """Let the encoder go. Not while `encode` runs."""
        self._codec.close()
        self._on_notice = None
        with self._lock:
            if self._successor:
                self._successor.close()
            self._successor = None

    # --- which encoder ---

    def _open_first(self, encoder_id: str) -> Codec:
        if encoder_id == SOFTWARE_ENCODER:
            return self._open_x264()
        try:
            return WatchedCodec(encoder_id, lambda: AvCodec(encoder_id, self._settings, self._opener))
        except EncoderError as error:
            self._tell_fall_back(encoder_id, error.fault)
            return self._open_x264()

    def _open_x264(self) -> Codec:
        codec = AvCodec(SOFTWARE_ENCODER, replace(self._settings, effort=self._effort), self._opener)
        if not codec.config:
            raise EncoderError(Fault("encoder.failed", {"reason": "no AVC configuration"}))
        return codec

    def _open_successor(self, effort: Effort) -> None:
        """On a thread of its own: what works goes on meanwhile."""
        try:
            codec = AvCodec(SOFTWARE_ENCODER, replace(self._settings, effort=effort), self._opener)
        except EncoderError as error:
            _log.warning("the encoder's effort stays as it is: %s", error.fault.params.get("reason"))
            return
        with self._lock:
            if effort is self._effort:  # else another one was asked for meanwhile
                self._successor = codec

    def _is_keyframe_due(self, picture: PictureInHand) -> bool:
        if picture.is_keyframe_wanted or self._keyframe_tick is None:
            return True
        return picture.tick - self._keyframe_tick >= GROUP_TICKS

    def _take_over(self) -> None:
        with self._lock:
            successor, self._successor = self._successor, None
        if successor is not None and self._codec.encoder_id == SOFTWARE_ENCODER:
            before, self._codec = self._codec, successor
            before.close()

    def _fall_back(self, failed: WatchedCodec, fault: Fault) -> None:
        self._codec = self._open_x264()
        self._waiting = deque(failed.take_in_hand())
        failed.close()
        self._tell_fall_back(failed.encoder_id, fault)

    def _tell_fall_back(self, encoder_id: str, fault: Fault) -> None:
        reason = fault.params.get("reason", "")
        _log.warning("%s fell back to x264: %s", encoder_id, reason)
        if self._on_notice:
            name = LABELS.get(encoder_id, encoder_id)
            self._on_notice(Fault("encoder.fell_back", {"encoder": name, "reason": reason}))

    # --- pictures ---

    def _encode_oldest(self) -> list[EncodedPicture]:
        picture = self._waiting.popleft()
        if self._is_keyframe_due(picture):
            self._take_over()
        codec = self._codec
        try:
            return codec.encode(
                picture.frame,
                picture.tick,
                is_keyframe_wanted=picture.is_keyframe_wanted,
                video_kbps=self._video_kbps,
            )
        except EncoderError as error:
            if not isinstance(codec, WatchedCodec):
                raise
            self._fall_back(codec, error.fault)  # this picture waits again then
            return []

    def _stamp(self, tick: int, captured_us: int | None) -> None:
        tick_us = tick_to_us(tick)
        if captured_us is None:
            captured_us = tick_us
        at_us = max(tick_us - self._lag.at(tick_us, captured_us), self._last_at_us + 1)
        is_fresh = captured_us != self._captured_us and 0 <= tick_us - captured_us <= LARGEST_LAG_US
        self._captured_us, self._last_at_us = captured_us, at_us
        # A picture shown again, or a very old one, says nothing of now; its stamp does.
        self._stamps[tick] = (at_us, captured_us if is_fresh else at_us)
        if len(self._stamps) > _MOST_IN_FLIGHT:
            self._lose_oldest()

    def _packet(self, picture: EncodedPicture) -> MediaPacket:
        at_us, captured_us = self._stamps[picture.tick]
        while next(iter(self._stamps)) != picture.tick:  # those before it will not come any more
            self._lose_oldest()
        del self._stamps[picture.tick]
        if not picture.is_keyframe:
            return MediaPacket(
                PacketKind.VIDEO, at_us, False, picture.payload, is_disposable=is_disposable(picture.payload)
            )
        self._keyframe_tick, self.config = picture.tick, picture.config
        payload = insert_into(picture.payload, build_capture_sei(captured_us))
        return MediaPacket(PacketKind.VIDEO, at_us, True, payload, config=picture.config)

    def _lose_oldest(self) -> None:
        del self._stamps[next(iter(self._stamps))]
        self.lost_pictures += 1
