"""The show in numbers: who watches, how much is said. Counted from the show's events, with a short history."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from gshop_studio.contract.events import ServerEvent, Snapshot
from gshop_studio.studio.observable import Observable

HISTORY_STEP_S = 5.0
HISTORY_POINTS = 120
"""Ten minutes."""
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class NumbersSnapshot:
    viewers: int | None = None
    """None: no show."""
    peak_viewers: int = 0
    total_views: int = 0
    messages: int = 0
    messages_per_minute: int = 0
    viewers_history: tuple[int, ...] = ()
    messages_history: tuple[int, ...] = ()


class Numbers:
    """Counts one show.

    Args:
        now_ms: UTC, milliseconds.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.snapshot = Observable(NumbersSnapshot())
        self._now_ms = now_ms
        self._said_at_ms: deque[int] = deque(maxlen=10_000)

    def clear(self) -> None:
        """No show."""
        self._said_at_ms.clear()
        self.snapshot.set(NumbersSnapshot())

    def tick(self) -> None:
        """Once each `HISTORY_STEP_S` while a show is on: a point of the history."""
        now = self.snapshot.value
        if now.viewers is None:
            return
        rate = self._rate()
        self._change(
            messages_per_minute=rate,
            viewers_history=(*now.viewers_history, now.viewers)[-HISTORY_POINTS:],
            messages_history=(*now.messages_history, rate)[-HISTORY_POINTS:],
        )

    # --- the show's events ----------------------------------------------------------------------------------------

    def joined(self, snapshot: Snapshot) -> None:
        stream, viewers = snapshot.stream, snapshot.viewer_count
        self._change(
            viewers=viewers,
            peak_viewers=max(viewers, stream.peak_viewer_count),
            total_views=stream.total_views,
            messages=stream.total_messages,
        )

    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None:
        now = self.snapshot.value
        if event is ServerEvent.VIEWERS_UPDATE:
            viewers = data.get("viewerCount")
            if isinstance(viewers, int):
                self._change(viewers=viewers, peak_viewers=max(now.peak_viewers, viewers))
        elif event is ServerEvent.MESSAGE:
            self._said_at_ms.append(self._now_ms())
            self._change(messages=now.messages + 1, messages_per_minute=self._rate())
        elif event is ServerEvent.STREAM_ENDED:
            self._take_final(data)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _take_final(self, data: dict[str, Any]) -> None:
        peak, views = data.get("peakViewers"), data.get("totalViews")
        if isinstance(peak, int) and isinstance(views, int):
            self._change(peak_viewers=peak, total_views=views)

    def _rate(self) -> int:
        since_ms = self._now_ms() - _MINUTE_MS
        while self._said_at_ms and self._said_at_ms[0] < since_ms:
            self._said_at_ms.popleft()
        return len(self._said_at_ms)

    def _change(self, **changes: Any) -> None:
        self.snapshot.set(replace(self.snapshot.value, **changes))
