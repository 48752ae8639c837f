"""One open H.264 encoder: pictures in, access units out. Called by one thread at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, TypeAlias

import av
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from encoder.encoders.access_units import AccessUnits
from encoder.encoders.codec_context import open_context
from encoder.encoders.encoder_settings import EncoderSettings
from encoder.errors import EncoderError, reason_of
from gshop_studio.domain.quality import FRAMES_PER_SECOND
from gshop_studio.engine_protocol import Fault
from gshop_studio.rtmp.errors import RtmpError

_TIME_BASE = Fraction(1, FRAMES_PER_SECOND)

ContextOpener: TypeAlias = Callable[[str, EncoderSettings], av.VideoCodecContext]
"""`open_context`, or what stands in for it."""


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """One access unit with length prefixes."""

    tick: int
    is_keyframe: bool
    payload: bytes
    config: bytes
    """The AVCDecoderConfigurationRecord it needs."""


@dataclass(frozen=True, slots=True)
class PictureInHand:
    """A picture that is to be encoded."""

    frame: av.VideoFrame
    tick: int
    is_keyframe_wanted: bool


class Codec(Protocol):
    """What encodes pictures."""

    @property
    def encoder_id(self) -> str: ...

    @property
    def config(self) -> bytes:
        """The AVCDecoderConfigurationRecord; empty if only the first keyframe will tell it."""
        ...

    def encode(
        self, frame: av.VideoFrame, tick: int, *, is_keyframe_wanted: bool, video_kbps: int
    ) -> list[EncodedPicture]:
        """Take a picture, give those that are ready.

        Raises:
            EncoderError: `encoder.failed`.
        """
        ...

    def close(self) -> None:
        """Let it go."""
        ...


class AvCodec:
    """A codec on libav."""

    def __init__(self, encoder_id: str, settings: EncoderSettings, opener: ContextOpener = open_context) -> None:
        """Open.

        Raises:
            EncoderError: `encoder.failed`.
        """
        self.encoder_id = encoder_id
        context = opener(encoder_id, settings)
        self._context: av.VideoCodecContext | None = context
        self._reformatter = VideoReformatter()
        try:
            self._units = AccessUnits(bytes(context.extradata or b""))
        except RtmpError as error:
            raise EncoderError(Fault("encoder.failed", {"reason": str(error)})) from error

    @property
    def config(self) -> bytes:
        return self._units.config

    def encode(
        self, frame: av.VideoFrame, tick: int, *, is_keyframe_wanted: bool, video_kbps: int
    ) -> list[EncodedPicture]:
        context = self._context
        if context is None:
            raise EncoderError(Fault("encoder.failed", {"reason": "it is closed"}))
        if frame.format.name != context.pix_fmt:
            frame = self._reformatter.reformat(frame, format=context.pix_fmt, threads=1)
        frame.pts = tick
        frame.time_base = _TIME_BASE
        # A decoded frame says what it was in its file; left so, each of its keyframes would become one of ours.
        frame.pict_type = PictureType.I if is_keyframe_wanted else PictureType.NONE
        if context.bit_rate != video_kbps * 1000:
            context.bit_rate = video_kbps * 1000  # libx264 and NVENC look at it with each picture
        try:
            return [self._read(packet) for packet in context.encode(frame)]
        except (av.error.FFmpegError, ValueError, RtmpError) as error:
            raise EncoderError(Fault("encoder.failed", {"reason": reason_of(error)})) from error

    def close(self) -> None:
        """libav's threads and memory go with the context, whoever still holds this object."""
        self._context = None

    def _read(self, packet: av.Packet[av.VideoStream]) -> EncodedPicture:
        payload = self._units.read(bytes(packet), is_keyframe=packet.is_keyframe)
        return EncodedPicture(packet.pts or 0, packet.is_keyframe, payload, self._units.config)
