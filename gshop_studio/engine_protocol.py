"""What the studio and the engine say to each other over the local socket. Standard library only; no sockets here.

The engine listens on 127.0.0.1, on a free port, and writes `engine.json` (mode 600: `pid`, `port`, `token`) into its
control directory. Each message is one line of JSON in UTF-8, at most `MAX_LINE_BYTES`. The first one must be the hello
with the token; the engine closes the connection of whoever says anything else.

    -> {"hello": TOKEN, "protocol": 1}
    <- {"welcome": {"pid": 4711, "version": "0.1.0"}}
    -> {"id": 1, "command": "go_live", "params": {"url": "rtmp://..", "key": ".."}}
    <- {"reply_to": 1, "ok": true, "result": {}}
    <- {"reply_to": 2, "ok": false, "error": {"code": "source.not_found", "params": {"source": "camera:3"}}}
    <- {"event": "status", "data": {...}}            each second and at each change of state
    <- {"event": "meters", "data": {...}}            20 a second while a studio is connected
    <- {"event": "preview", "data": {"slot": 1, ..}} a slot of the preview memory now holds a whole frame
    -> {"id": 9, "command": "preview_release", "params": {"slot": 1}}

Preview frames lie in a file of `slot_count` equal slots mapped by both. A slot belongs to the engine, until its
`preview` event hands it to the studio, and is the engine's again by `preview_release` (or by the connection's end). The
engine never writes into a slot it has handed out: a torn frame is impossible.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

PROTOCOL_VERSION = 1
MAX_LINE_BYTES = 64 * 1024
ADDRESS_FILE = "engine.json"
PREVIEW_FILE = "preview.bgra"
PREVIEW_SLOT_COUNT = 3
PREVIEW_BYTES_PER_PIXEL = 4
"""BGRA, which is Qt's Format_RGB32 on little-endian machines. No padding: stride is 4 x width."""


class Command(StrEnum):
    """What the studio may ask. `params` in brackets, `result` after the arrow; no arrow: an empty result."""

    STATUS = "status"  # -> EngineStatus
    LIST_DEVICES = "list_devices"  # -> {cameras: [Device], microphones: [Device]}
    SET_SOURCES = "set_sources"  # {video?: SPEC, audio?: SPEC}: as on the command line; switched on air too
    SET_QUALITY = "set_quality"  # {quality}: refused while on air
    SET_AUDIO = "set_audio"  # {gain_db?, is_muted?}
    GO_LIVE = "go_live"  # {url, key}
    STOP = "stop"  # ends the broadcast; answers once idle
    RETRY_NOW = "retry_now"  # skips the wait before the next attempt
    PREVIEW_START = "preview_start"  # {width, height} -> {path, slot_count, slot_bytes, width, height}
    PREVIEW_STOP = "preview_stop"
    PREVIEW_RELEASE = "preview_release"  # {slot}
    SHUTDOWN = "shutdown"  # stops the broadcast and the process


class EngineEvent(StrEnum):
    STATUS = "status"
    METERS = "meters"
    PREVIEW = "preview"
    NOTICE = "notice"


class EngineState(StrEnum):
    IDLE = "idle"
    CONNECTING = "connecting"
    LIVE = "live"
    RECONNECTING = "reconnecting"
    STOPPING = "stopping"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, for a person to be told in their language: a stable code and what the text needs.

    Codes: `source.not_found`, `source.busy`, `source.unreadable`, `source.no_audio`, `source.no_video`, `source.lost`,
    `ingest.unreachable` {host, port}, `ingest.timeout`, `ingest.refused_key`, `ingest.refused` {status},
    `ingest.bad_url`, `ingest.certificate` {reason}, `ingest.protocol`, `ingest.closed`, `ingest.lost`,
    `encoder.failed` {reason}, `engine.bad_request` {reason}, `engine.busy`.
    """

    code: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Device:
    """A camera or a microphone; `id` is what follows `camera:` or `microphone:` in a source's name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What the engine does now. Sent each second and at each change of state; also a line of `--stats`."""

    state: EngineState
    at_ms: int
    """UTC, milliseconds, by the engine's clock."""
    fault: Fault | None = None
    """Why it failed, or why it is reconnecting."""
    video_source: str = ""
    audio_source: str = ""
    quality: str = ""
    width: int = 0
    height: int = 0
    live_s: float = 0.0
    """Seconds since the ingest first accepted this broadcast."""
    sent_kbps: float = 0.0
    encoded_fps: float = 0.0
    encoded_frames: int = 0
    late_frames: int = 0
    """Frames whose tick was missed: the encoder or the source was too slow."""
    dropped_frames: int = 0
    """Encoded frames not sent, because the uplink was too slow or away."""
    silent_samples: int = 0
    """Samples of silence put in where the audio source had none ready."""
    queued_ms: float = 0.0
    """Media time that waits to be sent."""
    congestion: float = 0.0
    """Queued time over the queue's limit, 0 to 1."""
    round_trip_ms: float | None = None
    reconnects: int = 0
    retry_in_s: float | None = None
    cpu_percent: float = 0.0
    """Of one core, this process."""
    is_muted: bool = False
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Meters:
    """The sound's level, after gain and mute, in dBFS (-120 is silence)."""

    peak_dbfs: tuple[float, float]
    rms_dbfs: tuple[float, float]


@dataclass(frozen=True, slots=True)
class PreviewFrame:
    """A slot of the preview memory that now belongs to the studio."""

    slot: int
    width: int
    height: int
    captured_at_ms: int


class ProtocolError(Exception):
    """The other end sent a line that is not a message of this protocol."""


def encode_line(message: dict[str, Any]) -> bytes:
    """One message as one line."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decode_line(line: bytes) -> dict[str, Any]:
    """One line as one message.

    Raises:
        ProtocolError: too long, not JSON, or not an object.
    """
    if len(line) > MAX_LINE_BYTES:
        raise ProtocolError("line too long")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("not JSON") from error
    if not isinstance(message, dict):
        raise ProtocolError("not an object")
    return message


def status_to_wire(status: EngineStatus) -> dict[str, Any]:
    """As JSON's types."""
    return dataclasses.asdict(status)


def status_from_wire(data: dict[str, Any]) -> EngineStatus:
    """From JSON's types; unknown fields (of a newer engine) are passed over.

    Raises:
        ProtocolError: a state this version does not know, or a field of the wrong shape.
    """
    known = {f.name for f in dataclasses.fields(EngineStatus)}
    fields = {name: value for name, value in data.items() if name in known}
    try:
        fields["state"] = EngineState(fields["state"])
        fault = fields.get("fault")
        fields["fault"] = Fault(str(fault["code"]), dict(fault.get("params", {}))) if fault else None
        return EngineStatus(**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError("not a status") from error
