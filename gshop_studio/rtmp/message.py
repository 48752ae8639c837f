"""A whole RTMP message, as it comes out of the chunks and goes into them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class MessageType(IntEnum):
    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_ACK_SIZE = 5
    SET_PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    DATA_AMF3 = 15
    COMMAND_AMF3 = 17
    DATA_AMF0 = 18
    COMMAND_AMF0 = 20
    AGGREGATE = 22


MEDIA_TYPES = frozenset({MessageType.AUDIO, MessageType.VIDEO, MessageType.AGGREGATE})


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        type_id: A `MessageType`, or a number we do not know.
        stream_id: The message stream: 0 for the connection itself.
        timestamp: Milliseconds modulo 2**32.
    """

    type_id: int
    stream_id: int
    timestamp: int
    body: bytes
