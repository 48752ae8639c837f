"""One fragment of a fragmented MP4: a run of pictures and a run of sound with one `moof` and one `mdat`. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise

from gshop_studio.server.media.embedded.boxes import box, full_box
from gshop_studio.server.media.embedded.tracks import (
    AAC_FRAME_SAMPLES,
    AUDIO_TRACK_ID,
    VIDEO_TRACK_ID,
    AudioSample,
    VideoSample,
)

_SEGMENT_TYPE = box(b"styp", b"msdh", struct.pack(">I", 0), b"msdhiso6")
_OFFSETS_FROM_MOOF = 0x020000
_HAS_DEFAULT_FLAGS = 0x20
_DATA_OFFSET, _DURATION, _SIZE, _FLAGS, _COMPOSITION = 0x1, 0x100, 0x200, 0x400, 0x800
_INDEPENDENT = 0x02000000
_DEPENDENT = 0x01010000


def build_fragment(sequence: int, video: Sequence[VideoSample], video_end: int, audio: Sequence[AudioSample]) -> bytes:
    """A segment, or a part of one.

    Args:
        sequence: rises with each fragment of a stream.
        video: in decoding order, with rising `dts`; may be empty.
        video_end: the tick where the next fragment's pictures begin, after the last `dts`.
        audio: with rising `dts`; may be empty.
    """
    moof = _movie_fragment(sequence, video, video_end, audio, 0)
    moof = _movie_fragment(sequence, video, video_end, audio, len(moof) + 8)
    return _SEGMENT_TYPE + moof + box(b"mdat", *[one.data for one in video], *[one.data for one in audio])


def _movie_fragment(
    sequence: int, video: Sequence[VideoSample], video_end: int, audio: Sequence[AudioSample], data_offset: int
) -> bytes:
    runs = []
    if video:
        runs.append(_video_run(video, video_end, data_offset))
        data_offset += sum(len(sample.data) for sample in video)
    if audio:
        runs.append(_audio_run(audio, data_offset))
    return box(b"moof", full_box(b"mfhd", 0, 0, struct.pack(">I", sequence & 0xFFFFFFFF)), *runs)


def _video_run(samples: Sequence[VideoSample], end: int, data_offset: int) -> bytes:
    entries = bytearray()
    for sample, next_dts in zip(samples, [*(later.dts for later in samples[1:]), end], strict=True):
        flags = _INDEPENDENT if sample.is_keyframe else _DEPENDENT
        entries += struct.pack(">IIIi", next_dts - sample.dts, len(sample.data), flags, sample.composition)
    header = full_box(b"tfhd", 0, _OFFSETS_FROM_MOOF, struct.pack(">I", VIDEO_TRACK_ID))
    flags = _DATA_OFFSET | _DURATION | _SIZE | _FLAGS | _COMPOSITION
    return _run(header, samples[0].dts, flags, len(samples), data_offset, entries)


def _audio_run(samples: Sequence[AudioSample], data_offset: int) -> bytes:
    entries = bytearray()
    durations = [later.dts - sample.dts for sample, later in pairwise(samples)]
    for sample, duration in zip(samples, [*durations, AAC_FRAME_SAMPLES], strict=True):
        entries += struct.pack(">II", duration, len(sample.data))
    flags = _OFFSETS_FROM_MOOF | _HAS_DEFAULT_FLAGS
    header = full_box(b"tfhd", 0, flags, struct.pack(">II", AUDIO_TRACK_ID, _INDEPENDENT))
    return _run(header, samples[0].dts, _DATA_OFFSET | _DURATION | _SIZE, len(samples), data_offset, entries)


def _run(header: bytes, dts: int, flags: int, count: int, data_offset: int, entries: bytearray) -> bytes:
    decode_time = full_box(b"tfdt", 1, 0, struct.pack(">Q", dts))
    run = full_box(b"trun", 1, flags, struct.pack(">Ii", count, data_offset), bytes(entries))
    return box(b"traf", header, decode_time, run)
