"""The init segment of a fragmented MP4 (RFC 8216, 3.3; ISO/IEC 14496-12, -14, -15): its tracks, and no media."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from gshop_studio.server.media.embedded.boxes import box, descriptor, full_box
from gshop_studio.server.media.embedded.tracks import (
    AUDIO_TRACK_ID,
    VIDEO_TIMESCALE,
    VIDEO_TRACK_ID,
    AudioTrack,
    VideoTrack,
)

_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_MOVIE_TIMESCALE = 1000
_UNDETERMINED_LANGUAGE = 0x55C4
_ENABLED_IN_MOVIE = 0x3
_NO_SAMPLES = (
    full_box(b"stts", 0, 0, struct.pack(">I", 0)),
    full_box(b"stsc", 0, 0, struct.pack(">I", 0)),
    full_box(b"stsz", 0, 0, struct.pack(">II", 0, 0)),
    full_box(b"stco", 0, 0, struct.pack(">I", 0)),
)
_DATA_IN_THIS_FILE = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))


@dataclass(frozen=True, slots=True)
class InitSegment:
    """What a player reads before the first segment, and what a multivariant playlist would tell about it."""

    data: bytes
    codecs: str
    width: int
    height: int


def build_init_segment(video: VideoTrack, audio: AudioTrack | None) -> InitSegment:
    """The init segment of a picture with or without sound."""
    tracks = [_video_track(video)] + ([_audio_track(audio)] if audio else [])
    track_ids = [VIDEO_TRACK_ID] + ([AUDIO_TRACK_ID] if audio else [])
    extends = [full_box(b"trex", 0, 0, struct.pack(">5I", track_id, 1, 0, 0, 0)) for track_id in track_ids]
    movie_header = full_box(
        b"mvhd",
        0,
        0,
        struct.pack(">4I", 0, 0, _MOVIE_TIMESCALE, 0),
        struct.pack(">iH10x", 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", track_ids[-1] + 1),
    )
    data = box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6iso5mp41avc1")
    data += box(b"moov", movie_header, *tracks, box(b"mvex", *extends))
    codecs = ",".join([video.codec_string] + ([audio.codec_string] if audio else []))
    return InitSegment(data, codecs, video.width, video.height)


def _video_track(track: VideoTrack) -> bytes:
    sample_entry = box(
        b"avc1",
        struct.pack(">6xH16x2H2I4xH32sHh", 1, track.width, track.height, 0x480000, 0x480000, 1, b"", 24, -1),
        box(b"avcC", track.record),
    )
    header = full_box(b"vmhd", 0, 1, bytes(8))
    return _track(VIDEO_TRACK_ID, VIDEO_TIMESCALE, b"vide", header, sample_entry, 0, track.width, track.height)


def _audio_track(track: AudioTrack) -> bytes:
    decoder_config = descriptor(
        0x04,
        struct.pack(">BBHBII", 0x40, 0x15, 0, 0, 0, 0),  # AAC, an audio stream; buffer and bit rates are not known
        descriptor(0x05, track.record),
    )
    elementary_stream = descriptor(0x03, struct.pack(">HB", 0, 0), decoder_config, descriptor(0x06, b"\x02"))
    entry_rate = track.sample_rate_hz if track.sample_rate_hz < 1 << 16 else 0  # the field has 16 bits; esds counts
    sample_entry = box(
        b"mp4a",
        struct.pack(">6xH8xHH4xI", 1, track.channels, 16, entry_rate << 16),
        full_box(b"esds", 0, 0, elementary_stream),
    )
    header = full_box(b"smhd", 0, 0, bytes(4))
    return _track(AUDIO_TRACK_ID, track.sample_rate_hz, b"soun", header, sample_entry, 0x100, 0, 0)


def _track(
    track_id: int,
    timescale: int,
    handler: bytes,
    media_header: bytes,
    sample_entry: bytes,
    volume: int,
    width: int,
    height: int,
) -> bytes:
    track_header = full_box(
        b"tkhd",
        0,
        _ENABLED_IN_MOVIE,
        struct.pack(">5I8x", 0, 0, track_id, 0, 0),
        struct.pack(">hhhH", 0, 0, volume, 0),
        _MATRIX,
        struct.pack(">II", width << 16, height << 16),
    )
    description = full_box(b"stsd", 0, 0, struct.pack(">I", 1), sample_entry)
    media = box(
        b"mdia",
        full_box(b"mdhd", 0, 0, struct.pack(">4IHH", 0, 0, timescale, 0, _UNDETERMINED_LANGUAGE, 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, handler), b"\0"),
        box(b"minf", media_header, _DATA_IN_THIS_FILE, box(b"stbl", description, *_NO_SAMPLES)),
    )
    return box(b"trak", track_header, media)
