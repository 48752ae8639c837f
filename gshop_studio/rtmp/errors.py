"""What a peer can do wrong: one error class with a stable code. Texts never carry what the peer sent (keys!)."""

from __future__ import annotations

from enum import StrEnum


class RtmpErrorCode(StrEnum):
    BAD_VERSION = "rtmp.bad_version"
    """The first byte of the handshake is not 3."""
    CHUNK_SIZE = "rtmp.chunk_size"
    """A chunk size below the floor or above the ceiling."""
    BAD_CHUNK = "rtmp.bad_chunk"
    """A chunk header that cannot follow what came before it."""
    TOO_MANY_CHUNK_STREAMS = "rtmp.too_many_chunk_streams"
    MESSAGE_TOO_LARGE = "rtmp.message_too_large"
    """A declared length above the cap; nothing was allocated."""
    TOO_MUCH_PARTIAL = "rtmp.too_much_partial"
    """Unfinished messages together take more than their cap."""
    BAD_CONTROL = "rtmp.bad_control"
    BAD_AMF = "rtmp.bad_amf"
    AMF_BUDGET = "rtmp.amf_budget"
    """AMF too deep, too many values, or too much text."""
    BAD_COMMAND = "rtmp.bad_command"
    UNEXPECTED_COMMAND = "rtmp.unexpected_command"
    """A command out of order, such as publish before connect."""
    TOO_MANY_COMMANDS = "rtmp.too_many_commands"
    UNEXPECTED_MEDIA = "rtmp.unexpected_media"
    """Audio or video before any publish."""
    BAD_VIDEO = "rtmp.bad_video"
    BAD_AUDIO = "rtmp.bad_audio"
    UNSUPPORTED_CODEC = "rtmp.unsupported_codec"
    """Not H.264 or not AAC."""
    WRONG_STATE = "rtmp.wrong_state"
    """This end asked for something its own state does not allow, such as sending video before the publish started."""


class RtmpError(Exception):
    """The peer broke the protocol or a limit. The connection cannot go on: flush what is queued, then close."""

    def __init__(self, code: RtmpErrorCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail
