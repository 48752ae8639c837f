"""What an init segment tells about a stream's picture and sound, and the samples of either."""

from __future__ import annotations

from dataclasses import dataclass

VIDEO_TRACK_ID = 1
AUDIO_TRACK_ID = 2
VIDEO_TIMESCALE = 90_000
"""Ticks a second of pictures. Sound counts its samples."""
AAC_FRAME_SAMPLES = 1024


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """H.264 as the publisher configured it."""

    record: bytes
    """AVCDecoderConfigurationRecord, as it came."""
    width: int
    height: int
    codec_string: str
    nal_length_size: int


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """AAC as the publisher configured it."""

    record: bytes
    """AudioSpecificConfig, as it came."""
    sample_rate_hz: int
    channels: int
    codec_string: str


@dataclass(frozen=True, slots=True)
class VideoSample:
    dts: int
    """Ticks."""
    composition: int
    """Presentation minus decoding time, ticks; negative is allowed."""
    is_keyframe: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class AudioSample:
    dts: int
    """Samples of sound."""
    data: bytes


def video_ticks(samples: int, sample_rate_hz: int) -> int:
    """A count of sound samples as ticks of pictures."""
    return samples * VIDEO_TIMESCALE // sample_rate_hz


def audio_samples(ticks: int, sample_rate_hz: int) -> int:
    """Ticks of pictures as a count of sound samples."""
    return ticks * sample_rate_hz // VIDEO_TIMESCALE
