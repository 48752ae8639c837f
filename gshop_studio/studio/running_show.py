"""The show on air, remembered on disk, so that a studio that died finds it again. No secrets: no key, no token."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "running-show.json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunningShow:
    server_url: str
    stream_id: str
    title: str
    started_at_ms: int
    """UTC, milliseconds; 0 before the ingest first accepted it."""


class RunningShowFile:
    """Where it is remembered.

    Args:
        path: need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> RunningShow | None:
        """The show the last run left on air."""
        try:
            found = json.loads(self._path.read_text("utf-8"))
            return RunningShow(
                str(found["server_url"]), str(found["stream_id"]), str(found["title"]), int(found["started_at_ms"])
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            _log.warning("the running show's file is not readable")
            return None

    def save(self, show: RunningShow) -> None:
        """Remember it; a disk that refuses is logged, the show goes on."""
        draft = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_text(json.dumps(asdict(show)), "utf-8")
            os.replace(draft, self._path)
        except OSError as error:
            _log.warning("the running show is not remembered: %s", error.strerror)

    def forget(self) -> None:
        """Nothing is on air."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("the running show's file stays: %s", error.strerror)
