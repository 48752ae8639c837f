"""What the studio and the engine say to each other over the local socket. Standard library only; no sockets here.

The engine listens on 127.0.0.1, on a free port, and writes `engine.json` (mode 600: `pid`, `port`, `token`) into its
control directory. Each message is one line of JSON in UTF-8, at most `MAX_LINE_BYTES`. The first one must be the hello
with the token; the engine closes the connection of whoever says anything else.

    -> {"hello": TOKEN, "protocol": 3}
    <- {"welcome": {"pid": 4711, "version": "0.1.0"}}
    -> {"id": 1, "command": "go_live", "params": {"url": "rtmp://..", "key": ".."}}
    <- {"reply_to": 1, "ok": true, "result": {}}
    <- {"reply_to": 2, "ok": false, "error": {"code": "source.not_found", "params": {"source": "camera:3"}}}
    <- {"event": "status", "data": {...}}            each second and at each change of state
    <- {"event": "meters", "data": {...}}            20 a second while a studio is connected
    <- {"event": "preview", "data": {"slot": 1, ..}} a slot of the preview memory now holds a whole frame

Preview frames lie in a file of `slot_count` equal slots mapped by both, and a byte for each slot after them: 0, it is
the engine's; 1, the studio's. A slot belongs to the engine until its `preview` event hands it to the studio, which
gives it back by writing 0 into its byte, or by `preview_release` where it cannot write; all come back with the
connection's end. The engine never writes into a slot it has handed out: a torn frame is impossible. Each
`preview_start` makes a new memory; its `number` tells frames of an earlier one.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

PROTOCOL_VERSION = 3
MAX_LINE_BYTES = 64 * 1024
ADDRESS_FILE = "engine.json"
PREVIEW_FILE = "preview.bgra"
PREVIEW_SLOT_COUNT = 3
PREVIEW_BYTES_PER_PIXEL = 4
"""BGRA, which is Qt's Format_RGB32 on little-endian machines. No padding: stride is 4 x width."""


class Command(StrEnum):
    """What the studio may ask. `params` in brackets, `result` after the arrow; no arrow: an empty result.

    SPEC is a source's name as on the command line (`camera:ID`, `file:PATH`, ...); `null` takes it away.
    """

    STATUS = "status"  # -> EngineStatus
    # sources and picture
    LIST_DEVICES = "list_devices"  # -> {cameras: [Device], microphones: [Device], screens: [Device]}
    CAMERA_MODES = "camera_modes"  # {camera} -> {modes: [{width, height, fps, pixel_format}]}
    SET_SOURCES = "set_sources"  # {video?: SPEC, audio?: SPEC}: input "main", channel "microphone"; on air too
    SET_INPUT = "set_input"  # {input, source: SPEC|null, with_sound?}: a further picture for scenes ("screen", "media")
    LIST_SCENES = "list_scenes"  # -> {scenes: [NAME]}: the ready-made ones
    SET_SCENE = "set_scene"  # {scene: NAME|{name, layers}, parameters?, transition?: {kind, duration_ms}}
    SET_OVERLAY = "set_overlay"  # {name, layer: {..}|null}: burned in over whichever scene is on
    MEDIA_CONTROL = "media_control"  # {source: INPUT|CHANNEL, action?: play|pause|loop|once|seek, position_s?} -> state
    SET_QUALITY = "set_quality"  # {quality, orientation?}: refused while on air or recording
    # sound
    SET_AUDIO = "set_audio"  # {gain_db?, is_muted?}: channel "microphone"
    SET_CHANNEL = "set_channel"  # {channel, source?: SPEC|null, gain_db?, is_muted?, delay_ms?, effects?: {NAME: bool}}
    # encoding and outputs
    LIST_ENCODERS = "list_encoders"  # -> {encoders: [{id, label, is_hardware}]}: those that could be opened
    SET_ENCODER = "set_encoder"  # {encoder}: refused while on air or recording
    GO_LIVE = "go_live"  # {url, key, destination?}: "main" without a name; others ride along on the same encoding
    STOP = "stop"  # {destination?}: ends the broadcast; answers once idle. The recording goes on
    RETRY_NOW = "retry_now"  # {destination?}: skips the wait before the next attempt
    RECORD_START = "record_start"  # {folder, name} -> {path}
    RECORD_STOP = "record_stop"  # -> {paths: [..]}: answers once the file is whole
    SET_REPLAY = "set_replay"  # {seconds}: keep the last 5 to 120 s while encoding; 0: keep nothing
    SAVE_REPLAY = "save_replay"  # {folder, name, seconds?} -> {path}: what was just on, without encoding anew
    # before and besides
    PREFLIGHT = "preflight"  # {url?, key?, record_folder?, checks?, cancel?} -> DoctorReport; with url, a test publish
    PREVIEW_START = "preview_start"  # {width, height} -> {path, number, slot_count, slot_bytes, width, height}
    PREVIEW_STOP = "preview_stop"
    PREVIEW_RELEASE = "preview_release"  # {slot}
    SHUTDOWN = "shutdown"  # stops the broadcast, the recording and the process


