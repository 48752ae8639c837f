"""Takes aggregate messages apart: several FLV tags in one message, as older encoders send them.

Source: RTMP specification 1.0, 7.1.6.
"""

from __future__ import annotations

from collections.abc import Iterator

from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode
from gshop_studio.rtmp.message import Message

_TAG_HEADER_BYTES = 11
_BACK_POINTER_BYTES = 4
_MODULUS = 1 << 32


def split_aggregate(message: Message) -> Iterator[Message]:
    """The messages inside. Their time stamps are moved so that the first has the aggregate's own.

    Raises:
        RtmpError: `bad_video`, if a tag is cut short.
    """
    body = message.body
    position = 0
    offset: int | None = None
    while position < len(body):
        header = body[position : position + _TAG_HEADER_BYTES]
        start = position + _TAG_HEADER_BYTES
        end = start + int.from_bytes(header[1:4], "big")
        if end > len(body):
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "aggregate cut short")
        timestamp = header[7] << 24 | int.from_bytes(header[4:7], "big")
        if offset is None:
            offset = message.timestamp - timestamp
        yield Message(header[0], message.stream_id, (timestamp + offset) % _MODULUS, body[start:end])
        position = end + _BACK_POINTER_BYTES
