"""What the two tracks of a recording are: their time scales and the descriptions their decoders need."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from encoder.outputs.mp4.boxes import box, find, full_box
from gshop_studio.domain.quality import AUDIO_CHANNELS, AUDIO_SAMPLE_RATE_HZ

VIDEO_TRACK_ID, AUDIO_TRACK_ID = 1, 2
VIDEO_TIMESCALE, AUDIO_TIMESCALE = 90_000, AUDIO_SAMPLE_RATE_HZ
VIDEO_TICK, AUDIO_FRAME = VIDEO_TIMESCALE // 30, 1024
"""How long a last sample counts, whose successor is not known."""
_SAMPLE_ENTRY_BYTES = 8
_VISUAL_BYTES, _SOUND_BYTES = 78, 28
_ES, _DECODER_CONFIG, _DECODER_SPECIFIC, _SYNC_LAYER = 3, 4, 5, 6
_AAC, _AUDIO_STREAM = 0x40, 0x15


@dataclass(frozen=True, slots=True)
class TrackFormats:
    """What decoders must know.

    Attributes:
        avc_config: AVCDecoderConfigurationRecord.
        audio_config: AudioSpecificConfig.
    """

    width: int
    height: int
    avc_config: bytes
    audio_config: bytes

    def video_entry(self) -> bytes:
        """The `avc1` sample entry."""
        visual = struct.pack(
            ">6xH16xHHIIIH32sHh",
            1,
            self.width,
            self.height,
            0x480000,
            0x480000,
            0,
            1,
            b"\x00" * 32,
            24,
            -1,
        )
        return box(b"avc1", visual, box(b"avcC", self.avc_config))

    def audio_entry(self) -> bytes:
        """The `mp4a` sample entry."""
        sound = struct.pack(">6xH8xHHIHH", 1, AUDIO_CHANNELS, 16, 0, AUDIO_SAMPLE_RATE_HZ, 0)
        specific = _descriptor(_DECODER_SPECIFIC, self.audio_config)
        decoder = _descriptor(_DECODER_CONFIG, struct.pack(">BBxxxII", _AAC, _AUDIO_STREAM, 0, 0) + specific)
        elementary = _descriptor(_ES, struct.pack(">HB", 0, 0) + decoder + _descriptor(_SYNC_LAYER, b"\x02"))
        return box(b"mp4a", sound, full_box(b"esds", 0, 0, elementary))

    @classmethod
    def from_entries(cls, video_stsd: bytes, audio_stsd: bytes) -> TrackFormats | None:
        """Read the bodies of the two `stsd` boxes again; None if they are not ours."""
        video = find(video_stsd[_SAMPLE_ENTRY_BYTES:], b"avc1")
        audio = find(audio_stsd[_SAMPLE_ENTRY_BYTES:], b"mp4a")
        avc_config = find(video[_VISUAL_BYTES:], b"avcC") if video else None
        descriptors = find(audio[_SOUND_BYTES:], b"esds") if audio else None
        if not video or not avc_config or not descriptors:
            return None
        width, height = struct.unpack_from(">HH", video, 24)
        mark = descriptors.find(bytes((_AUDIO_STREAM,)))  # the specific part follows 11 bytes after it
        start = descriptors.find(bytes((_DECODER_SPECIFIC,)), mark + 12)
        if mark < 0 or start < 0 or start + 1 >= len(descriptors):
            return None
        return cls(width, height, avc_config, descriptors[start + 2 : start + 2 + descriptors[start + 1]])


def _descriptor(tag: int, body: bytes) -> bytes:
    if len(body) > 127:
        raise ValueError("descriptor too long")
    return bytes((tag, len(body))) + body
