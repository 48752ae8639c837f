"""When a change on air belongs into the picture (the contract's "Media time")."""

from __future__ import annotations

from collections.abc import Callable

MOST_AWAY_MS = 60_000
"""A moment further away from now than this is nonsense: a card waits for no picture so long."""
MOST_APART_MS = 24 * 3_600_000 + MOST_AWAY_MS
"""No clock of an engine is believed that is further away from ours."""
MediaTime = Callable[[str, int], int | None]
"""The server's time (ms) of a moment of the engine's clock, in the media of a show; None where that is not known."""


def media_at(media_time: MediaTime, stream_id: str, captured_at_ms: int | None, now_ms: int) -> int:
    """The server's time of the frame the seller saw; now, where nobody says or what is said is nonsense."""
    if captured_at_ms is None or abs(captured_at_ms - now_ms) > MOST_APART_MS:
        return now_ms
    at_ms = media_time(stream_id, captured_at_ms)
    return at_ms if at_ms is not None and abs(at_ms - now_ms) <= MOST_AWAY_MS else now_ms
