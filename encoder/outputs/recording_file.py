"""One file of a recording, written a fragment at a time, so that a crash costs a second at most.

Lives on the recording's thread: any call may wait for the disk. Each fragment is one write without a buffer of ours, so
what was written survives the process. A write that fails is taken back: the file always ends with a whole fragment.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from encoder.outputs.file_lock import lock_file
from encoder.outputs.mp4.fragment import fragment_head
from encoder.outputs.mp4.movie import COVER_OFFSET, cover, file_head, final_movie
from encoder.outputs.mp4.samples import Sample, SampleTable
from encoder.outputs.mp4.tracks import AUDIO_FRAME, AUDIO_TIMESCALE, VIDEO_TICK, VIDEO_TIMESCALE, TrackFormats
from encoder.packets import MediaPacket, PacketKind

LONGEST_FRAGMENT_US = 1_200_000
"""A fragment ends at a keyframe, which comes each second; without one it ends here."""
_US_PER_S = 1_000_000
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(slots=True)
class _Pending:
    """A track's part of the next fragment."""

    samples: list[Sample] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)


class RecordingFile:
    """Created empty; it begins with the first keyframe, whose moment is its time zero."""

    def __init__(self, path: Path) -> None:
        """Create the file.

        Raises:
            FileExistsError: there is one already; it is never touched.
            OSError: it cannot be created.
        """
        self.path = path
        self._fd = os.open(path, _FLAGS, 0o644)
        lock_file(self._fd)
        self._end = 0
        self._sequence = 0
        self._formats: TrackFormats | None = None
        self._start_us = 0
        self._fragment_us = 0
        self._end_us = 0
        self._video, self._audio = SampleTable(VIDEO_TICK), SampleTable(AUDIO_FRAME)
        self._pending = {kind: _Pending() for kind in PacketKind}

    @property
    def has_begun(self) -> bool:
        return self._formats is not None

    @property
    def bytes_written(self) -> int:
        return self._end

    @property
    def duration_s(self) -> float:
        """Of what was given to it."""
        return max(0, self._end_us - self._start_us) / _US_PER_S

    def begin(self, formats: TrackFormats, start_us: int) -> None:
        """Write the head.

        Args:
            start_us: The moment of the first keyframe.

        Raises:
            OSError: the disk is full or broken.
        """
        self._append([file_head(formats, start_us)])
        self._formats = formats
        self._start_us = self._fragment_us = self._end_us = start_us

    def write(self, packet: MediaPacket) -> None:
        """Take a packet, in order of time. What is before the beginning is left out.

        Raises:
            OSError: the disk is full or broken. What was written before is safe.
        """
        if packet.at_us < self._start_us:
            return
        is_keyframe = packet.kind is PacketKind.VIDEO and packet.is_keyframe
        if is_keyframe or packet.at_us - self._fragment_us >= LONGEST_FRAGMENT_US:
            self.flush()
            self._fragment_us = packet.at_us
        timescale = VIDEO_TIMESCALE if packet.kind is PacketKind.VIDEO else AUDIO_TIMESCALE
        # Both ends rounded by themselves: ticks and samples come out exact, whatever the microseconds lost.
        at = _scaled(packet.at_us, timescale) - _scaled(self._start_us, timescale)
        pending = self._pending[packet.kind]
        pending.samples.append(Sample(at, len(packet.payload), packet.is_keyframe))
        pending.payloads.append(packet.payload)
        self._end_us = packet.at_us

    def flush(self) -> None:
        """Write what waits, as one fragment.

        Raises:
            OSError: the disk is full or broken. What waited is lost.
        """
        video, audio = self._pending[PacketKind.VIDEO], self._pending[PacketKind.AUDIO]
        if not video.samples and not audio.samples:
            return
        self._pending = {kind: _Pending() for kind in PacketKind}
        head = fragment_head(self._sequence + 1, video.samples, audio.samples)
        offset = self._end + len(head)
        self._append([head, *video.payloads, *audio.payloads])
        self._sequence += 1
        self._video.add(video.samples, offset)
        self._audio.add(audio.samples, offset + sum(map(len, video.payloads)))

    def finish(self) -> None:
        """Make it an ordinary MP4, and close it. One that never began is removed.

        Raises:
            OSError: the disk is full or broken. The file is closed and plays all the same, as fragments.
        """
        try:
            if self._formats is None:
                self._remove()
                return
            failure: OSError | None = None
            try:
                self.flush()
            except OSError as error:
                failure = error  # what was written before can still be made whole
            if self._video.sizes:
                end = self._end
                self._append([final_movie(self._formats, self._start_us, self._video, self._audio)])
                make_ordinary(self._fd, end)
            if failure:
                raise failure
        finally:
            self.close()

    def close(self) -> None:
        """Let it go as it is."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink()

    def _append(self, parts: list[bytes]) -> None:
        data = b"".join(parts)
        try:
            write_at(self._fd, data, self._end)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._end)
            raise
        self._end += len(data)


def make_ordinary(fd: int, data_end: int) -> None:
    """Give up the fragments' heads: the last `moov`, which stands at `data_end`, holds from now on.

    Raises:
        OSError: the disk is broken.
    """
    os.fsync(fd)  # the new index is on the disk before the old one is given up
    write_at(fd, cover(data_end), COVER_OFFSET)


def write_at(fd: int, data: bytes, offset: int) -> None:
    """Write all of it there.

    Raises:
        OSError: the disk is full or broken.
    """
    os.lseek(fd, offset, os.SEEK_SET)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _scaled(at_us: int, timescale: int) -> int:
    return (at_us * timescale + _US_PER_S // 2) // _US_PER_S
