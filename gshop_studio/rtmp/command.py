"""RTMP's commands and their answers' names: what NetConnection and NetStream call each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gshop_studio.rtmp import amf0
from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode
from gshop_studio.rtmp.limits import AmfLimits
from gshop_studio.rtmp.message import Message, MessageType

CONNECT_SUCCESS = "NetConnection.Connect.Success"
CONNECT_REJECTED = "NetConnection.Connect.Rejected"
CONNECT_CLOSED = "NetConnection.Connect.Closed"
INVALID_APP = "NetConnection.Connect.InvalidApp"
CALL_FAILED = "NetConnection.Call.Failed"
PUBLISH_START = "NetStream.Publish.Start"
PUBLISH_BAD_NAME = "NetStream.Publish.BadName"
PUBLISH_FAILED = "NetStream.Failed"
UNPUBLISH_SUCCESS = "NetStream.Unpublish.Success"
PLAY_FAILED = "NetStream.Play.Failed"

LEVEL_STATUS = "status"
LEVEL_ERROR = "error"

COMMAND_TYPES = frozenset({MessageType.COMMAND_AMF0, MessageType.COMMAND_AMF3})
DATA_TYPES = frozenset({MessageType.DATA_AMF0, MessageType.DATA_AMF3})
_AMF3_TYPES = frozenset({MessageType.COMMAND_AMF3, MessageType.DATA_AMF3})


@dataclass(frozen=True, slots=True)
class Command:
    """One call.

    Attributes:
        transaction_id: 0 if no answer is expected.
        arguments: What follows the command object.
    """

    name: str
    transaction_id: float
    command_object: Any
    arguments: list[Any]
    stream_id: int

    @classmethod
    def parse(cls, message: Message, limits: AmfLimits) -> Command:
        """Read a command message.

        Raises:
            RtmpError: `bad_amf`, `amf_budget`, or `bad_command` if it has no name.
        """
        values = decode_values(message, limits)
        if not values or not isinstance(values[0], str):
            raise RtmpError(RtmpErrorCode.BAD_COMMAND, "no name")
        transaction_id = values[1] if len(values) > 1 and isinstance(values[1], float) else 0.0
        command_object = values[2] if len(values) > 2 else None
        return cls(values[0], transaction_id, command_object, values[3:], message.stream_id)

    def argument(self, index: int) -> Any:
        """The argument, or None if there are fewer."""
        return self.arguments[index] if index < len(self.arguments) else None


def decode_values(message: Message, limits: AmfLimits) -> list[Any]:
    """The values of a command or data message. The AMF3 kinds start with a 0 byte and then speak AMF0."""
    body = message.body
    if message.type_id in _AMF3_TYPES and body[:1] == b"\x00":
        body = body[1:]
    return amf0.decode(body, limits)


def status(level: str, code: str, description: str) -> dict[str, Any]:
    """The information object of an answer."""
    return {"level": level, "code": code, "description": description}
