"""One stream while the server knows it: its window, and who publishes into it now."""

from __future__ import annotations

from typing import Protocol

from gshop_studio.server.media.embedded.limits import WindowLimits
from gshop_studio.server.media.embedded.packager import EPOCH_MS
from gshop_studio.server.media.embedded.window import LiveWindow

_MS_PER_SEQUENCE_NUMBER = 250
"""A window's numbers begin with the quarters of a second since `EPOCH_MS`. Segments come more slowly than that, so the
numbers never go backwards, though a killed server remembers nothing; and they fit in 31 bits until 2043."""


class Publishing(Protocol):
    """What a stream knows of its publisher."""

    async def shows_life(self) -> bool:
        """Whether anything still comes from it; waits for it a moment."""
        ...

    def flush(self) -> None:
        """List what it sent so far."""
        ...

    def dismiss(self, code: str, description: str) -> None:
        """Send it away, with the status that its user is to see."""
        ...

    async def gone(self) -> None:
        """Returns once it has let go of the stream."""
        ...


class LiveStream:
    """Shared by a publisher (which fills the window) and the viewers (who read it), on one event loop."""

    def __init__(self, stream_id: str, limits: WindowLimits, now_ms: float) -> None:
        self.stream_id = stream_id
        first_sequence = max(0, int(now_ms - EPOCH_MS)) // _MS_PER_SEQUENCE_NUMBER  # a clock may be decades behind
        self.window = LiveWindow(first_sequence, limits)
        self.publisher: Publishing | None = None
        self.end_ticks = 0
        """Where the media of the last publisher ended."""
