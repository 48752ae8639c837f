"""Opens a media file and picks the streams that are wanted of it."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import av
from av.stream import Disposition

from encoder.errors import SourceError, reason_of
from gshop_studio.engine_protocol import Fault

_TIMEOUT_S = 5.0
_LARGEST_FOR_ONE_THREAD = 720
"""Lines of a picture. One thread costs the least CPU; a larger picture needs more to keep up."""


@dataclass(frozen=True, slots=True)
class OpenMedia:
    """The open file and those of its streams that are wanted."""

    container: av.container.InputContainer
    video: av.VideoStream | None
    audio: av.AudioStream | None


def open_media(path: Path, *, wants_video: bool, wants_audio: bool) -> OpenMedia:
    """Open it. The caller closes the container.

    Raises:
        SourceError: `source.unreadable`, `source.no_video`, `source.no_audio`.
    """
    container = _open_container(path)
    try:
        video = _pick_video(path, container) if wants_video else None
        audio = _pick_audio(path, container) if wants_audio else None
    except SourceError:
        container.close()
        raise
    return OpenMedia(container, video, audio)


def _open_container(path: Path) -> av.container.InputContainer:
    try:
        if not path.is_file():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        # `file:` keeps FFmpeg from reading a path such as "http:x" or "concat:a|b" as anything but a file.
        return av.open(f"file:{path}", timeout=(_TIMEOUT_S, _TIMEOUT_S))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise SourceError(Fault("source.unreadable", {"source": str(path), "reason": reason_of(error)})) from error


def _pick_video(path: Path, container: av.container.InputContainer) -> av.VideoStream:
    # The cover of a song is not a picture that plays.
    films = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
    if not films:
        raise SourceError(Fault("source.no_video", {"source": str(path)}))
    stream = films[0]
    is_large = stream.codec_context.height > _LARGEST_FOR_ONE_THREAD
    stream.thread_type = "AUTO" if is_large else "NONE"
    stream.codec_context.thread_count = 0 if is_large else 1
    return stream


def _pick_audio(path: Path, container: av.container.InputContainer) -> av.AudioStream:
    if not container.streams.audio:
        raise SourceError(Fault("source.no_audio", {"source": str(path)}))
    return container.streams.audio[0]
