"""One fragment: about a second of pictures and sound behind one `moof`, whole by itself."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise

from encoder.outputs.mp4.boxes import HEADER_BYTES, box, children, find, full_box
from encoder.outputs.mp4.samples import Sample
from encoder.outputs.mp4.tracks import AUDIO_FRAME, AUDIO_TRACK_ID, VIDEO_TICK, VIDEO_TRACK_ID

_OFFSETS_FROM_MOOF = 0x020000
_RUN_FLAGS = 0x1 | 0x100 | 0x200 | 0x400  # data offset; each sample's duration, size and flags
_INDEPENDENT, _DEPENDENT = 0x02000000, 0x01010000
_NOT_SYNC = 0x00010000
_SAMPLE = struct.Struct(">III")


def fragment_head(sequence: int, video: Sequence[Sample], audio: Sequence[Sample]) -> bytes:
    """What stands before the samples' bytes, pictures first, then sound: `moof` and the head of `mdat`."""
    video_bytes, audio_bytes = sum(sample.size for sample in video), sum(sample.size for sample in audio)
    length = len(_moof(sequence, video, audio, 0, 0))
    moof = _moof(sequence, video, audio, length + HEADER_BYTES, length + HEADER_BYTES + video_bytes)
    return moof + (HEADER_BYTES + video_bytes + audio_bytes).to_bytes(4, "big") + b"mdat"


def parse_moof(body: bytes) -> tuple[list[Sample], list[Sample]] | None:
    """The pictures and the sound a `moof` of ours speaks of; None if it is not ours."""
    found: dict[int, list[Sample]] = {VIDEO_TRACK_ID: [], AUDIO_TRACK_ID: []}
    for kind, traf in children(body):
        if kind != b"traf":
            continue
        header, decode_time, run = find(traf, b"tfhd"), find(traf, b"tfdt"), find(traf, b"trun")
        if not header or not decode_time or not run or len(header) < 8 or len(decode_time) < 12 or len(run) < 12:
            return None
        (track,) = struct.unpack_from(">I", header, 4)
        (at,) = struct.unpack_from(">Q", decode_time, 4)
        flags, count = struct.unpack_from(">II", run)
        if track not in found or flags & 0xFFFFFF != _RUN_FLAGS or len(run) != 12 + count * _SAMPLE.size:
            return None
        for duration, size, sample_flags in _SAMPLE.iter_unpack(run[12:]):
            found[track].append(Sample(at, size, not sample_flags & _NOT_SYNC))
            at += duration
    return found[VIDEO_TRACK_ID], found[AUDIO_TRACK_ID]


def _moof(
    sequence: int, video: Sequence[Sample], audio: Sequence[Sample], video_offset: int, audio_offset: int
) -> bytes:
    return box(
        b"moof",
        full_box(b"mfhd", 0, 0, struct.pack(">I", sequence)),
        _run(VIDEO_TRACK_ID, video, VIDEO_TICK, video_offset),
        _run(AUDIO_TRACK_ID, audio, AUDIO_FRAME, audio_offset),
    )


def _run(track: int, samples: Sequence[Sample], nominal_duration: int, data_offset: int) -> bytes:
    if not samples:
        return b""
    durations = [max(0, later.at - sample.at) for sample, later in pairwise(samples)]
    entries = b"".join(
        _SAMPLE.pack(duration, sample.size, _INDEPENDENT if sample.is_sync else _DEPENDENT)
        for sample, duration in zip(samples, [*durations, nominal_duration], strict=True)
    )
    return box(
        b"traf",
        full_box(b"tfhd", 0, _OFFSETS_FROM_MOOF, struct.pack(">I", track)),
        full_box(b"tfdt", 1, 0, struct.pack(">Q", samples[0].at)),
        full_box(b"trun", 0, _RUN_FLAGS, struct.pack(">Ii", len(samples), data_offset), entries),
    )
