"""An encoded picture or block of sound, as the encoders make it and the outputs take it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class PacketKind(Enum):
    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class MediaPacket:
    """One access unit. There are no B-frames, so decoding and showing times are one."""

    kind: PacketKind
    at_us: int
    """Its moment on the engine's clock."""
    is_keyframe: bool
    payload: bytes
    """H.264 with length prefixes (AVCC), or one raw AAC frame."""
    config: bytes = b""
    """On keyframes: the AVCDecoderConfigurationRecord they need. It changes when another encoder takes over."""
    is_disposable: bool = False
    """No other picture refers to it (a B-frame): it can be dropped by itself."""


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """What a player must know before the first packet."""

    width: int
    height: int
    video_kbps: int
    audio_kbps: int
    avc_config: bytes
    """AVCDecoderConfigurationRecord."""
    audio_config: bytes
    """AudioSpecificConfig."""
