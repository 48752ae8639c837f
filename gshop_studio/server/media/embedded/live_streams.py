"""All streams the embedded back end knows, and when it forgets them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gshop_studio.server.media.embedded.limits import WindowLimits
from gshop_studio.server.media.embedded.live_stream import LiveStream
from gshop_studio.server.media.embedded.numbers import NumberFiles


class LiveStreams:
    """Streams by their id. Lives on the server's event loop."""

    def __init__(self, limits: WindowLimits, utc_ms: Callable[[], float], files: NumberFiles) -> None:
        self._files = files
        self._limits = limits
        self._utc_ms = utc_ms
        self._streams: dict[str, LiveStream] = {}
        self._forgetting: dict[str, asyncio.TimerHandle] = {}

    @property
    def open_ids(self) -> list[str]:
        """Of those that are not over."""
        return [stream_id for stream_id, stream in self._streams.items() if not stream.window.is_ended]

    def find(self, stream_id: str) -> LiveStream | None:
        """The stream, if there was media of it lately."""
        return self._streams.get(stream_id)

    def open(self, stream_id: str) -> LiveStream:
        """The stream, to publish into; a new one when it is not known or over."""
        self._remember(stream_id)
        stream = self._streams.get(stream_id)
        if stream is None or stream.window.is_ended:
            stream = self._streams[stream_id] = LiveStream(stream_id, self._limits, self._utc_ms(), self._files)
        return stream

    def rest(self, stream: LiveStream) -> None:
        """Nobody publishes into it now: forget it later, unless somebody comes back."""
        if self._streams.get(stream.stream_id) is not stream:
            return
        if stream.window.is_empty:
            self._forget(stream)
        elif not stream.window.is_ended:
            self._forget_after(self._limits.forget_idle_s, stream)

    def end(self, stream: LiveStream) -> None:
        """It is over: its playlist says so, and it is forgotten after a while."""
        stream.end()
        if stream.window.is_empty:
            self._forget(stream)
            return
        self._forget_after(self._limits.forget_ended_s, stream)

    def close(self) -> None:
        """Forget everything."""
        for handle in self._forgetting.values():
            handle.cancel()
        self._forgetting.clear()
        self._streams.clear()

    def _forget_after(self, delay_s: float, stream: LiveStream) -> None:
        self._remember(stream.stream_id)
        loop = asyncio.get_running_loop()
        self._forgetting[stream.stream_id] = loop.call_later(delay_s, self._forget, stream)

    def _remember(self, stream_id: str) -> None:
        if handle := self._forgetting.pop(stream_id, None):
            handle.cancel()

    def _forget(self, stream: LiveStream) -> None:
        self._remember(stream.stream_id)
        self._streams.pop(stream.stream_id, None)
