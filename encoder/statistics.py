"""The numbers of a broadcast, once a second: rates from counters, and the line of `--stats`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import psutil

from encoder.errors import EngineError, reason_of
from gshop_studio.engine_protocol import EngineStatus, Fault, status_to_wire


@dataclass(frozen=True, slots=True)
class Rates:
    """What happened a second, between two looks at the counters."""

    sent_kbps: float = 0.0
    encoded_fps: float = 0.0
    cpu_percent: float = 0.0


class RateMeter:
    """Turns counters that only rise into rates."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._process.cpu_percent()  # the first call only begins to measure
        self._last: tuple[int, int, int] | None = None

    def measure(self, at_us: int, sent_bytes: int, encoded_frames: int) -> Rates:
        """Rates since the last call. A counter that fell began anew."""
        cpu_percent = self._process.cpu_percent()
        before, self._last = self._last, (at_us, sent_bytes, encoded_frames)
        if before is None or at_us <= before[0]:
            return Rates(cpu_percent=cpu_percent)
        elapsed_s = (at_us - before[0]) / 1e6
        sent = max(0, sent_bytes - before[1])
        frames = max(0, encoded_frames - before[2])
        return Rates(round(sent * 8 / 1000 / elapsed_s, 1), round(frames / elapsed_s, 2), cpu_percent)


class StatsFile:
    """The file of `--stats`: one line of JSON a status. A full disk costs lines, never the broadcast."""

    def __init__(self, path: Path, on_fault: Callable[[Fault], None]) -> None:
        """Open for writing. `on_fault` is told once when lines are lost.

        Raises:
            EngineError: `stats.unwritable`.
        """
        self._path = path
        self._on_fault = on_fault
        self._did_complain = False
        try:
            self._file: TextIO = path.open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise EngineError(self._fault(error)) from error

    def write(self, status: EngineStatus) -> None:
        """Add a line."""
        try:
            self._file.write(json.dumps(status_to_wire(status)) + "\n")
        except OSError as error:
            self._complain(error)

    def close(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        if not self._did_complain:
            self._on_fault(self._fault(error))
        self._did_complain = True

    def _fault(self, error: OSError) -> Fault:
        return Fault("stats.unwritable", {"path": str(self._path), "reason": reason_of(error)})
