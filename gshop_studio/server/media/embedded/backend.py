"""The composition root of the embedded back end: RTMP in, HLS out, all in the server's process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gshop_studio.server.media.embedded.guess_throttle import GuessThrottle
from gshop_studio.server.media.embedded.ingest import IngestServer
from gshop_studio.server.media.embedded.limits import MediaLimits
from gshop_studio.server.media.embedded.live_streams import LiveStreams
from gshop_studio.server.media.embedded.numbers import NumberFiles
from gshop_studio.server.media.embedded.playback import Playback
from gshop_studio.server.media.embedded.publisher import IngestContext
from gshop_studio.server.media.ports import PublishAuthority

_END_OF_SHOW = ("NetStream.Publish.BadName", "The show is over.")
_DEFAULT_LIMITS = MediaLimits()


def _utc_ms() -> float:
    return time.time() * 1000


class EmbeddedMedia:
    """A `MediaBackend` without another program.

    `authority.media_started` and `media_stopped` are told in turn, a publisher. `media_stopped` is not told for a
    stream that `end_stream` ended: whoever ended it knows.
    """

    def __init__(
        self,
        authority: PublishAuthority,
        *,
        host: str,
        rtmp_port: int,
        state_dir: Path | None = None,
        limits: MediaLimits = _DEFAULT_LIMITS,
        utc_ms: Callable[[], float] = _utc_ms,
    ) -> None:
        """`state_dir`: where the playlists' numbers are kept, so that viewers go on after a restart of the server."""
        self._numbers = NumberFiles(state_dir)
        self._streams = LiveStreams(limits.window, utc_ms, self._numbers)
        throttle = GuessThrottle(limits.guesses, time.monotonic)
        context = IngestContext(authority, self._streams, throttle, limits, utc_ms)
        self._ingest = IngestServer(host, rtmp_port, context)
        self._playback = Playback(self._streams)

    @property
    def rtmp_port(self) -> int:
        """The port publishers connect to; once started the real one, also when 0 was asked for."""
        return self._ingest.port

    @property
    def is_listening(self) -> bool:
        return self._ingest.is_listening

    @property
    def publisher_count(self) -> int:
        return self._ingest.publisher_count

    @property
    def open_stream_ids(self) -> list[str]:
        return self._streams.open_ids

    async def start(self) -> None:
        """Listen for publishers.

        Raises:
            OSError: the port is taken, or the host is not an address of this machine.
        """
        self._numbers.prepare()
        await self._ingest.start()

    async def close(self) -> None:
        """Let go of publishers and viewers."""
        await self._ingest.close()
        self._streams.close()

    def media_time_ms(self, stream_id: str, captured_at_ms: int) -> int | None:
        """The server's time of a moment of the publisher's capture clock, while one publishes."""
        stream = self._streams.find(stream_id)
        offset_ms = stream.publisher.clock_offset_ms if stream is not None and stream.publisher is not None else None
        return None if offset_ms is None else round(captured_at_ms + offset_ms)

    async def end_stream(self, stream_id: str) -> None:
        """The show is over: its publisher is sent away, its playlist ends and is dropped after a while."""
        stream = self._streams.find(stream_id)
        if stream is None:
            return
        if stream.publisher is not None:
            stream.publisher.flush()
            stream.publisher.dismiss(*_END_OF_SHOW)
        self._streams.end(stream)

    async def playback_app(self, scope: Any, receive: Any, send: Any) -> None:
        """The raw ASGI application of `/live/{stream_id}/...`."""
        await self._playback(scope, receive, send)
