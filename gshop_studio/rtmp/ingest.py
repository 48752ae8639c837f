"""The server's end of RTMP publishing: everything between a socket and audio and video tags, without the socket.

Deadlines and back-pressure are the caller's: it stops reading when it cannot keep up, and closes who says nothing.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from typing import Any

from gshop_studio.rtmp import command
from gshop_studio.rtmp.command import COMMAND_TYPES, DATA_TYPES, Command
from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode
from gshop_studio.rtmp.events import (
    BytesAcknowledged,
    ConnectRequested,
    IngestEvent,
    PingAnswered,
    PublishFinished,
    PublishRequested,
)
from gshop_studio.rtmp.handshake import RandomBytes, ServerHandshake
from gshop_studio.rtmp.ingest_state import IngestState, IngestStep, next_state
from gshop_studio.rtmp.intake import MediaIntake
from gshop_studio.rtmp.limits import DEFAULT_INGEST_LIMITS, IngestLimits
from gshop_studio.rtmp.link import Link
from gshop_studio.rtmp.message import MEDIA_TYPES, Message

DEFAULT_CHUNK_BYTES = 65_536
"""What we send is little; but ffmpeg takes a server's chunk size for its own, and large chunks are cheap to read."""
DEFAULT_WINDOW_BYTES = 2_500_000

_SERVER_VERSION = "FMS/3,5,7,7009"
_CAPABILITIES = 31.0


