"""Looks at the room left on a recording's disk. Lives on the recording's thread: asking may wait for the disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_MIB = 1024 * 1024
_LEAST_RESERVE_BYTES = 64 * _MIB
_MOST_RESERVE_BYTES = 512 * _MIB
_RESERVE_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """Bytes of a whole disk, and of them those that are free for us."""

    total: int
    free: int


def room_at(folder: Path) -> DiskRoom:
    """The room now.

    Raises:
        OSError: there is no such folder, or the disk is broken.
    """
    usage = shutil.disk_usage(folder)
    return DiskRoom(usage.total, usage.free)


def default_reserve_bytes(total_bytes: int) -> int:
    """What a recording leaves free: the system needs room too, and the file's index comes last."""
    return max(_LEAST_RESERVE_BYTES, min(_MOST_RESERVE_BYTES, int(total_bytes * _RESERVE_SHARE)))


class DiskGuard:
    """Watches one folder's disk."""

    def __init__(
        self, folder: Path, *, reserve_bytes: int | None = None, room: Callable[[Path], DiskRoom] = room_at
    ) -> None:
        """`reserve_bytes` is what stays free; without it, `default_reserve_bytes`."""
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._room = room
        self.free_bytes: int | None = None
        """When it was last looked at; any thread may read it."""

    def has_room(self) -> bool:
        """Look now: is more than the reserve free?

        Raises:
            OSError: there is no such folder, or the disk is broken.
        """
        room = self._room(self._folder)
        self.free_bytes = room.free
        reserve_bytes = self._reserve_bytes
        return room.free > (default_reserve_bytes(room.total) if reserve_bytes is None else reserve_bytes)
