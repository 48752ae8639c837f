"""What steers a media file: play, pause, loop, seek."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from gshop_studio.engine_protocol import MediaState


@runtime_checkable
class MediaControl(Protocol):
    """From any thread; none of it blocks."""

    def play(self) -> None: ...
    def pause(self) -> None: ...
    def set_looping(self, is_looping: bool) -> None: ...

    def seek(self, position_s: float) -> None:
        """Go on from there, as soon as it is decoded."""
        ...

    def state(self) -> MediaState: ...
