"""What the two state machines tell: frozen values, in the order in which the peer's bytes meant them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gshop_studio.rtmp.flv import AudioTag, VideoTag


@dataclass(frozen=True, slots=True)
class PingAnswered:
    """The peer answered a ping of ours.

    Attributes:
        timestamp_ms: The ping's own time stamp, modulo 2**32.
    """

    timestamp_ms: int


# -- told by PublisherConnection ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublishStarted:
    """The server takes our media from now on."""


@dataclass(frozen=True, slots=True)
class PublishRefused:
    """The server does not want us; it will not change its mind on this connection.

    Attributes:
        code: The server's own status, such as `NetStream.Publish.BadName`.
        description: The server's words, for people; may be empty.
    """

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class BytesAcknowledged:
    """The server has taken this many of our bytes, the handshake not counted (as far as the server says the truth)."""

    total: int


PublisherEvent = PublishStarted | PublishRefused | BytesAcknowledged | PingAnswered


# -- told by IngestConnection ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConnectRequested:
    """A client asks for an application; answer with `accept_connect` or `reject_connect`.

    Attributes:
        app: Without slashes at its ends.
        tc_url: As sent; empty if absent.
        flash_version: The client's name for itself; empty if absent.
    """

    app: str
    tc_url: str
    flash_version: str


@dataclass(frozen=True, slots=True)
class PublishRequested:
    """The client wants to publish; answer with `accept_publish` or `reject_publish`.

    Attributes:
        stream_key: As sent, with its query string if it had one. A secret: never log it, not even by `repr`.
    """

    stream_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MetadataReceived:
    """The publisher's description of its media (onMetaData)."""

    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class VideoReceived:
    """One video tag. `timestamp_ms` is the decoding time, unwrapped to 64 bits; it may go backwards, never below 0."""

    timestamp_ms: int
    tag: VideoTag


@dataclass(frozen=True, slots=True)
class AudioReceived:
    """One audio tag. `timestamp_ms` as in `VideoReceived`, in the same era."""

    timestamp_ms: int
    tag: AudioTag


@dataclass(frozen=True, slots=True)
class PublishFinished:
    """The publisher says it is done (FCUnpublish, closeStream or deleteStream)."""


IngestEvent = (
    ConnectRequested
    | PublishRequested
    | MetadataReceived
    | VideoReceived
    | AudioReceived
    | PublishFinished
    | PingAnswered
)
