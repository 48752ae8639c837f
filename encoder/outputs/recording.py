"""A recording on this machine: an output beside the broadcast, with a queue and a thread of its own.

A slow, full or broken disk ends or thins out the recording, never the broadcast: `offer` never waits, and no call waits
for the disk longer than `RecordingLimits` says. All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from encoder.errors import EngineError
from encoder.outputs.disk_guard import DiskGuard
from encoder.outputs.part_names import plain_name
from encoder.outputs.recording_file import RecordingFile
from encoder.outputs.recording_queue import QueueLimits, RecordingQueue
from encoder.outputs.recording_states import TRANSITIONS, RecordingState, RecordingTrigger
from encoder.outputs.recording_writer import FileOpener, RecordingWriter
from encoder.packets import MediaPacket, StreamFormat
from gshop_studio.engine_protocol import Fault, RecordingStatus

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    """How long the disk is waited for, and how much may wait for it."""

    start_s: float = 5.0
    stop_s: float = 10.0
    queue: QueueLimits = field(default_factory=QueueLimits)


class Recording:
    """From its start until its last file is whole. Not started twice."""

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        limits: RecordingLimits | None = None,
        guard: DiskGuard | None = None,
        opener: FileOpener = RecordingFile,
    ) -> None:
        """
        Args:
            folder: Where the files go; it is made if it is not there, its parent is not.
            name: Of the files, without an ending; what no file system takes is replaced.
        """
        self._folder = folder
        self._name = plain_name(name)
        self._limits = limits or RecordingLimits()
        self._guard = guard or DiskGuard(folder)
        self._opener = opener
        self._queue = RecordingQueue(self._limits.queue)
        self._state = RecordingState.NEW
        self._opened = asyncio.Event()
        self._ended = asyncio.Event()
        self._stream: StreamFormat | None = None
        self._on_ended: Callable[[Fault], None] = lambda fault: None
        self._on_notice: Callable[[Fault], None] = lambda fault: None
        self._fault: Fault | None = None
        self._writer: RecordingWriter | None = None
        self._was_stopped = False

    # --- how it stands ---

    @property
    def is_running(self) -> bool:
        return self._state is RecordingState.RUNNING

    @property
    def path(self) -> Path | None:
        """The part that is written now, or was last."""
        paths = self.paths
        return paths[-1] if paths else None

    @property
    def paths(self) -> list[Path]:
        """All parts so far."""
        return list(self._writer.paths) if self._writer else []

    @property
    def fault(self) -> Fault | None:
        """Why it ended by itself."""
        return self._fault

    def status(self) -> RecordingStatus:
        """How it stands, for the engine's status."""
        writer = self._writer
        return RecordingStatus(
            is_running=self.is_running,
            path=str(self.path or ""),
            paths=tuple(map(str, self.paths)),
            duration_s=round(writer.duration_s, 3) if writer else 0.0,
            bytes_written=writer.bytes_written if writer else 0,
            free_bytes=self._guard.free_bytes,
            dropped_pictures=self._queue.dropped_pictures,
            fault=self._fault,
        )

    # --- from its start to its end ---

    async def start(
        self,
        stream: StreamFormat,
        *,
        on_ended: Callable[[Fault], None],
        on_notice: Callable[[Fault], None] = lambda fault: None,
    ) -> Path:
        """Create the first file; recording begins with the first keyframe offered.

        Args:
            on_ended: Told when it has ended by itself and its file is as whole as can be.
            on_notice: Told `recording.slow_disk` {path}, once for each pause.

        Raises:
            EngineError: `recording.disk_full` {path}, `recording.failed` {path, reason}.
        """
        loop = asyncio.get_running_loop()
        self._stream, self._on_ended, self._on_notice = stream, on_ended, on_notice
        writer = RecordingWriter(self._folder, self._name, stream, self._queue, self._guard, self._opener)
        self._writer = writer

        def tell(function: Callable[..., None], *arguments: object) -> None:
            try:
                loop.call_soon_threadsafe(function, *arguments)
            except RuntimeError:
                pass  # the event loop is closed: the process is ending

        def run() -> None:
            fault = writer.open()
            if fault is None:
                tell(self._when_opened)
                fault = writer.run()
                tell(self._when_finished, fault)
            else:
                tell(self._when_refused, fault)

        threading.Thread(target=run, name="recording", daemon=True).start()
        try:
            async with asyncio.timeout(self._limits.start_s):
                await self._opened.wait()
        except TimeoutError:
            self._queue.close(drops=True)
            self._when_refused(self._failed("the disk does not answer"))
        if self._fault:
            raise EngineError(self._fault)
        return writer.paths[0]

    def offer(self, packet: MediaPacket) -> None:
        """Record a packet too. Never waits."""
        if self._state is RecordingState.RUNNING and not self._queue.offer(packet):
            _log.warning("the disk is slower than the recording: it pauses")
            self._on_notice(Fault("recording.slow_disk", {"path": str(self.path or self._folder)}))

    async def stop(self) -> list[Path]:
        """End it, and wait until the files are whole, `stop_s` at most. Returns the files."""
        self._was_stopped = True
        if self._step(RecordingTrigger.STOPPED):
            self._queue.close()
        if self._state is RecordingState.FINISHING:
            try:
                async with asyncio.timeout(self._limits.stop_s):
                    await self._ended.wait()
            except TimeoutError:
                _log.error("the recording's file is not yet whole: the disk does not answer")
                self._fault = self._fault or self._failed("the disk does not answer")
                self._queue.close(drops=True)
        return self.paths

    def fail(self, fault: Fault) -> None:
        """The encoders have failed: end it; `on_ended` is told when its file is whole."""
        if self._step(RecordingTrigger.BROKE):
            self._fault = fault
            self._queue.close()

    # --- from the thread ---

    def _when_opened(self) -> None:
        if self._step(RecordingTrigger.OPENED):
            self._opened.set()

    def _when_refused(self, fault: Fault) -> None:
        if self._step(RecordingTrigger.BROKE):
            self._fault = fault
            self._opened.set()
            self._ended.set()

    def _when_finished(self, fault: Fault | None) -> None:
        self._queue.close(drops=True)
        self._step(RecordingTrigger.BROKE)
        self._step(RecordingTrigger.FINISHED)
        self._fault = self._fault or fault
        self._ended.set()
        if self._fault:
            _log.warning("the recording ended: %s %s", self._fault.code, self._fault.params.get("reason", ""))
            if not self._was_stopped:
                self._on_ended(self._fault)

    def _step(self, trigger: RecordingTrigger) -> bool:
        after = TRANSITIONS.get((self._state, trigger))
        if after is None:
            return False
        self._state = after
        return True

    def _failed(self, reason: str) -> Fault:
        return Fault("recording.failed", {"path": str(self.path or self._folder), "reason": reason})
