"""One stream while the server knows it: its window, and who publishes into it now."""

from __future__ import annotations

from typing import Protocol

from gshop_studio.server.media.embedded.limits import WindowLimits
from gshop_studio.server.media.embedded.numbers import NumberFiles
from gshop_studio.server.media.embedded.packager import EPOCH_MS
from gshop_studio.server.media.embedded.segment import Segment
from gshop_studio.server.media.embedded.window import LiveWindow

_MS_PER_SEQUENCE_NUMBER = 1000
"""Where nothing is known of a stream its numbers begin with the seconds since `EPOCH_MS`: about where they would be."""


class Publishing(Protocol):
    """What a stream knows of its publisher."""

    @property
    def clock_offset_ms(self) -> float | None:
        """What to add to a moment of its capture clock to have it in ours; None while that is unknown."""
        ...

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

    def __init__(self, stream_id: str, limits: WindowLimits, now_ms: float, files: NumberFiles) -> None:
        self.stream_id = stream_id
        self._files = files
        first_sequence = max(0, int(now_ms - EPOCH_MS)) // _MS_PER_SEQUENCE_NUMBER  # a clock may be decades behind
        self.window = LiveWindow(first_sequence, limits, goes_on_from=files.load(stream_id))
        self.publisher: Publishing | None = None
        self.end_ticks = 0
        """Where the media of the last publisher ended."""

    def append(self, segment: Segment) -> None:
        """List a segment, unless the stream is over."""
        if not self.window.is_ended:
            self.window.append(segment)
            self._files.save(self.stream_id, self.window.numbers)

    def end(self) -> None:
        """Nothing more comes."""
        self.window.end()
        self._files.remove(self.stream_id)
