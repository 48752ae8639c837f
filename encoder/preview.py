"""Preview frames for the studio, in memory that both processes map.

The lease table says whose each slot is: a slot is written only while it is the engine's, so that the studio can never
see a torn frame. A thread of its own converts the newest picture; when the studio holds every slot, pictures are passed
over. Nothing of this runs while nobody watches.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import psutil
from av.video.reformatter import Interpolation, VideoReformatter

from encoder.picture import Picture, PictureSize, plane_rows
from gshop_studio.domain.quality import FRAMES_PER_SECOND
from gshop_studio.engine_protocol import PREVIEW_BYTES_PER_PIXEL, PREVIEW_FILE, PREVIEW_SLOT_COUNT, PreviewFrame

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory; the file is ours alone (mode 600)
LARGEST_SIDE = 3840
_FREE, _LENT = 0, 1
_EARLY = 0.25
"""By how much of its period a picture may come early and still be shown."""

_numbers = itertools.count(1)


class LeaseTable:
    """Whose each slot is: a byte for each in memory that the studio writes too. From any thread; one of them takes.

    The engine only ever writes 1 and the studio 0, so that neither needs the other's lock.
    """

    def __init__(self, memory: mmap.mmap | bytearray, start: int, slot_count: int) -> None:
        self._memory = memory
        self._start = start
        self._count = slot_count
        self._taken: set[int] = set()

    def take(self) -> int | None:
        """A slot to write into, or None when the studio holds them all."""
        for slot in range(self._count):
            if slot not in self._taken and self._memory[self._start + slot] == _FREE:
                self._taken.add(slot)
                return slot
        return None

    def lend(self, slot: int) -> None:
        """The slot taken before is the studio's now."""
        self._memory[self._start + slot] = _LENT
        self._taken.remove(slot)

    def give_back(self, slot: int) -> bool:
        """A slot is the engine's again. False if it was."""
        if not 0 <= slot < self._count or self._memory[self._start + slot] == _FREE:
            return False
        self._memory[self._start + slot] = _FREE
        return True


class Preview:
    """The memory, the table and the converting thread, from a studio's `preview_start` to its end."""

    def __init__(
        self,
        control_dir: Path,
        box: PictureSize,
        on_frame: Callable[[PreviewFrame], None],
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make the memory. `on_frame` is called on the thread, with a slot that is the studio's from then on.

        Raises:
            OSError: the memory's file cannot be made.
        """
        self._box = PictureSize(max(2, box.width // 2 * 2), max(2, box.height // 2 * 2))
        self._on_frame = on_frame
        self.number = next(_numbers)
        self._reformatter = VideoReformatter()
        self.slot_bytes = self._box.width * self._box.height * PREVIEW_BYTES_PER_PIXEL
        self.path = _memory_path(control_dir)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            slots_bytes = self.slot_bytes * PREVIEW_SLOT_COUNT
            os.ftruncate(handle, slots_bytes + PREVIEW_SLOT_COUNT)
            self._memory = mmap.mmap(handle, slots_bytes + PREVIEW_SLOT_COUNT)
        finally:
            os.close(handle)
        self._leases = LeaseTable(self._memory, slots_bytes, PREVIEW_SLOT_COUNT)
        self._changed = threading.Condition()
        self._newest: Picture | None = None
        self._now_s = now_s
        self._period_s = 1.0 / FRAMES_PER_SECOND
        self._next_s = 0.0
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="preview", daemon=True)
        self._thread.start()

    @property
    def size(self) -> PictureSize:
        """The largest a frame can be; each frame tells its own size."""
        return self._box

    def limit_fps(self, fps: float) -> None:
        """Show no more frames a second than this (30 to begin with). Pictures that come sooner are passed over."""
        self._period_s = 1.0 / max(0.1, fps)
        self._next_s = 0.0

    def offer(self, picture: Picture) -> None:
        """A new picture; an older one that still waits is passed over. Never blocks."""
        now_s, period_s = self._now_s(), self._period_s
        if now_s < self._next_s - period_s * _EARLY:
            return
        # On a grid, so that ticks that come a little late or early do not cost a frame.
        self._next_s += period_s
        if self._next_s < now_s:
            self._next_s = now_s + period_s
        with self._changed:
            self._newest = picture
            self._changed.notify()

    def release(self, slot: int) -> bool:
        """The studio is done with a slot. False if it never had it."""
        return self._leases.give_back(slot)

    def close(self) -> None:
        """End the thread and take the memory's name away; who has it mapped keeps it."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()
        self._memory.close()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closed or self._newest is not None)
                if self._is_closed:
                    return
                picture, self._newest = self._newest, None
            assert picture is not None
            slot = self._leases.take()
            if slot is None:
                continue
            size = self._write(picture, slot)
            self._leases.lend(slot)
            self._on_frame(PreviewFrame(slot, size.width, size.height, picture.captured_us // 1000, self.number))

    def _write(self, picture: Picture, slot: int) -> PictureSize:
        size = self._box.fitted(Fraction(picture.frame.width, picture.frame.height))
        bgra = self._reformatter.reformat(
            picture.frame, size.width, size.height, format="bgra", interpolation=Interpolation.FAST_BILINEAR, threads=1
        )
        plane = bgra.planes[0]
        row_bytes = size.width * PREVIEW_BYTES_PER_PIXEL
        source = plane_rows(plane)[:, :row_bytes]
        target = np.frombuffer(self._memory, np.uint8, size.height * row_bytes, slot * self.slot_bytes)
        target.reshape(size.height, row_bytes)[:] = source
        del target  # the map cannot be closed while an array looks into it
        return size


def _memory_path(control_dir: Path) -> Path:
    if sys.platform == "linux" and os.access(_SHARED_MEMORY, os.W_OK):
        return _SHARED_MEMORY / f"gshop-studio-{os.getpid()}-{secrets.token_hex(6)}.bgra"
    return control_dir / f"{secrets.token_hex(6)}-{PREVIEW_FILE}"


def remove_stale_memory(control_dir: Path) -> None:
    """Take away what engines left behind that were killed."""
    for path in control_dir.glob(f"*-{PREVIEW_FILE}"):
        path.unlink(missing_ok=True)
    if sys.platform == "linux":
        for path in _SHARED_MEMORY.glob("gshop-studio-*.bgra"):
            pid = path.name.split("-")[2]
            if pid.isdigit() and not psutil.pid_exists(int(pid)):
                with contextlib.suppress(OSError):  # another person's
                    path.unlink()
