"""The quality table: picture size and bit rates of each quality a show can be sent in (the contract's "Bit rates")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FRAMES_PER_SECOND = 30
AUDIO_SAMPLE_RATE_HZ = 48_000
AUDIO_CHANNELS = 2
KEYFRAME_INTERVAL_S = 1
"""One keyframe a second at low latency; IVS asks for two."""


class Quality(StrEnum):
    """A named quality, as the seller picks it and as the command line spells it."""

    P360 = "360p"
    P480 = "480p"
    P720 = "720p"
    P1080 = "1080p"


class Orientation(StrEnum):
    """Which way the picture stands. Most buyers hold a phone upright."""

    LANDSCAPE = "landscape"
    """16:9."""
    PORTRAIT = "portrait"
    """9:16."""


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """What a quality means for the encoders; widths and heights are even."""

    width: int
    height: int
    video_kbps: int
    audio_kbps: int


QUALITY_TABLE: dict[Quality, QualitySettings] = {
    Quality.P360: QualitySettings(640, 360, 600, 64),
    Quality.P480: QualitySettings(854, 480, 1000, 96),
    Quality.P720: QualitySettings(1280, 720, 2500, 128),
    Quality.P1080: QualitySettings(1920, 1080, 4500, 192),
}
"""Landscape."""
DEFAULT_QUALITY = Quality.P720


def settings_for(quality: Quality, orientation: Orientation = Orientation.LANDSCAPE) -> QualitySettings:
    """What a quality means in an orientation: upright it is the same picture turned, at the same bit rates."""
    settings = QUALITY_TABLE[quality]
    if orientation is Orientation.LANDSCAPE:
        return settings
    return QualitySettings(settings.height, settings.width, settings.video_kbps, settings.audio_kbps)
