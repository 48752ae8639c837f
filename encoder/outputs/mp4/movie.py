"""The `moov` boxes: the one a fragmented file begins with, and the one that makes it an ordinary file in the end.

A file begins with `ftyp`, an empty `free` box of 16 bytes, and the first `moov`. At the end the second `moov` is
appended, and the `free` box becomes the head of an `mdat` that covers everything up to it: nothing is copied.
"""

from __future__ import annotations

import re
import struct
from array import array
from datetime import UTC, datetime, timedelta

from encoder.outputs.mp4.boxes import LARGE_HEADER_BYTES, box, children, find, full_box
from encoder.outputs.mp4.samples import SampleTable
from encoder.outputs.mp4.tracks import (
    AUDIO_TIMESCALE,
    AUDIO_TRACK_ID,
    VIDEO_TIMESCALE,
    VIDEO_TRACK_ID,
    TrackFormats,
)

FILE_TYPE = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso5iso6avc1mp41")
COVER_OFFSET = len(FILE_TYPE)
"""Where the `free` box stands that becomes the head of the `mdat`."""
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_MOVIE_TIMESCALE = AUDIO_TIMESCALE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MP4_EPOCH_S = 2_082_844_800
"""MP4 counts seconds from 1904."""
_COMMENT = "Programme start: {}"
_START = re.compile(r"Programme start: (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})Z")
_NO_TABLES = b"".join(
    (
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
)


def file_head(formats: TrackFormats, start_us: int) -> bytes:
    """What a file begins with. `start_us` is the UTC of its beginning, in microseconds."""
    extends = box(b"mvex", *(full_box(b"trex", 0, 0, struct.pack(">5I", track, 1, 0, 0, 0)) for track in (1, 2)))
    movie = box(
        b"moov",
        _movie_header(start_us, 0),
        _video_track(formats, start_us, 0, b"", _NO_TABLES),
        _audio_track(formats, start_us, 0, b"", _NO_TABLES),
        extends,
        _metadata(start_us),
    )
    return FILE_TYPE + box(b"free", bytes(LARGE_HEADER_BYTES - 8)) + movie


def final_movie(formats: TrackFormats, start_us: int, video: SampleTable, audio: SampleTable) -> bytes:
    """The `moov` of the whole file."""
    video_duration, audio_duration = _in_movie_time(video, VIDEO_TIMESCALE), _in_movie_time(audio, AUDIO_TIMESCALE)
    tracks = [_video_track(formats, start_us, video.duration, _edits(video, VIDEO_TIMESCALE), _tables(video, True))]
    if audio.sizes:
        tracks.append(
            _audio_track(formats, start_us, audio.duration, _edits(audio, AUDIO_TIMESCALE), _tables(audio, False))
        )
    header = _movie_header(start_us, max(video_duration, audio_duration))
    return box(b"moov", header, *tracks, _metadata(start_us))


def cover(data_end: int) -> bytes:
    """The head of the `mdat` from `COVER_OFFSET` to `data_end`."""
    return struct.pack(">I4sQ", 1, b"mdat", data_end - COVER_OFFSET)


def parse_movie(body: bytes) -> tuple[TrackFormats, int] | None:
    """The formats and `start_us` of a first `moov`; None if it is not ours."""
    start_us = parse_start(body)
    tracks = [inner for kind, inner in children(body) if kind == b"trak"]
    descriptions = [find(track, b"mdia", b"minf", b"stbl", b"stsd") for track in tracks]
    if start_us is None or len(descriptions) != 2 or not descriptions[0] or not descriptions[1]:
        return None
    formats = TrackFormats.from_entries(descriptions[0], descriptions[1])
    return (formats, start_us) if formats else None


def parse_start(body: bytes) -> int | None:
    """The UTC (microseconds) of the beginning, as a `moov` tells it; None if it does not."""
    meta = find(body, b"udta", b"meta")
    data = find(meta[4:], b"ilst", b"\xa9cmt", b"data") if meta else None
    match = _START.search(data[8:].decode("utf-8", "replace")) if data else None
    if not match:
        return None
    moment = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _metadata(start_us: int) -> bytes:
    moment = (_EPOCH + timedelta(microseconds=start_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = _COMMENT.format(moment).encode()
    comment = box(b"\xa9cmt", box(b"data", struct.pack(">II", 1, 0), text))
    handler = full_box(b"hdlr", 0, 0, struct.pack(">I4s4s8xx", 0, b"mdir", b"appl"))
    return box(b"udta", full_box(b"meta", 0, 0, handler, box(b"ilst", comment)))


def _created(start_us: int) -> int:
    return start_us // 1_000_000 + _MP4_EPOCH_S


def _movie_header(start_us: int, duration: int) -> bytes:
    created = _created(start_us)
    times = struct.pack(">QQIQ", created, created, _MOVIE_TIMESCALE, duration)
    return full_box(
        b"mvhd", 1, 0, times, struct.pack(">IH10x", 0x10000, 0x100), _MATRIX, bytes(24), b"\x00\x00\x00\x03"
    )


def _video_track(formats: TrackFormats, start_us: int, duration: int, edits: bytes, tables: bytes) -> bytes:
    media_header = full_box(b"vmhd", 0, 1, bytes(8))
    size = struct.pack(">II", formats.width << 16, formats.height << 16)
    return _track(
        VIDEO_TRACK_ID, VIDEO_TIMESCALE, start_us, duration, b"vide", 0, size, media_header, formats.video_entry(),
        edits, tables,
    )  # fmt: skip


def _audio_track(formats: TrackFormats, start_us: int, duration: int, edits: bytes, tables: bytes) -> bytes:
    media_header = full_box(b"smhd", 0, 0, bytes(4))
    return _track(
        AUDIO_TRACK_ID, AUDIO_TIMESCALE, start_us, duration, b"soun", 0x100, bytes(8), media_header,
        formats.audio_entry(), edits, tables,
    )  # fmt: skip


def _track(
    track_id: int,
    timescale: int,
    start_us: int,
    duration: int,
    handler: bytes,
    volume: int,
    size: bytes,
    media_header: bytes,
    entry: bytes,
    edits: bytes,
    tables: bytes,
) -> bytes:
    created = _created(start_us)
    header = full_box(
        b"tkhd", 1, 3, struct.pack(">QQIIQ", created, created, track_id, 0, duration * _MOVIE_TIMESCALE // timescale),
        struct.pack(">8xHHHH", 0, 0, volume, 0), _MATRIX, size,
    )  # fmt: skip
    media = box(
        b"mdia",
        full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", created, created, timescale, duration, 0x55C4, 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, handler), b"\x00"),
        box(
            b"minf",
            media_header,
            box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))),
            box(b"stbl", full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry), tables),
        ),
    )
    return box(b"trak", header, edits, media)


