"""The list of who was erased, in a file beside the database: a restored database forgets them again.

A line a person: the SHA-256 of their id, and when they asked. An id is 74 random bits, so who has not got it learns
nothing from its hash. The list grows, and outlives every backup.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from gshop_studio.contract.wire import to_wire_time

FILE_NAME = "erased.list"
_LINE = re.compile(r"([0-9a-f]{64}) (\S+)")


def hash_of(user_id: str) -> str:
    """How the list names a person."""
    return hashlib.sha256(user_id.encode()).hexdigest()


class ErasedIds:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, datetime]:
        """By the hash of each person's id when they asked; a line that was cut off in writing is passed over. Blocks.

        Raises:
            OSError: it is there, and cannot be read.
        """
        if not self._path.is_file():
            return {}
        found = {}
        for line in self._path.read_text().splitlines():
            if match := _LINE.fullmatch(line):
                try:
                    found[match[1]] = datetime.fromisoformat(match[2])
                except ValueError:
                    continue
        return found

    def add(self, erased: Mapping[str, datetime]) -> None:
        """Add those that it lacks. On the disk when this returns. Blocks.

        Raises:
            OSError: it cannot be written.
        """
        missing = sorted(erased.keys() - self.read().keys(), key=lambda each: (erased[each], each))
        if not missing:
            return
        lines = "".join(f"{each} {to_wire_time(erased[each])}\n" for each in missing)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            end = file.seek(0, os.SEEK_END)
            if end and os.pread(descriptor, 1, end - 1) != b"\n":
                lines = f"\n{lines}"  # after one that was cut off
            file.write(lines.encode())
            file.flush()
            os.fsync(descriptor)
