"""Where the numbers of a stream's playlist go on after the server was killed or restarted.

Players place what follows by these numbers: hls.js goes on without a seek only if the first new number is the one after
the last it knew. So they are kept on the disk, a small file a stream, rewritten before a segment can be seen.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger(__name__)
_NAME = re.compile(r"[0-9A-Za-z-]{1,64}")
_MAX_AGE_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the next segment of a stream needs to know."""

    next_sequence: int
    discontinuity_sequence: int
    target_duration_s: int


class NumberFiles:
    """The numbers of all streams in one directory, or nowhere. A disk that fails costs continuity, never the show."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._did_warn = False

    def prepare(self) -> None:
        """Make the directory; drop what is a day old."""
        if self._directory is None:
            return
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            for path in self._directory.glob("*.json"):
                if time.time() - path.stat().st_mtime > _MAX_AGE_S:
                    path.unlink()
        except OSError as error:
            self._warn(error)

    def load(self, stream_id: str) -> Numbers | None:
        """The numbers where they were left; None when there are none to go on from."""
        if (path := self._path(stream_id)) is None:
            return None
        try:
            fields = json.loads(path.read_text())
            numbers = Numbers(**{name: int(fields[name]) for name in Numbers.__slots__})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            self._warn(error)
            return None
        return numbers if min(dataclasses.astuple(numbers)) >= 0 else None

    def save(self, stream_id: str, numbers: Numbers) -> None:
        """Keep the numbers; whole, or as they were before."""
        if (path := self._path(stream_id)) is None:
            return
        try:
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(dataclasses.asdict(numbers)))
            fresh.replace(path)
        except OSError as error:
            self._warn(error)

    def remove(self, stream_id: str) -> None:
        """The stream is over."""
        if (path := self._path(stream_id)) is not None:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                self._warn(error)

    def _path(self, stream_id: str) -> Path | None:
        if self._directory is None or not _NAME.fullmatch(stream_id):
            return None
        return self._directory / f"{stream_id}.json"

    def _warn(self, error: Exception) -> None:
        if not self._did_warn:
            _log.warning("Playlist numbers are not kept: %s", error)
            self._did_warn = True
