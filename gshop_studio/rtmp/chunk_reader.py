"""Takes RTMP's chunks apart into messages. Owns the peer's chunk size, its aborts and what it left unfinished.

Memory is bounded whatever the peer sends: a declared length is checked before anything is kept, only bytes that came
are held, and of chunk headers never more than one unfinished one. Source: RTMP specification 1.0, 5.3.
"""

from __future__ import annotations

from collections.abc import Iterator

from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode
from gshop_studio.rtmp.limits import IngestLimits
from gshop_studio.rtmp.message import MEDIA_TYPES, Message, MessageType

_DEFAULT_CHUNK_BYTES = 128
_EXTENDED = 0xFFFFFF
_MESSAGE_HEADER_BYTES = (11, 7, 3, 0)
_MODULUS = 1 << 32


class _ChunkStream:
    """What the last header on one chunk stream said, and the message it is in the middle of."""

    __slots__ = ("delta", "extended", "is_inside", "length", "partial", "stream_id", "timestamp", "type_id")

    def __init__(self) -> None:
        self.timestamp = 0
        self.delta = 0
        self.extended: int | None = None
        self.length = 0
        self.type_id = 0
        self.stream_id = 0
        self.partial = bytearray()
        self.is_inside = False


class ChunkReader:
    """Bytes in, messages out, in order. After an error it must not be fed again."""

    def __init__(self, limits: IngestLimits) -> None:
        self._limits = limits
        self._chunk_bytes = _DEFAULT_CHUNK_BYTES
        self._streams: dict[int, _ChunkStream] = {}
        self._current: _ChunkStream | None = None
        self._chunk_left = 0
        self._header = b""
        self._partial_bytes = 0
        self.allows_media = False
        """Whether audio and video may have their own, larger cap. Off until the peer may send any."""

    @property
    def held_bytes(self) -> int:
        """What is kept between calls: unfinished messages and an unfinished header."""
        return self._partial_bytes + len(self._header)

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes, lazily: each must be acted upon before the next is asked for.

        Raises:
            RtmpError: the peer broke a rule or a limit.
        """
        if self._header:
            data, self._header = self._header + data, b""
        view = memoryview(data)
        position, end = 0, len(data)
        while True:
            if self._current is None:
                start = position
                position = self._read_header(data, start)
                if position < 0:
                    self._header = data[start:]
                    return
            stream = self._current
            assert stream is not None
            available = min(self._chunk_left, end - position)
            if available == stream.length and not stream.partial:
                body = bytes(view[position : position + available])
            else:
                stream.partial += view[position : position + available]
                self._hold(available)
                if len(stream.partial) < stream.length:
                    position += available
                    self._chunk_left -= available
                    if self._chunk_left:
                        return
                    self._current = None
                    continue
                body = bytes(stream.partial)
                self._drop_partial(stream)
            position += available
            stream.is_inside = False
            self._current = None
            message = Message(stream.type_id, stream.stream_id, stream.timestamp, body)
            if message.type_id == MessageType.SET_CHUNK_SIZE:
                self._set_chunk_size(message.body)
            elif message.type_id == MessageType.ABORT:
                self._abort(message.body)
            else:
                yield message

    def _read_header(self, data: bytes, position: int) -> int:
        """Enter the next chunk; where its payload begins, or -1 if the header is not whole yet."""
        end = len(data)
        if position >= end:
            return -1
        kind = data[position] >> 6
        chunk_stream_id = data[position] & 0x3F
        position += 1
        if chunk_stream_id < 2:
            width = chunk_stream_id + 1
            if position + width > end:
                return -1
            chunk_stream_id = 64 + int.from_bytes(data[position : position + width], "little")
            position += width
        stream = self._streams.get(chunk_stream_id)
        if stream is not None and kind == 3:
            position = self._continue(stream, data, position)
        else:
            position = self._begin(stream, chunk_stream_id, kind, data, position)
        return position

    def _continue(self, stream: _ChunkStream, data: bytes, position: int) -> int:
        """A chunk of type 3: the rest of a message, or a new one just like the last."""
        if stream.extended is not None:
            width = _repeated_timestamp_bytes(stream, data[position : position + 4])
            if width < 0:
                return -1
            position += width
        if not stream.is_inside:
            self._start_message(stream, (stream.timestamp + stream.delta) % _MODULUS)
        self._enter(stream)
        return position

    def _begin(self, stream: _ChunkStream | None, chunk_stream_id: int, kind: int, data: bytes, position: int) -> int:
        """A chunk of type 0, 1 or 2: a new message with a header of its own."""
        if stream is None and kind > 1:
            raise RtmpError(RtmpErrorCode.BAD_CHUNK, "a chunk stream begins without a header")
        if stream is not None and stream.is_inside:
            raise RtmpError(RtmpErrorCode.BAD_CHUNK, "a header inside a message")
        header = data[position : position + _MESSAGE_HEADER_BYTES[kind]]
        position += len(header)
        if len(header) < _MESSAGE_HEADER_BYTES[kind]:
            return -1
        if kind < 2:
            self._check_length(int.from_bytes(header[3:6], "big"), header[6])
        time = int.from_bytes(header[:3], "big")
        extended: int | None = None
        if time == _EXTENDED:
            if position + 4 > len(data):
                return -1
            time = extended = int.from_bytes(data[position : position + 4], "big")
            position += 4
        if stream is None:
            stream = self._open(chunk_stream_id)
        stream.extended = extended
        stream.delta = time
        if kind < 2:
            stream.length = int.from_bytes(header[3:6], "big")
            stream.type_id = header[6]
        if kind == 0:
            stream.stream_id = int.from_bytes(header[7:11], "little")
        self._start_message(stream, time if kind == 0 else (stream.timestamp + time) % _MODULUS)
        self._enter(stream)
        return position

    def _open(self, chunk_stream_id: int) -> _ChunkStream:
        if len(self._streams) >= self._limits.max_chunk_streams:
            raise RtmpError(RtmpErrorCode.TOO_MANY_CHUNK_STREAMS)
        self._streams[chunk_stream_id] = stream = _ChunkStream()
        return stream

    def _start_message(self, stream: _ChunkStream, timestamp: int) -> None:
        stream.timestamp = timestamp
        stream.is_inside = True

    def _enter(self, stream: _ChunkStream) -> None:
        self._current = stream
        self._chunk_left = min(self._chunk_bytes, stream.length - len(stream.partial))

    def _check_length(self, length: int, type_id: int) -> None:
        is_media = self.allows_media and type_id in MEDIA_TYPES
        if length > (self._limits.max_message_bytes if is_media else self._limits.max_command_bytes):
            raise RtmpError(RtmpErrorCode.MESSAGE_TOO_LARGE)

    def _hold(self, count: int) -> None:
        self._partial_bytes += count
        if self._partial_bytes > self._limits.max_partial_bytes:
            raise RtmpError(RtmpErrorCode.TOO_MUCH_PARTIAL)

    def _drop_partial(self, stream: _ChunkStream) -> None:
        self._partial_bytes -= len(stream.partial)
        stream.partial = bytearray()
        stream.is_inside = False

    def _set_chunk_size(self, body: bytes) -> None:
        size = int.from_bytes(body, "big")
        if len(body) != 4 or not self._limits.min_chunk_bytes <= size <= self._limits.max_chunk_bytes:
            raise RtmpError(RtmpErrorCode.CHUNK_SIZE)
        self._chunk_bytes = size

    def _abort(self, body: bytes) -> None:
        if len(body) != 4:
            raise RtmpError(RtmpErrorCode.BAD_CONTROL, "abort")
        stream = self._streams.get(int.from_bytes(body, "big"))
        if stream is not None:
            self._drop_partial(stream)


def _repeated_timestamp_bytes(stream: _ChunkStream, ahead: bytes) -> int:
    """How many bytes a repeated extended time stamp takes here: 4, 0, or -1 while that cannot be told.

    ffmpeg and librtmp repeat it in every chunk of type 3, as the specification wants; some peers do not. It is there if
    the bytes are the very same; some repeat the absolute time instead of the delta.
    """
    candidates = [(stream.extended or 0).to_bytes(4, "big")]
    if stream.is_inside:
        candidates.append(stream.timestamp.to_bytes(4, "big"))
    if len(ahead) == 4:
        return 4 if ahead in candidates else 0
    return -1 if any(candidate.startswith(ahead) for candidate in candidates) else 0