def _in_movie_time(table: SampleTable, timescale: int) -> int:
    return (table.first_at + table.duration) * _MOVIE_TIMESCALE // timescale


def _edits(table: SampleTable, timescale: int) -> bytes:
    """Where the track begins. Said even when it is zero: some players guess at AAC's run-in otherwise."""
    delay = table.first_at * _MOVIE_TIMESCALE // timescale
    entries = [struct.pack(">QqI", delay, -1, 0x10000)] if delay else []
    entries.append(struct.pack(">QqI", table.duration * _MOVIE_TIMESCALE // timescale, 0, 0x10000))
    return box(b"edts", full_box(b"elst", 1, 0, struct.pack(">I", len(entries)), *entries))


def _tables(table: SampleTable, has_sync: bool) -> bytes:
    durations = [number for run in table.duration_runs() for number in run]
    chunks = [number for first, count in table.chunk_runs() for number in (first, count, 1)]
    parts = [
        full_box(b"stts", 0, 0, struct.pack(">I", len(durations) // 2), _numbers("I", durations)),
        full_box(b"stsc", 0, 0, struct.pack(">I", len(chunks) // 3), _numbers("I", chunks)),
        full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(table.sizes)), _numbers("I", table.sizes)),
        full_box(b"co64", 0, 0, struct.pack(">I", len(table.chunk_offsets)), _numbers("Q", table.chunk_offsets)),
    ]
    if has_sync:
        count = struct.pack(">I", len(table.sync_numbers))
        parts.append(full_box(b"stss", 0, 0, count, _numbers("I", table.sync_numbers)))
    return b"".join(parts)


def _numbers(code: str, values: list[int] | array[int]) -> bytes:
    return struct.pack(f">{len(values)}{code}", *values)
