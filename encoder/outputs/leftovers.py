"""Recordings that a crash left as fragments: finds them, makes them ordinary MP4s in place, reads when they began.

Any call may wait for the disk: not on an event loop's thread. Nothing is copied, so no room is needed but for the index
(about 1 MB an hour), and only what lies after the last whole fragment is cut off.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from encoder.errors import EngineError, reason_of
from encoder.outputs.file_lock import lock_file
from encoder.outputs.mp4.boxes import LARGE_HEADER_BYTES, BoxHead, parse_head
from encoder.outputs.mp4.fragment import parse_moof
from encoder.outputs.mp4.movie import COVER_OFFSET, FILE_TYPE, final_movie, parse_movie, parse_start
from encoder.outputs.mp4.samples import Sample, SampleTable
from encoder.outputs.mp4.tracks import AUDIO_FRAME, VIDEO_TICK
from encoder.outputs.recording_file import make_ordinary, write_at
from gshop_studio.engine_protocol import Fault

_MOST_INDEX_BYTES = 256 * 1024 * 1024
"""No `moov` of ours is larger; more is not read into memory."""
_COVER = bytes.fromhex("00000010") + b"free"


@dataclass(frozen=True, slots=True)
class _Place:
    """A box at the file's top level."""

    head: BoxHead
    offset: int

    @property
    def end(self) -> int:
        return self.offset + self.head.size


def read_programme_start(path: Path) -> int:
    """The UTC, in microseconds, of a recording's time zero. It may be whole, or what a crash left.

    Raises:
        EngineError: `recording.unreadable` {path, reason}.
    """
    try:
        with path.open("rb") as file:
            for place in _places(file):
                if place.head.kind == b"moov":
                    start_us = parse_start(_body(file, place))
                    if start_us is not None:
                        return start_us
    except OSError as error:
        raise _unreadable(path, reason_of(error)) from error
    raise _unreadable(path, "it does not say when it began")


def is_leftover(path: Path) -> bool:
    """Whether it is a recording of ours that nobody writes and that was not finished."""
    try:
        with path.open("rb") as file:
            head = file.read(COVER_OFFSET + len(_COVER))
            return head == FILE_TYPE + _COVER and lock_file(file.fileno())
    except OSError:
        return False


def finish_leftover(
    path: Path,
    *,
    on_progress: Callable[[float], None] = lambda share: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> bool:
    """Make it an ordinary MP4.

    Args:
        on_progress: Told the share that is done, 0 to 1.
        is_cancelled: Asked between fragments; the file then stays as it was.

    Returns:
        Whether it is one now; False if cancelled, if it is none of ours, or if somebody still writes it.

    Raises:
        EngineError: `recording.unreadable` {path, reason}: the disk is full or broken. The file plays as before.
    """
    if not is_leftover(path):
        return False
    try:
        with path.open("r+b", buffering=0) as file:
            return lock_file(file.fileno()) and _finish(file, on_progress, is_cancelled)
    except OSError as error:
        raise _unreadable(path, reason_of(error)) from error


def _finish(file: BinaryIO, on_progress: Callable[[float], None], is_cancelled: Callable[[], bool]) -> bool:
    size = os.fstat(file.fileno()).st_size
    video, audio = SampleTable(VIDEO_TICK), SampleTable(AUDIO_FRAME)
    movie = None
    end = 0
    waiting: tuple[list[Sample], list[Sample]] | None = None
    for place in _places(file):
        if is_cancelled():
            return False
        if place.head.kind == b"moov" and movie is None:
            movie = parse_movie(_body(file, place))
        elif place.head.kind == b"moof":
            waiting = parse_moof(_body(file, place))
        elif place.head.kind == b"mdat" and waiting:
            offset = place.offset + place.head.head_bytes
            video.add(waiting[0], offset)
            audio.add(waiting[1], offset + sum(sample.size for sample in waiting[0]))
            end, waiting = place.end, None
            on_progress(end / size)
        elif end:
            break  # an index that was begun, or worse
    if movie is None or not video.sizes:
        return False
    formats, start_us = movie
    index = final_movie(formats, start_us, video, audio)
    try:
        file.truncate(end)
        write_at(file.fileno(), index, end)
    except OSError:
        file.truncate(end)
        raise
    make_ordinary(file.fileno(), end)
    on_progress(1.0)
    return True


def _places(file: BinaryIO) -> Iterator[_Place]:
    """The whole boxes at the top level, to the first that is cut short."""
    size = os.fstat(file.fileno()).st_size
    offset = 0
    while offset < size:
        file.seek(offset)
        head = parse_head(file.read(LARGE_HEADER_BYTES))
        if head is None or head.size == 0 or offset + head.size > size:
            return
        yield _Place(head, offset)
        offset += head.size


def _body(file: BinaryIO, place: _Place) -> bytes:
    file.seek(place.offset + place.head.head_bytes)
    return file.read(min(place.head.size - place.head.head_bytes, _MOST_INDEX_BYTES))


def _unreadable(path: Path, reason: str) -> EngineError:
    return EngineError(Fault("recording.unreadable", {"path": str(path), "reason": reason}))
