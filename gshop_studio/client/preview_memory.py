"""The engine's preview frames as the studio sees them: a file both map, read only on this side."""

from __future__ import annotations

import mmap
from pathlib import Path

from gshop_studio.engine_protocol import PREVIEW_BYTES_PER_PIXEL, PreviewFrame


class PreviewMemory:
    """The mapped slots."""

    def __init__(self, path: Path, slot_bytes: int, slot_count: int) -> None:
        """Map the file.

        Raises:
            OSError: it is not there, or smaller than it should be.
        """
        self._slot_bytes = slot_bytes
        self._slot_count = slot_count
        try:
            with path.open("rb") as file:
                self._memory = mmap.mmap(file.fileno(), slot_bytes * slot_count, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise OSError(str(error)) from error

    def read(self, frame: PreviewFrame) -> bytes | None:
        """A copy of a frame's pixels; None for one that does not fit the memory."""
        length = frame.width * frame.height * PREVIEW_BYTES_PER_PIXEL
        if not 0 <= frame.slot < self._slot_count or not 0 < length <= self._slot_bytes:
            return None
        start = frame.slot * self._slot_bytes
        return self._memory[start : start + length]

    def close(self) -> None:
        self._memory.close()
