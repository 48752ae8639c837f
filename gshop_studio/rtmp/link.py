"""What both ends of a connection have in common: handshake, chunks, control messages, acknowledgements, pings."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Any

from gshop_studio.rtmp import amf0
from gshop_studio.rtmp.acknowledgement import AcknowledgedBytes, AcknowledgementDebt
from gshop_studio.rtmp.chunk_reader import ChunkReader
from gshop_studio.rtmp.chunk_writer import ChunkWriter
from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode
from gshop_studio.rtmp.events import BytesAcknowledged, PingAnswered
from gshop_studio.rtmp.handshake import Handshake
from gshop_studio.rtmp.limits import IngestLimits
from gshop_studio.rtmp.message import Message, MessageType

_CONTROL_CHUNK_STREAM = 2
_COMMAND_CHUNK_STREAM = 3
_UNANNOUNCED_WINDOW_BYTES = 2_500_000
"""How often a peer that announces no window hears of its bytes."""
_MODULUS = 1 << 32


class _UserControl(IntEnum):
    STREAM_BEGIN = 0
    PING_REQUEST = 6
    PING_RESPONSE = 7


class Link:
    """One connection below the commands. Control messages are dealt with here; all others come out of `receive`.

    Args:
        window_ack_size: After how many of our bytes we want to hear from the peer; a smaller wish of its own wins.
    """

    def __init__(self, handshake: Handshake, limits: IngestLimits, window_ack_size: int) -> None:
        self._handshake = handshake
        self._limits = limits
        self._reader = ChunkReader(limits)
        self._writer = ChunkWriter()
        self._outgoing: list[bytes] = []
        self._acknowledged = AcknowledgedBytes()
        self._debt = AcknowledgementDebt(_UNANNOUNCED_WINDOW_BYTES)
        self._window_ack_size = window_ack_size
        self._announced_window: int | None = None
        self._error: RtmpError | None = None
        self.bytes_queued_total = 0
        """Of ours since the handshake."""

    @property
    def is_handshake_done(self) -> bool:
        return self._handshake.is_done

    @property
    def bytes_acknowledged(self) -> int:
        return self._acknowledged.total

    @property
    def held_bytes(self) -> int:
        return self._reader.held_bytes

    def allow_media(self) -> None:
        """From now on audio and video messages may be as large as the limits let them."""
        self._reader.allows_media = True

    def receive(self, data: bytes) -> Iterator[Message | BytesAcknowledged | PingAnswered]:
        """What `data` completes, lazily and in order. After an error every further call raises it again."""
        if self._error is not None:
            raise self._error
        try:
            yield from self._receive(data)
        except RtmpError as error:
            self._error = error
            raise

    def _receive(self, data: bytes) -> Iterator[Message | BytesAcknowledged | PingAnswered]:
        if not self._handshake.is_done:
            answer, data = self._handshake.receive(data)
            if answer:
                self._outgoing.append(answer)
            if not self._handshake.is_done:
                return
        self._debt.add(len(data))
        for message in self._reader.feed(data):
            match message.type_id:
                case MessageType.ACKNOWLEDGEMENT:
                    total = self._acknowledged.acknowledge(_number(message), self.bytes_queued_total)
                    yield BytesAcknowledged(total)
                case MessageType.WINDOW_ACK_SIZE:
                    self._debt.set_window(_number(message))
                case MessageType.SET_PEER_BANDWIDTH:
                    self._limit_window(message)
                case MessageType.USER_CONTROL:
                    yield from self._on_user_control(message.body)
                case _:
                    yield message
        sequence = self._debt.settle()
        if sequence is not None:
            self._send_number(MessageType.ACKNOWLEDGEMENT, sequence)

    def _on_user_control(self, body: bytes) -> Iterator[PingAnswered]:
        if len(body) < 2:
            raise RtmpError(RtmpErrorCode.BAD_CONTROL, "user control cut short")
        kind = int.from_bytes(body[:2], "big")
        if kind not in (_UserControl.PING_REQUEST, _UserControl.PING_RESPONSE):
            return
        if len(body) < 6:
            raise RtmpError(RtmpErrorCode.BAD_CONTROL, "ping cut short")
        timestamp_ms = int.from_bytes(body[2:6], "big")
        if kind == _UserControl.PING_RESPONSE:
            yield PingAnswered(timestamp_ms)
        else:
            self._send_user_control(_UserControl.PING_RESPONSE, timestamp_ms)

    def _limit_window(self, message: Message) -> None:
        wanted = int.from_bytes(message.body[:4], "big")
        if len(message.body) != 5:
            raise RtmpError(RtmpErrorCode.BAD_CONTROL, "peer bandwidth")
        if wanted:
            self._window_ack_size = min(self._window_ack_size, wanted)
            self.announce_window()

    def announce_window(self) -> None:
        """Tell the peer our window, unless it knows."""
        if self._announced_window != self._window_ack_size:
            self._announced_window = self._window_ack_size
            self._send_number(MessageType.WINDOW_ACK_SIZE, self._window_ack_size)

    def set_chunk_size(self, size: int) -> None:
        self._queue(self._writer.set_chunk_size(size))

    def set_peer_bandwidth(self, size: int) -> None:
        """Ask the peer for a window of its own (limit type 2, dynamic)."""
        self._send_control(MessageType.SET_PEER_BANDWIDTH, size.to_bytes(4, "big") + b"\x02")

    def send_stream_begin(self, stream_id: int) -> None:
        self._send_user_control(_UserControl.STREAM_BEGIN, stream_id)

    def send_ping(self, timestamp_ms: int) -> None:
        self._send_user_control(_UserControl.PING_REQUEST, timestamp_ms % _MODULUS)

    def send_command(self, stream_id: int, *values: Any) -> None:
        body = amf0.encode(*values)
        self.send(_COMMAND_CHUNK_STREAM, Message(MessageType.COMMAND_AMF0, stream_id, 0, body))

    def send(self, chunk_stream_id: int, message: Message) -> None:
        self._queue(self._writer.write(chunk_stream_id, message))

    def queue_handshake(self, data: bytes) -> None:
        self._outgoing.append(data)

    def data_to_send(self) -> bytes:
        """Everything queued, once."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    def _queue(self, data: bytes) -> None:
        self._outgoing.append(data)
        self.bytes_queued_total += len(data)

    def _send_number(self, type_id: MessageType, number: int) -> None:
        self._send_control(type_id, number.to_bytes(4, "big"))

    def _send_user_control(self, kind: _UserControl, number: int) -> None:
        self._send_control(MessageType.USER_CONTROL, kind.to_bytes(2, "big") + number.to_bytes(4, "big"))

    def _send_control(self, type_id: MessageType, body: bytes) -> None:
        self.send(_CONTROL_CHUNK_STREAM, Message(type_id, 0, 0, body))


def _number(message: Message) -> int:
    if len(message.body) != 4:
        raise RtmpError(RtmpErrorCode.BAD_CONTROL, "a number of other than 4 bytes")
    return int.from_bytes(message.body, "big")
