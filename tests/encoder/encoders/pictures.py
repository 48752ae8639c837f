"""What tests of the encoders share: pictures of the test card, contexts that misbehave, and decoding."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from fractions import Fraction
from itertools import groupby

import av
import numpy as np

from encoder.encoders.codec_context import open_context
from encoder.encoders.encoder_settings import SOFTWARE_ENCODER, EncoderSettings
from encoder.packets import MediaPacket
from encoder.picture import PictureSize, copied_frame
from encoder.sources.test_card import TestCard
from gshop_studio.domain.quality import QualitySettings

FIRST_TICK = 51_000_000_000
SETTINGS = QualitySettings(320, 240, 500, 64)
_SIZE = PictureSize(SETTINGS.width, SETTINGS.height)


class Pictures:
    """A test card with noise on it, so that the bit rate is used."""

    def __init__(self, size: PictureSize = _SIZE) -> None:
        self._card = TestCard(size)
        self._random = np.random.default_rng(1)

    def at(self, index: int) -> av.VideoFrame:
        picture = self._card.picture_at((FIRST_TICK + index) * 1_000_000 // 30)
        assert picture is not None
        frame = copied_frame(picture.frame)
        luma = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
        luma[:] = np.clip(luma + self._random.integers(-20, 20, luma.shape), 16, 235)
        return frame


class AnnexBContext:
    """Looks like a hardware encoder's context: x264 that gives Annex B, and fails or hangs when told to.

    Args:
        good_pictures: After so many it misbehaves.
        misbehaviour: `raise`, `nothing` (no packets), `hang`, or `` for none.
        has_extradata: Else the parameter sets are in the keyframes only.
    """

    def __init__(
        self, settings: EncoderSettings, good_pictures: int, misbehaviour: str, *, has_extradata: bool = True
    ) -> None:
        context = av.VideoCodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = settings.width, settings.height, "yuv420p"
        context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
        context.bit_rate, context.gop_size = settings.video_kbps * 1000, 30
        # The baseline profile: nobody can take its configuration for x264's own.
        context.options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1", "x264-params": "aud=1"}
        if has_extradata:
            context.flags |= av.codec.context.Flags.global_header
        context.open()
        self._context = context
        self._left = good_pictures
        self._misbehaviour = misbehaviour
        self._released = threading.Event()
        self.pix_fmt = "yuv420p"
        self.bit_rate = settings.video_kbps * 1000
        self.extradata = context.extradata if has_extradata else None

    def encode(self, frame: av.VideoFrame) -> list[av.Packet[av.VideoStream]]:
        self._left -= 1
        if self._left < 0:
            match self._misbehaviour:
                case "raise":
                    raise av.error.ExternalError(-542398533, "the device is lost")
                case "nothing":
                    return []
                case "hang":
                    self._released.wait()
        return self._context.encode(frame)

    def release(self) -> None:
        """Let a hanging call go on."""
        self._released.set()


class HardwareStandIn:
    """An opener: `h264_test` is an `AnnexBContext`, everything else real."""

    def __init__(self, good_pictures: int, misbehaviour: str, *, has_extradata: bool = True) -> None:
        self._arguments = (good_pictures, misbehaviour)
        self._has_extradata = has_extradata
        self.contexts: list[AnnexBContext] = []

    def __call__(self, encoder_id: str, settings: EncoderSettings) -> av.VideoCodecContext:
        if encoder_id == SOFTWARE_ENCODER:
            return open_context(encoder_id, settings)
        context = AnnexBContext(settings, *self._arguments, has_extradata=self._has_extradata)
        self.contexts.append(context)
        return context  # type: ignore[return-value]


def decoded(packets: Iterable[MediaPacket]) -> list[av.VideoFrame]:
    """All pictures, with a new decoder at each change of configuration."""
    frames: list[av.VideoFrame] = []
    config = b""
    configured: list[tuple[bytes, MediaPacket]] = []
    for packet in packets:
        config = packet.config or config
        configured.append((config, packet))
    for needed, group in groupby(configured, key=lambda pair: pair[0]):
        decoder = av.VideoCodecContext.create("h264", "r")
        decoder.extradata = needed
        for _, packet in group:
            taken = av.Packet(packet.payload)
            taken.pts, taken.time_base = packet.at_us, Fraction(1, 1_000_000)
            frames += decoder.decode(taken)
        frames += decoder.decode(None)
    return frames
