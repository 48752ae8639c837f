"""The seams between media and the rest of the server: what a media back end does, and what it asks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

RTMP_APP = "live"
"""The application of the ingest URL: rtmp://host:port/live."""


class RefusalReason(StrEnum):
    WRONG_APP = "wrong_app"
    WRONG_KEY = "wrong_key"
    NOT_LIVE = "not_live"
    """The key is right, but its show is not started, or is over."""
    ALREADY_PUBLISHING = "already_publishing"


@dataclass(frozen=True, slots=True)
class PublishGrant:
    """This publisher may send the media of this stream."""

    stream_id: str


@dataclass(frozen=True, slots=True)
class PublishRefusal:
    reason: RefusalReason


class PublishAuthority(Protocol):
    """What a media back end asks of, and tells to, the rest of the server. Implemented by the streams domain."""

    async def authorise_publish(self, key: str, address: str) -> PublishGrant | PublishRefusal:
        """Whether whoever connects from `address` with `key` may publish, and which stream. Never logs the key."""
        ...

    async def media_started(self, stream_id: str) -> None:
        """Media of this stream really arrives now (the first segment is listed)."""
        ...

    async def media_stopped(self, stream_id: str) -> None:
        """The publisher is gone or silent. The show is held; the same key may come back."""
        ...


class MediaBackend(Protocol):
    """Takes publishers' media and serves it to viewers."""

    @property
    def rtmp_port(self) -> int:
        """The port publishers connect to."""
        ...

    @property
    def is_listening(self) -> bool:
        """Whether publishers can connect."""
        ...

    @property
    def publisher_count(self) -> int:
        """How many publishers are connected."""
        ...

    @property
    def open_stream_ids(self) -> list[str]:
        """The streams that are not over, as far as is known here."""
        ...

    async def start(self) -> None:
        """Listen for publishers.

        Raises:
            OSError: the port is taken, or the host is not an address of this machine.
        """
        ...

    async def close(self) -> None:
        """Let go of publishers and viewers."""
        ...

    def media_time_ms(self, stream_id: str, captured_at_ms: int) -> int | None:
        """The server's time, as PROGRAM-DATE-TIME has it, of a moment of the publisher's capture clock; None where
        the two clocks' offset is not known here."""
        ...

    async def end_stream(self, stream_id: str) -> None:
        """The show is over: its publisher is disconnected, its playlist says so and is dropped after a while."""
        ...

    async def playback_app(self, scope: Any, receive: Any, send: Any) -> None:
        """The raw ASGI application of `/live/{stream_id}/...` (GET, HEAD, OPTIONS)."""
        ...
