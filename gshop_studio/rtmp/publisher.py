"""The publisher's end of RTMP: everything between a socket and encoded packets, without the socket."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from gshop_studio.rtmp import amf0, command
from gshop_studio.rtmp.command import COMMAND_TYPES, Command
from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode
from gshop_studio.rtmp.events import BytesAcknowledged, PingAnswered, PublisherEvent, PublishRefused, PublishStarted
from gshop_studio.rtmp.handshake import ClientHandshake, RandomBytes
from gshop_studio.rtmp.limits import DEFAULT_INGEST_LIMITS, IngestLimits
from gshop_studio.rtmp.link import Link
from gshop_studio.rtmp.message import Message, MessageType
from gshop_studio.rtmp.publisher_state import PublisherState, PublisherStep, next_state

DEFAULT_WINDOW_ACK_BYTES = 160_000
"""Half a second of 720p at 2.5 Mb/s: so soon does a silent peer show."""

_AUDIO_CHUNK_STREAM = 4
_DATA_CHUNK_STREAM = 5
_VIDEO_CHUNK_STREAM = 6
_FLASH_VERSION = "FMLE/3.0 (compatible; GSHOP)"
_MODULUS = 1 << 32


# The numbers of our calls; each is made once.
_CONNECT = 1.0
_RELEASE_STREAM = 2.0
_FC_PUBLISH = 3.0
_CREATE_STREAM = 4.0
_PUBLISH = 5.0
_FC_UNPUBLISH = 6.0
_DELETE_STREAM = 7.0


class PublisherConnection:
    """One attempt to publish one stream.

    Args:
        app: The application's name, such as `live`.
        tc_url: The URL of the application; must not hold the key.
        stream_key: The stream's name, with its query string if any.
        chunk_size: Of what we send.
        window_ack_size: After how many bytes we ask the server to acknowledge; about half a second of media, so that
            a dead or frozen server shows soon.
    """

    def __init__(
        self,
        app: str,
        tc_url: str,
        stream_key: str,
        *,
        chunk_size: int = 4096,
        window_ack_size: int = DEFAULT_WINDOW_ACK_BYTES,
        limits: IngestLimits = DEFAULT_INGEST_LIMITS,
        random_bytes: RandomBytes = os.urandom,
    ) -> None:
        self._app = app
        self._tc_url = tc_url
        self._stream_key = stream_key
        self._chunk_size = chunk_size
        self._limits = limits
        self._handshake = ClientHandshake(random_bytes)
        self._link = Link(self._handshake, limits, window_ack_size)
        self._stream_id = 0
        self._state = PublisherState.IDLE
        self._by_name: dict[str, Callable[[Command], list[PublisherEvent]]] = {
            "_result": self._on_result,
            "_error": self._on_error,
            "onStatus": self._on_status,
            "close": self._on_close,
        }

    @property
    def state(self) -> PublisherState:
        return self._state

    @property
    def bytes_acknowledged(self) -> int:
        """What the server says it took of `bytes_queued_total`."""
        return self._link.bytes_acknowledged

    @property
    def bytes_queued_total(self) -> int:
        """All bytes ever queued for sending, the handshake not counted."""
        return self._link.bytes_queued_total

    def start(self) -> None:
        """Queue the first bytes.

        Raises:
            RtmpError: `wrong_state`, if it was started before.
        """
        self._step(PublisherStep.START)
        self._link.queue_handshake(self._handshake.start())

    def receive_data(self, data: bytes) -> list[PublisherEvent]:
        """What the server's bytes mean.

        Raises:
            RtmpError: the server broke the protocol or a limit; close.
        """
        events: list[PublisherEvent] = []
        for item in self._link.receive(data):
            self._connect_once_shaken()
            if isinstance(item, BytesAcknowledged | PingAnswered):
                events.append(item)
            elif item.type_id in COMMAND_TYPES:
                call = Command.parse(item, self._limits.amf)
                handler = self._by_name.get(call.name)
                if handler and self._state not in (PublisherState.REFUSED, PublisherState.FINISHED):
                    events += handler(call)
        self._connect_once_shaken()
        return events

    def receive_eof(self) -> list[PublisherEvent]:
        """The server closed. If it owed us an answer, that is its no: nginx-rtmp refuses an application or a key so.

        The code is then `NetConnection.Connect.Closed`. A server that dies in this moment looks the same.
        """
        if self._state in (PublisherState.CONNECTING, PublisherState.CREATING_STREAM, PublisherState.AWAITING_START):
            return self._refuse(None, command.CONNECT_CLOSED)
        return []

    def data_to_send(self) -> bytes:
        """Everything queued, once; possibly empty."""
        return self._link.data_to_send()

    def send_metadata(self, values: dict[str, Any]) -> None:
        """Describe the media (onMetaData).

        Raises:
            RtmpError: `wrong_state` before the publish has started; so for all media.
        """
        body = amf0.encode("@setDataFrame", "onMetaData", amf0.EcmaArray(values))
        self._send_media(_DATA_CHUNK_STREAM, MessageType.DATA_AMF0, 0, body)

    def send_video(self, timestamp_ms: int, body: bytes) -> None:
        """Queue one FLV video tag's body at its decoding time; above 2**32 it wraps."""
        self._send_media(_VIDEO_CHUNK_STREAM, MessageType.VIDEO, timestamp_ms, body)

    def send_audio(self, timestamp_ms: int, body: bytes) -> None:
        """Queue one FLV audio tag's body; above 2**32 its time wraps."""
        self._send_media(_AUDIO_CHUNK_STREAM, MessageType.AUDIO, timestamp_ms, body)

    def send_ping(self, timestamp_ms: int) -> None:
        """Ask for a sign of life; `PingAnswered` brings the number back.

        Raises:
            RtmpError: `wrong_state`, before the server knows us.
        """
        if self._state in (PublisherState.IDLE, PublisherState.HANDSHAKING):
            raise RtmpError(RtmpErrorCode.WRONG_STATE, "ping before the handshake")
        self._link.send_ping(timestamp_ms)

    def finish(self) -> None:
        """Say goodbye (FCUnpublish, deleteStream) if there is something to say goodbye to; nothing may follow."""
        if self._state in (PublisherState.AWAITING_START, PublisherState.PUBLISHING):
            self._link.send_command(0, "FCUnpublish", _FC_UNPUBLISH, None, self._stream_key)
            self._link.send_command(0, "deleteStream", _DELETE_STREAM, None, float(self._stream_id))
        self._step(PublisherStep.FINISHED)

    def _step(self, step: PublisherStep) -> None:
        self._state = next_state(self._state, step)

    def _send_media(self, chunk_stream_id: int, type_id: MessageType, timestamp_ms: int, body: bytes) -> None:
        if self._state is not PublisherState.PUBLISHING:
            raise RtmpError(RtmpErrorCode.WRONG_STATE, f"media while {self._state}")
        self._link.send(chunk_stream_id, Message(type_id, self._stream_id, timestamp_ms % _MODULUS, body))

    def _connect_once_shaken(self) -> None:
        if self._state is not PublisherState.HANDSHAKING or not self._link.is_handshake_done:
            return
        self._step(PublisherStep.SHAKEN)
        about = {"app": self._app, "type": "nonprivate", "flashVer": _FLASH_VERSION, "tcUrl": self._tc_url}
        self._link.send_command(0, "connect", _CONNECT, about)

    def _on_result(self, call: Command) -> list[PublisherEvent]:
        if call.transaction_id == _CONNECT and self._state is PublisherState.CONNECTING:
            self._step(PublisherStep.CONNECTED)
            self._link.announce_window()
            self._link.set_chunk_size(self._chunk_size)
            self._link.send_command(0, "releaseStream", _RELEASE_STREAM, None, self._stream_key)
            self._link.send_command(0, "FCPublish", _FC_PUBLISH, None, self._stream_key)
            self._link.send_command(0, "createStream", _CREATE_STREAM, None)
        elif call.transaction_id == _CREATE_STREAM and self._state is PublisherState.CREATING_STREAM:
            self._stream_id = _stream_id(call.argument(0))
            self._step(PublisherStep.CREATED)
            self._link.send_command(self._stream_id, "publish", _PUBLISH, None, self._stream_key, "live")
        return []

    def _on_error(self, call: Command) -> list[PublisherEvent]:
        """Only the calls that matter: many servers know neither releaseStream nor FCPublish."""
        if call.transaction_id not in (_CONNECT, _CREATE_STREAM, _PUBLISH):
            return []
        fallback = command.CONNECT_REJECTED if call.transaction_id == _CONNECT else command.CALL_FAILED
        return self._refuse(call.argument(0), fallback)

    def _on_status(self, call: Command) -> list[PublisherEvent]:
        info = call.argument(0)
        if not isinstance(info, dict):
            return []
        if info.get("level") == command.LEVEL_ERROR:
            return self._refuse(info, command.PUBLISH_FAILED)
        if info.get("code") == command.PUBLISH_START and self._state is PublisherState.AWAITING_START:
            self._step(PublisherStep.STARTED)
            return [PublishStarted()]
        return []

    def _on_close(self, call: Command) -> list[PublisherEvent]:
        return self._refuse(call.argument(0), command.CONNECT_CLOSED)

    def _refuse(self, info: Any, fallback: str) -> list[PublisherEvent]:
        fields = info if isinstance(info, dict) else {}
        code, description = fields.get("code"), fields.get("description")
        self._step(PublisherStep.REFUSED)
        return [
            PublishRefused(
                code if isinstance(code, str) and code else fallback,
                description if isinstance(description, str) else "",
            )
        ]


def _stream_id(value: Any) -> int:
    if not isinstance(value, float) or not 0 <= value < _MODULUS:
        raise RtmpError(RtmpErrorCode.BAD_COMMAND, "createStream gave no stream id")
    return int(value)
