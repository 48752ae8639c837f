"""The thread's side of a recording: puts packets into files, watches the disk, begins further parts.

Every call may wait for the disk. The numbers may be read from any thread.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from encoder.errors import reason_of
from encoder.outputs.disk_guard import DiskGuard
from encoder.outputs.mp4.tracks import TrackFormats
from encoder.outputs.part_names import part_names
from encoder.outputs.recording_file import RecordingFile
from encoder.outputs.recording_queue import RecordingQueue
from encoder.packets import MediaPacket, PacketKind, StreamFormat
from gshop_studio.engine_protocol import Fault

_LOOK_US = 1_000_000
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

FileOpener: TypeAlias = Callable[[Path], RecordingFile]
"""`RecordingFile`, or what stands in for it."""


class RecordingWriter:
    """One recording's files."""

    def __init__(
        self,
        folder: Path,
        name: str,
        stream: StreamFormat,
        queue: RecordingQueue,
        guard: DiskGuard,
        opener: FileOpener,
    ) -> None:
        self._folder = folder
        self._name = name
        self._queue = queue
        self._guard = guard
        self._opener = opener
        self._size = (stream.width, stream.height)
        self._avc_config, self._audio_config = stream.avc_config, stream.audio_config
        self._wants_part = False
        self._looked_us: int | None = None
        self._file: RecordingFile | None = None
        self._before_s = 0.0
        self._before_bytes = 0
        self.paths: list[Path] = []

    @property
    def duration_s(self) -> float:
        """Of all parts."""
        file = self._file
        return self._before_s + (file.duration_s if file else 0.0)

    @property
    def bytes_written(self) -> int:
        """In all parts."""
        file = self._file
        return self._before_bytes + (file.bytes_written if file else 0)

    def open(self) -> Fault | None:
        """Create the first file; why not, if that cannot be."""
        try:
            self._folder.mkdir(exist_ok=True)
            if not self._guard.has_room():
                return self._full()
            self._file = self._create()
        except OSError as error:
            return self._fault_of(error)
        return None

    def run(self) -> Fault | None:
        """Write until the queue is closed and empty; why it ended before, if it did."""
        fault: Fault | None = None
        try:
            while fault is None and (packet := self._queue.take()) is not None:
                fault = self._write(packet)
        except OSError as error:
            fault = self._fault_of(error)
        self._queue.close(drops=True)
        try:
            self._finish_file()
        except OSError as error:
            fault = fault or self._fault_of(error)
        return fault

    def _write(self, packet: MediaPacket) -> Fault | None:
        is_keyframe = packet.kind is PacketKind.VIDEO and packet.is_keyframe
        if packet.kind is PacketKind.AUDIO and packet.config and packet.config != self._audio_config:
            self._audio_config, self._wants_part = packet.config, True
        if is_keyframe and packet.config and packet.config != self._avc_config:
            self._avc_config, self._wants_part = packet.config, True
        if is_keyframe:
            self._begin(packet)
        file = self._file
        if file is None or not file.has_begun:
            return None
        file.write(packet)
        if self._looked_us is None or packet.at_us - self._looked_us >= _LOOK_US:
            self._looked_us = packet.at_us
            if not self._guard.has_room():
                return self._full()
        return None

    def _begin(self, keyframe: MediaPacket) -> None:
        """A first part's head, or a further part where players need another configuration."""
        if self._wants_part and self._file and self._file.has_begun:
            self._finish_file()
        if self._file is None:
            self._file = self._create()
        if not self._file.has_begun:
            formats = TrackFormats(*self._size, self._avc_config, self._audio_config)
            self._file.begin(formats, keyframe.at_us)
        self._wants_part = False

    def _create(self) -> RecordingFile:
        for name in part_names(self._name):
            try:
                file = self._opener(self._folder / name)
            except FileExistsError:
                continue
            self.paths.append(file.path)
            return file
        raise FileExistsError(errno.EEXIST, "too many files of this name")

    def _finish_file(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.finish()
        finally:
            self._before_s += file.duration_s
            self._before_bytes += file.bytes_written
            if not file.has_begun:
                self.paths.remove(file.path)

    def _full(self) -> Fault:
        return Fault("recording.disk_full", {"path": str(self._folder)})

    def _fault_of(self, error: OSError) -> Fault:
        if error.errno in _FULL:
            return self._full()
        place = self.paths[-1] if self.paths else self._folder
        return Fault("recording.failed", {"path": str(place), "reason": reason_of(error)})
