"""A show's life: its states and what may follow what, as one pure table (the contract's "A stream's life")."""

from __future__ import annotations

from enum import StrEnum

MEDIA_LOST_HOLD_S = 60.0
"""How long a show whose media is lost is held before it ends."""
NO_MEDIA_AFTER_START_S = 15 * 60.0
"""How long a started show may wait for its first media."""
LATE_S = 60 * 60.0
"""How long a show whose host is late is still one to come."""


class StreamStatus(StrEnum):
    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"
    CANCELLED = "cancelled"


class StreamAction(StrEnum):
    START = "start"
    END = "end"
    CANCEL = "cancel"
    GIVE_UP_WAITING = "give_up_waiting"
    """No media came after a start: back to scheduled (with a date) or ended (without)."""


_NEXT: dict[tuple[StreamStatus, StreamAction], StreamStatus] = {
    (StreamStatus.SCHEDULED, StreamAction.START): StreamStatus.LIVE,
    (StreamStatus.LIVE, StreamAction.START): StreamStatus.LIVE,
    (StreamStatus.LIVE, StreamAction.END): StreamStatus.ENDED,
    (StreamStatus.ENDED, StreamAction.END): StreamStatus.ENDED,
    (StreamStatus.SCHEDULED, StreamAction.CANCEL): StreamStatus.CANCELLED,
    (StreamStatus.LIVE, StreamAction.GIVE_UP_WAITING): StreamStatus.ENDED,
}


def next_status(status: StreamStatus, action: StreamAction, *, has_date: bool = False) -> StreamStatus | None:
    """The status after an action, or None where the action is not allowed."""
    if status is StreamStatus.LIVE and action is StreamAction.GIVE_UP_WAITING and has_date:
        return StreamStatus.SCHEDULED
    return _NEXT.get((status, action))
