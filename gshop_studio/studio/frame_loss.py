"""Whether pictures are being lost now, and why: the engine's counters, looked at over the last seconds. Pure."""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from gshop_studio.engine_protocol import EngineStatus

_WINDOW_MS = 10_000
_WORTH_TELLING = 10
"""Pictures lost in the window: a third of a second, which viewers notice."""


class Loss(StrEnum):
    NONE = "none"
    UPLOAD = "upload"
    """Encoded, and not sent: the upload is too slow."""
    COMPUTER = "computer"
    """Not encoded in time: this computer is too busy."""


class FrameLoss:
    """Takes each status; tells what is being lost."""

    def __init__(self) -> None:
        self._seen: deque[EngineStatus] = deque()

    def take(self, status: EngineStatus) -> Loss:
        """The verdict with this status; counters that fell belong to another broadcast."""
        last = self._seen[-1] if self._seen else None
        if last is not None and (status.dropped_frames < last.dropped_frames or status.late_frames < last.late_frames):
            self._seen.clear()
        if last is None or status.at_ms != last.at_ms:
            self._seen.append(status)
        while status.at_ms - self._seen[0].at_ms > _WINDOW_MS:
            self._seen.popleft()
        first = self._seen[0]
        dropped, late = status.dropped_frames - first.dropped_frames, status.late_frames - first.late_frames
        if max(dropped, late) < _WORTH_TELLING:
            return Loss.NONE
        return Loss.UPLOAD if dropped >= late else Loss.COMPUTER
