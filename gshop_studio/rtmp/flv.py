"""The bodies of RTMP's audio and video messages: FLV tags without their tag header.

Source: Adobe, "Video File Format Specification", version 10.1, annex E.4.2 and E.4.3. H.264 and AAC only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode

_VIDEO_HEADER_BYTES = 5
_AUDIO_HEADER_BYTES = 2
_ENHANCED = 0x80
_MIN_COMPOSITION_MS = -(1 << 23)
_MAX_COMPOSITION_MS = (1 << 23) - 1


class FrameType(IntEnum):
    KEY = 1
    INTER = 2
    DISPOSABLE = 3
    GENERATED_KEY = 4
    INFO = 5
    """A command to the player; carries no picture."""


class VideoCodec(IntEnum):
    AVC = 7


class AudioCodec(IntEnum):
    AAC = 10


class PacketType(IntEnum):
    CONFIG = 0
    """The decoder's configuration: AVCDecoderConfigurationRecord or AudioSpecificConfig."""
    FRAME = 1
    END = 2
    """End of sequence (video only)."""


@dataclass(frozen=True, slots=True)
class VideoTag:
    """One H.264 access unit (length-prefixed NAL units), or the configuration.

    Attributes:
        composition_ms: Presentation minus decoding time; may be negative.
    """

    frame_type: FrameType
    codec: VideoCodec
    packet_type: PacketType
    composition_ms: int
    payload: bytes

    @property
    def is_config(self) -> bool:
        return self.packet_type is PacketType.CONFIG

    @property
    def is_keyframe(self) -> bool:
        """Whether a decoder may start here. The configuration is no picture, so it is none."""
        return self.packet_type is PacketType.FRAME and self.frame_type is FrameType.KEY


@dataclass(frozen=True, slots=True)
class AudioTag:
    """One raw AAC frame (no ADTS), or the configuration."""

    codec: AudioCodec
    packet_type: PacketType
    payload: bytes

    @property
    def is_config(self) -> bool:
        return self.packet_type is PacketType.CONFIG


def is_video_info(body: bytes) -> bool:
    """Whether a video message only tells the player something, and carries no picture."""
    return len(body) > 0 and not body[0] & _ENHANCED and body[0] >> 4 == FrameType.INFO


def parse_video(body: bytes) -> VideoTag:
    """The tag in a video message's body.

    Raises:
        RtmpError: `unsupported_codec`, or `bad_video` if it is cut short or makes no sense.
    """
    if not body:
        raise RtmpError(RtmpErrorCode.BAD_VIDEO, "empty tag")
    if body[0] & _ENHANCED or body[0] & 0x0F != VideoCodec.AVC:
        raise RtmpError(RtmpErrorCode.UNSUPPORTED_CODEC, "video is not H.264")
    if len(body) < _VIDEO_HEADER_BYTES:
        raise RtmpError(RtmpErrorCode.BAD_VIDEO, "tag cut short")
    try:
        frame_type = FrameType(body[0] >> 4)
        packet_type = PacketType(body[1])
    except ValueError:
        raise RtmpError(RtmpErrorCode.BAD_VIDEO, "unknown frame or packet type") from None
    composition_ms = int.from_bytes(body[2:5], "big", signed=True) if packet_type is PacketType.FRAME else 0
    return VideoTag(frame_type, VideoCodec.AVC, packet_type, composition_ms, body[_VIDEO_HEADER_BYTES:])


def parse_audio(body: bytes) -> AudioTag:
    """The tag in an audio message's body.

    Raises:
        RtmpError: `unsupported_codec`, or `bad_audio` if it is cut short or makes no sense.
    """
    if not body:
        raise RtmpError(RtmpErrorCode.BAD_AUDIO, "empty tag")
    if body[0] >> 4 != AudioCodec.AAC:
        raise RtmpError(RtmpErrorCode.UNSUPPORTED_CODEC, "audio is not AAC")
    if len(body) < _AUDIO_HEADER_BYTES:
        raise RtmpError(RtmpErrorCode.BAD_AUDIO, "tag cut short")
    if body[1] not in (PacketType.CONFIG, PacketType.FRAME):
        raise RtmpError(RtmpErrorCode.BAD_AUDIO, "unknown packet type")
    return AudioTag(AudioCodec.AAC, PacketType(body[1]), body[_AUDIO_HEADER_BYTES:])


def build_avc_config(extradata_avcc: bytes) -> bytes:
    """A video message's body that carries an AVCDecoderConfigurationRecord."""
    return bytes((FrameType.KEY << 4 | VideoCodec.AVC, PacketType.CONFIG, 0, 0, 0)) + extradata_avcc


def build_avc_frame(payload_avcc: bytes, *, is_keyframe: bool, composition_ms: int) -> bytes:
    """A video message's body that carries one access unit of length-prefixed NAL units.

    Raises:
        ValueError: `composition_ms` does not fit in 24 signed bits (2 h 19 min).
    """
    if not _MIN_COMPOSITION_MS <= composition_ms <= _MAX_COMPOSITION_MS:
        raise ValueError(f"composition time of {composition_ms} ms does not fit")
    frame_type = FrameType.KEY if is_keyframe else FrameType.INTER
    head = bytes((frame_type << 4 | VideoCodec.AVC, PacketType.FRAME))
    return head + composition_ms.to_bytes(3, "big", signed=True) + payload_avcc


_AAC_HEAD = AudioCodec.AAC << 4 | 0x0F
"""Codec; then rate, size and channels as the specification fixes them for AAC, whatever is true."""


def build_aac_config(asc: bytes) -> bytes:
    """An audio message's body that carries an AudioSpecificConfig."""
    return bytes((_AAC_HEAD, PacketType.CONFIG)) + asc


def build_aac_frame(payload: bytes) -> bytes:
    """An audio message's body that carries one raw AAC frame."""
    return bytes((_AAC_HEAD, PacketType.FRAME)) + payload
