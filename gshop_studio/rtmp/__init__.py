"""RTMP publishing as pure state machines: bytes in, events out, for the publisher and for the ingest.

No I/O, no clock, no threads. Feed what the socket gave to `receive_data`, handle the events in order, send what
`data_to_send` gives. Source: Adobe, "RTMP specification 1.0" (2012), and what ffmpeg, librtmp and nginx-rtmp really do.
"""

from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode
from gshop_studio.rtmp.events import (
    AudioReceived,
    BytesAcknowledged,
    ConnectRequested,
    IngestEvent,
    MetadataReceived,
    PingAnswered,
    PublisherEvent,
    PublishFinished,
    PublishRefused,
    PublishRequested,
    PublishStarted,
    VideoReceived,
)
from gshop_studio.rtmp.ingest import IngestConnection
from gshop_studio.rtmp.ingest_state import IngestState
from gshop_studio.rtmp.limits import AmfLimits, IngestLimits
from gshop_studio.rtmp.publisher import DEFAULT_WINDOW_ACK_BYTES, PublisherConnection
from gshop_studio.rtmp.publisher_state import PublisherState
from gshop_studio.rtmp.sei import build_capture_sei, find_capture_us, insert_into

__all__ = [
    "DEFAULT_WINDOW_ACK_BYTES",
    "AmfLimits",
    "AudioReceived",
    "BytesAcknowledged",
    "ConnectRequested",
    "IngestConnection",
    "IngestEvent",
    "IngestLimits",
    "IngestState",
    "MetadataReceived",
    "PingAnswered",
    "PublishFinished",
    "PublishRefused",
    "PublishRequested",
    "PublishStarted",
    "PublisherConnection",
    "PublisherEvent",
    "PublisherState",
    "RtmpError",
    "RtmpErrorCode",
    "VideoReceived",
    "build_capture_sei",
    "find_capture_us",
    "insert_into",
]