class EngineEvent(StrEnum):
    STATUS = "status"
    METERS = "meters"
    """The master's level, and `channels`: {NAME: level}."""
    PREVIEW = "preview"
    NOTICE = "notice"
    """A fault that a person should hear of, once."""
    DEVICES = "devices"
    """Cameras, microphones and screens, when they have changed."""


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
    `source.back`, `ingest.unreachable` {host, port}, `ingest.timeout`, `ingest.refused_key`, `ingest.refused` {status},
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
    """Frames whose tick was missed, or that a failing video encoder swallowed: the computer was too slow."""
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
    orientation: str = "landscape"
    encoder: str = ""
    """The video encoder that works now; another one than was chosen after a fall-back."""
    is_unconfirmed: bool = False
    """Live, but the ingest never says what it took: only the system's TCP says that bytes arrive."""
    video_kbps: int = 0
    """What the video encoder aims at now."""
    bitrate_state: str = "steady"
    """`steady`, `lowered`, `recovering` or `at_floor`."""
    bitrate_reason: str = ""
    """Why it is not steady: `uplink.slow`."""
    lateness_p50_ms: float = 0.0
    lateness_p99_ms: float = 0.0
    """From a picture being due until its packet left the encoder."""
    overload: str = ""
    """What is overloaded (`overload.cpu`), or nothing."""
    effort: int = 0
    """How far the encoder's work was cut: 0 is all of it."""
    scene: str = ""
    overlays: tuple[str, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    """Further picture inputs: name to SPEC."""
    lost: tuple[str, ...] = ()
    """Inputs and channels whose device is gone for now; it is looked for."""
    channels: dict[str, ChannelStatus] = field(default_factory=dict)
    recording: RecordingStatus | None = None
    destinations: dict[str, DestinationStatus] = field(default_factory=dict)
    """Every destination by name; "main" is the one told of above."""
    health: HealthStatus | None = None


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """One channel of the mixer."""

    source: str = ""
    gain_db: float = 0.0
    is_muted: bool = False
    delay_ms: float = 0.0
    effects: dict[str, bool] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """`audio.clipping`, `audio.silent`, as long as they last."""


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """The recording that runs, or how the last one ended."""

    is_running: bool
    path: str
    """The part that is written now, or was last."""
    paths: tuple[str, ...] = ()
    duration_s: float = 0.0
    bytes_written: int = 0
    free_bytes: int | None = None
    dropped_pictures: int = 0
    fault: Fault | None = None
    """Why it ended by itself."""


@dataclass(frozen=True, slots=True)
class DestinationStatus:
    """One destination of the broadcast."""

    state: EngineState
    place: str = ""
    """Host and port, never the key."""
    fault: Fault | None = None
    is_unconfirmed: bool = False
    dropped_frames: int = 0
    queued_ms: float = 0.0
    reconnects: int = 0
    retry_in_s: float | None = None


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """The machine, where the platform tells."""

    battery_percent: float | None = None
    is_plugged: bool | None = None
    temperature_c: float | None = None
    machine_cpu_percent: float | None = None


@dataclass(frozen=True, slots=True)
class MediaState:
    """A media file that can be steered."""

    is_playing: bool
    is_looping: bool
    has_ended: bool
    position_s: float
    duration_s: float | None


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
    memory: int = 0
    """The number of the memory it lies in."""


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
    try:
        return cast(EngineStatus, _from_wire(EngineStatus, data))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProtocolError("not a status") from error


_NESTED: dict[str, type] = {
    "fault": Fault,
    "recording": RecordingStatus,
    "health": HealthStatus,
    "channels": ChannelStatus,
    "destinations": DestinationStatus,
}
_MAPPED = frozenset({"channels", "destinations"})


def _from_wire(kind: type, data: dict[str, Any]) -> Any:
    fields: dict[str, Any] = {}
    for name in {f.name for f in dataclasses.fields(kind)} & data.keys():
        value = data[name]
        if name == "state":
            value = EngineState(value)
        elif name in _MAPPED:
            value = {key: _from_wire(_NESTED[name], item) for key, item in value.items()}
        elif name in _NESTED:
            value = _from_wire(_NESTED[name], value) if value is not None else None
        elif isinstance(value, list):
            value = tuple(value)
        fields[name] = value
    return kind(**fields)
