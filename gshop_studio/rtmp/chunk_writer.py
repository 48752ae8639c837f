"""Cuts messages into RTMP's chunks, with the shortest header that every known reader understands.

Source: RTMP specification 1.0, 5.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.rtmp.message import Message, MessageType

_DEFAULT_CHUNK_BYTES = 128
_EXTENDED = 0xFFFFFF
MIN_CHUNK_BYTES = 128
MAX_CHUNK_BYTES = 0xFFFFFF
MAX_BODY_BYTES = 0xFFFFFF


@dataclass(slots=True)
class _Last:
    """What the peer remembers of a chunk stream. `delta` is None after a full header: there readers differ."""

    timestamp: int
    delta: int | None
    length: int
    type_id: int
    stream_id: int


class ChunkWriter:
    """Messages in, bytes out. Starts at 128-byte chunks, as the protocol does."""

    def __init__(self) -> None:
        self._chunk_bytes = _DEFAULT_CHUNK_BYTES
        self._last: dict[int, _Last] = {}

    def set_chunk_size(self, size: int) -> bytes:
        """The message that announces the size; everything after it is cut by it.

        Raises:
            ValueError: outside 128 to 16,777,215.
        """
        if not MIN_CHUNK_BYTES <= size <= MAX_CHUNK_BYTES:
            raise ValueError(f"chunk size of {size} bytes")
        announcement = self.write(2, Message(MessageType.SET_CHUNK_SIZE, 0, 0, size.to_bytes(4, "big")))
        self._chunk_bytes = size
        return announcement

    def write(self, chunk_stream_id: int, message: Message) -> bytes:
        """The chunks of one message.

        Raises:
            ValueError: the body is longer than 16,777,215 bytes, or no such chunk stream can be.
        """
        length = len(message.body)
        if length > MAX_BODY_BYTES:
            raise ValueError(f"message of {length} bytes")
        kind, time = self._choose(chunk_stream_id, message)
        field = min(time, _EXTENDED)
        extended = time.to_bytes(4, "big") if field == _EXTENDED else b""
        head = bytearray(_basic_header(kind, chunk_stream_id))
        if kind < 3:
            head += field.to_bytes(3, "big")
        if kind < 2:
            head += length.to_bytes(3, "big") + bytes((message.type_id,))
        if kind == 0:
            head += message.stream_id.to_bytes(4, "little")
        head += extended
        if length <= self._chunk_bytes:
            return bytes(head) + message.body
        body = memoryview(message.body)
        separator = _basic_header(3, chunk_stream_id) + extended
        pieces = [body[start : start + self._chunk_bytes] for start in range(0, length, self._chunk_bytes)]
        return bytes(head) + separator.join(pieces)

    def _choose(self, chunk_stream_id: int, message: Message) -> tuple[int, int]:
        """The header's type, and the time that goes with it: absolute for type 0, else the delta."""
        last = self._last.get(chunk_stream_id)
        length = len(message.body)
        delta = message.timestamp - last.timestamp if last else -1
        if last is None or not 0 <= delta < _EXTENDED or last.stream_id != message.stream_id:
            self._last[chunk_stream_id] = _Last(message.timestamp, None, length, message.type_id, message.stream_id)
            return 0, message.timestamp
        is_alike = last.length == length and last.type_id == message.type_id
        kind = 1 if not is_alike else 2 if last.delta != delta else 3
        last.timestamp, last.delta = message.timestamp, delta
        last.length, last.type_id = length, message.type_id
        return kind, delta


def _basic_header(kind: int, chunk_stream_id: int) -> bytes:
    if 2 <= chunk_stream_id < 64:
        return bytes((kind << 6 | chunk_stream_id,))
    if 64 <= chunk_stream_id < 320:
        return bytes((kind << 6, chunk_stream_id - 64))
    if 320 <= chunk_stream_id < 65600:
        return bytes((kind << 6 | 1,)) + (chunk_stream_id - 64).to_bytes(2, "little")
    raise ValueError(f"chunk stream {chunk_stream_id}")