class IngestConnection:
    """One publisher's connection.

    Handle the events in order, and answer a request before looking at the events after it: a publisher may send ahead
    of our answers. After a rejection drop the events that are left, send what is queued, close.

    Args:
        chunk_size: Of what we send.
        window_ack_size: After how many of our bytes the publisher should acknowledge.
        peer_bandwidth: The window we ask the publisher to announce to us.
    """

    def __init__(
        self,
        limits: IngestLimits = DEFAULT_INGEST_LIMITS,
        *,
        chunk_size: int = DEFAULT_CHUNK_BYTES,
        window_ack_size: int = DEFAULT_WINDOW_BYTES,
        peer_bandwidth: int = DEFAULT_WINDOW_BYTES,
        random_bytes: RandomBytes = os.urandom,
    ) -> None:
        self._limits = limits
        self._chunk_size = chunk_size
        self._peer_bandwidth = peer_bandwidth
        self._handshake = ServerHandshake(random_bytes)
        self._link = Link(self._handshake, limits, window_ack_size)
        self._intake = MediaIntake(limits.amf)
        self._state = IngestState.AWAITING_CONNECT
        self._connect_transaction: float | None = None
        self._publishes_to_answer: deque[int] = deque()
        self._publish_stream_id = 0
        self._streams_created = 0
        self._commands_counted = 0
        self._did_publish = False
        self._by_name: dict[str, Callable[[Command], list[IngestEvent]]] = {
            "connect": self._on_connect,
            "releaseStream": self._on_courtesy,
            "FCPublish": self._on_courtesy,
            "createStream": self._on_create_stream,
            "publish": self._on_publish,
            "FCUnpublish": self._on_unpublish,
            "closeStream": self._on_close_stream,
            "deleteStream": self._on_delete_stream,
            "play": self._on_play,
        }

    @property
    def state(self) -> IngestState:
        return self._state

    @property
    def held_bytes(self) -> int:
        """What is kept of messages that are not whole yet."""
        return self._link.held_bytes

    @property
    def is_handshake_done(self) -> bool:
        return self._link.is_handshake_done

    def receive_data(self, data: bytes) -> list[IngestEvent]:
        """What the publisher's bytes mean.

        Raises:
            RtmpError: the publisher broke the protocol or a limit. Send what is queued (it may say why), then close.
        """
        if self._state is IngestState.REJECTED:
            return []
        events: list[IngestEvent] = []
        for item in self._link.receive(data):
            if isinstance(item, PingAnswered):
                events.append(item)
            elif not isinstance(item, BytesAcknowledged):
                events += self._on_message(item)
        return events

    def data_to_send(self) -> bytes:
        """Everything queued, once; possibly empty."""
        return self._link.data_to_send()

    def accept_connect(self) -> None:
        """Answer `ConnectRequested` with yes.

        Raises:
            RtmpError: `wrong_state` if there is nothing to answer; so for the next three.
        """
        transaction = self._take_connect_transaction()
        self._link.announce_window()
        self._link.set_peer_bandwidth(self._peer_bandwidth)
        self._link.send_stream_begin(0)
        self._link.set_chunk_size(self._chunk_size)
        properties = {"fmsVer": _SERVER_VERSION, "capabilities": _CAPABILITIES, "mode": 1.0}
        info = command.status(command.LEVEL_STATUS, command.CONNECT_SUCCESS, "Connected.") | {"objectEncoding": 0.0}
        self._link.send_command(0, "_result", transaction, properties, info)

    def reject_connect(self, description: str) -> None:
        """Answer `ConnectRequested` with no, in words for the publisher's user."""
        transaction = self._take_connect_transaction()
        info = command.status(command.LEVEL_ERROR, command.CONNECT_REJECTED, description)
        self._link.send_command(0, "_error", transaction, None, info)
        self._step(IngestStep.REJECT)

    def accept_publish(self) -> None:
        """Answer `PublishRequested` with yes."""
        stream_id = self._take_publish()
        self._link.send_stream_begin(stream_id)
        self._send_status(stream_id, command.LEVEL_STATUS, command.PUBLISH_START, "Publishing.")

    def reject_publish(self, code: str, description: str) -> None:
        """Answer `PublishRequested` with no, or end a publish under way (its show is over, say).

        Args:
            code: a status such as `NetStream.Publish.BadName`.
            description: words for the publisher's user.
        """
        is_under_way = not self._publishes_to_answer and self._state is IngestState.PUBLISHING
        stream_id = self._publish_stream_id if is_under_way else self._take_publish()
        self._send_status(stream_id, command.LEVEL_ERROR, code, description)
        self._step(IngestStep.REJECT)

    def send_ping(self, timestamp_ms: int) -> None:
        """Ask for a sign of life; `PingAnswered` brings the number back.

        Raises:
            RtmpError: `wrong_state`, before the handshake is done.
        """
        if not self._link.is_handshake_done:
            raise RtmpError(RtmpErrorCode.WRONG_STATE, "ping before the handshake")
        self._link.send_ping(timestamp_ms)

    def _step(self, step: IngestStep) -> None:
        self._state = next_state(self._state, step)

    def _take_connect_transaction(self) -> float:
        transaction = self._connect_transaction
        if transaction is None:
            raise RtmpError(RtmpErrorCode.WRONG_STATE, "no connect to answer")
        self._connect_transaction = None
        return transaction

    def _take_publish(self) -> int:
        """The message stream of the oldest publish that has no answer yet."""
        if not self._publishes_to_answer:
            raise RtmpError(RtmpErrorCode.WRONG_STATE, "no publish to answer")
        return self._publishes_to_answer.popleft()

    def _send_status(self, stream_id: int, level: str, code: str, description: str) -> None:
        self._link.send_command(stream_id, "onStatus", 0.0, None, command.status(level, code, description))

    def _on_message(self, message: Message) -> list[IngestEvent]:
        if message.type_id in MEDIA_TYPES:
            return self._on_media(message)
        if message.type_id in COMMAND_TYPES:
            self._count_command()
            return self._on_command(Command.parse(message, self._limits.amf))
        if message.type_id in DATA_TYPES:
            self._count_command()
            return self._on_data(message)
        return []

    def _count_command(self) -> None:
        if self._state is IngestState.PUBLISHING:
            return
        self._commands_counted += 1
        if self._commands_counted > self._limits.max_commands_before_publish:
            raise RtmpError(RtmpErrorCode.TOO_MANY_COMMANDS)

    def _on_command(self, call: Command) -> list[IngestEvent]:
        if self._state is IngestState.AWAITING_CONNECT and call.name != "connect":
            self._refuse_out_of_order(call)
        handler = self._by_name.get(call.name)
        return handler(call) if handler else []

    def _refuse_out_of_order(self, call: Command) -> None:
        if call.name == "publish":
            self._send_status(call.stream_id, command.LEVEL_ERROR, command.PUBLISH_FAILED, "Connect before publishing.")
        else:
            info = command.status(command.LEVEL_ERROR, command.CALL_FAILED, "Connect first.")
            self._link.send_command(0, "_error", call.transaction_id, None, info)
        raise RtmpError(RtmpErrorCode.UNEXPECTED_COMMAND, "before connect")

    def _on_connect(self, call: Command) -> list[IngestEvent]:
        if self._state is not IngestState.AWAITING_CONNECT:
            raise RtmpError(RtmpErrorCode.UNEXPECTED_COMMAND, "a second connect")
        about = call.command_object if isinstance(call.command_object, dict) else {}
        app = about.get("app")
        if not isinstance(app, str) or self._is_too_long(app):
            info = command.status(command.LEVEL_ERROR, command.INVALID_APP, "No such application.")
            self._link.send_command(0, "_error", call.transaction_id, None, info)
            raise RtmpError(RtmpErrorCode.BAD_COMMAND, "connect without an application")
        self._step(IngestStep.CONNECT)
        self._connect_transaction = call.transaction_id
        return [ConnectRequested(app.strip("/"), _text(about.get("tcUrl")), _text(about.get("flashVer")))]

    def _on_courtesy(self, call: Command) -> list[IngestEvent]:
        """releaseStream and FCPublish: nothing to do, but some publishers wait for the answer."""
        self._link.send_command(0, "_result", call.transaction_id, None, None)
        return []

    def _on_create_stream(self, call: Command) -> list[IngestEvent]:
        self._streams_created += 1
        self._link.send_command(0, "_result", call.transaction_id, None, float(self._streams_created))
        return []

    def _on_publish(self, call: Command) -> list[IngestEvent]:
        if self._state is IngestState.PUBLISHING:
            self._refuse_name(call, "This connection is publishing already.")
            return []
        name = call.argument(0)
        if not isinstance(name, str) or not name or self._is_too_long(name):
            self._refuse_name(call, "The stream name is missing, too long, or not a text.")
            return []
        self._step(IngestStep.PUBLISH)
        self._link.allow_media()
        self._did_publish = True
        self._publish_stream_id = call.stream_id
        self._publishes_to_answer.append(call.stream_id)
        return [PublishRequested(name)]

    def _refuse_name(self, call: Command, description: str) -> None:
        self._send_status(call.stream_id, command.LEVEL_ERROR, command.PUBLISH_BAD_NAME, description)

    def _on_unpublish(self, call: Command) -> list[IngestEvent]:
        return self._finish()

    def _on_close_stream(self, call: Command) -> list[IngestEvent]:
        return self._finish() if call.stream_id == self._publish_stream_id else []

    def _on_delete_stream(self, call: Command) -> list[IngestEvent]:
        number = call.argument(0)
        is_other = isinstance(number, float) and number != self._publish_stream_id
        return [] if is_other else self._finish()

    def _finish(self) -> list[IngestEvent]:
        if self._state is not IngestState.PUBLISHING:
            return []
        self._step(IngestStep.FINISH)
        self._send_status(
            self._publish_stream_id, command.LEVEL_STATUS, command.UNPUBLISH_SUCCESS, "Stopped publishing."
        )
        return [PublishFinished()]

    def _on_play(self, call: Command) -> list[IngestEvent]:
        self._send_status(call.stream_id, command.LEVEL_ERROR, command.PLAY_FAILED, "This server takes no players.")
        return []

    def _is_too_long(self, name: str) -> bool:
        return len(name.encode("utf-8", errors="replace")) > self._limits.max_name_bytes

    def _on_media(self, message: Message) -> list[IngestEvent]:
        if not self._did_publish:
            raise RtmpError(RtmpErrorCode.UNEXPECTED_MEDIA, "before publish")
        if self._state is not IngestState.PUBLISHING:
            return []  # was under way when the publisher said goodbye
        return list(self._intake.media(message))

    def _on_data(self, message: Message) -> list[IngestEvent]:
        return list(self._intake.data(message)) if self._state is IngestState.PUBLISHING else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
