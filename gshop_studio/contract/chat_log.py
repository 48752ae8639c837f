"""The chat log of a whole show: its lines, their chain, and the signature. Servers write it; studios read it too.

A line is a JSON object in canonical form (RFC 8785): `at` (server time, ms), `data` (the event's payload), `event`,
`hash`, `room` (`everybody` or `staff`), `seq` (the place in that room's sequence), `streamId`. `hash` is the SHA-256,
in hex, of the previous line's hash (64 zeros before the first) and of the line without its `hash`. A changed, missing,
added or moved line breaks the chain from there on; the Ed25519 signature of the last hash, as ASCII, seals the whole.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError

from gshop_studio.contract.events import Room
from gshop_studio.contract.wire import Answer, Moment

GENESIS = "0" * 64
"""The hash before the first line."""
MAX_LINE_BYTES = 256 * 1024
NDJSON_MEDIA_TYPE = "application/x-ndjson"
_KEY_ID_CHARACTERS = 16


class SigningKey(Answer):
    """`GET /live/signing-key`: what chat logs of this server are signed with."""

    key_id: str
    """The first 16 hex digits of the raw key's SHA-256."""
    algorithm: Literal["Ed25519"] = "Ed25519"
    public_key: str
    """The 32 raw bytes in base64."""
    pem: str


class ChatLogManifest(Answer):
    """`manifest.json` of a bundle."""

    format: Literal["gshop.chat-log"] = "gshop.chat-log"
    version: Literal[1] = 1
    stream_id: str
    title: str
    created_at: Moment
    events: Literal["events.ndjson"] = "events.ndjson"
    lines: int
    last_hash: str
    """What is signed, as ASCII."""
    algorithm: Literal["Ed25519"] = "Ed25519"
    key_id: str
    public_key: str
    signature: str
    """In base64."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event of a show as the log keeps it."""

    stream_id: str
    room: Room
    seq: int
    at_ms: int
    event: str
    data: dict[str, Any]


class ChainBroken(Exception):
    """From this line on the log is not what was written."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        """From 1; one past the last, where the end is missing."""
        self.reason = reason
        """not_json, not_canonical, not_an_entry, too_long, wrong_hash, wrong_order, other_stream, wrong_count,
        wrong_end, wrong_key or wrong_signature."""


class ChainWriter:
    """Makes lines of entries, each hashed with the one before."""

    def __init__(self) -> None:
        self.last_hash = GENESIS
        self.lines = 0

    def line(self, entry: LogEntry) -> bytes:
        """The entry's line, with its end."""
        before, after = _canonical_parts(entry)
        self.last_hash = _next_hash(self.last_hash, before + after)
        self.lines += 1
        return before + b'"hash":"' + self.last_hash.encode() + b'",' + after + b"\n"


class ChainReader:
    """Takes lines one by one and says where they stop being the log that was written."""

    def __init__(self) -> None:
        self.last_hash = GENESIS
        self.lines = 0
        self._seqs: dict[Room, int] = {}
        self._stream_id: str | None = None

    def take(self, line: bytes) -> LogEntry:
        """The entry of the next line.

        Raises:
            ChainBroken: it is not the line that was written there.
        """
        entry, claimed = self._parsed(line.removesuffix(b"\n"))
        before, after = _canonical_parts(entry)
        expected = _next_hash(self.last_hash, before + after)
        if claimed != expected:
            raise self._broken("wrong_hash")
        self._check_place(entry)
        self.last_hash = expected
        self.lines += 1
        return entry

    def _parsed(self, line: bytes) -> tuple[LogEntry, str]:
        if len(line) > MAX_LINE_BYTES:
            raise self._broken("too_long")
        try:
            fields = json.loads(line, parse_int=_number)
            is_canonical = rfc8785.dumps(fields) == line
        except (ValueError, RecursionError) as error:
            raise self._broken("not_json") from error
        if not is_canonical:
            raise self._broken("not_canonical")
        match fields:
            case {
                "at": int(at_ms),
                "data": dict(data),
                "event": str(event),
                "hash": str(claimed),
                "room": str(room),
                "seq": int(seq),
                "streamId": str(stream_id),
            } if len(fields) == 7 and room in set(Room):
                return LogEntry(stream_id, Room(room), seq, at_ms, event, data), claimed
        raise self._broken("not_an_entry")

    def _check_place(self, entry: LogEntry) -> None:
        """`seq` rises in each room; by one in everybody's, where nothing is left out."""
        if entry.stream_id != (self._stream_id or entry.stream_id):
            raise self._broken("other_stream")
        last = self._seqs.get(entry.room)
        if last is not None and (entry.seq <= last or (entry.room is Room.EVERYBODY and entry.seq != last + 1)):
            raise self._broken("wrong_order")
        self._stream_id = entry.stream_id
        self._seqs[entry.room] = entry.seq

    def _broken(self, reason: str) -> ChainBroken:
        return ChainBroken(self.lines + 1, reason)


def read_chat_log(lines: Iterable[bytes], manifest: ChatLogManifest | None = None) -> Iterator[LogEntry]:
    """The entries of a log, verified as they come; with a manifest, its count, end and stream too, after the last.

    Raises:
        ChainBroken: where it breaks. What came before is as it was written, if the end's signature holds.
    """
    reader = ChainReader()
    for line in lines:
        entry = reader.take(line)
        if manifest is not None and entry.stream_id != manifest.stream_id:
            raise ChainBroken(reader.lines, "other_stream")
        yield entry
    if manifest is not None and reader.lines != manifest.lines:
        raise ChainBroken(reader.lines + 1, "wrong_count")
    if manifest is not None and reader.last_hash != manifest.last_hash:
        raise ChainBroken(reader.lines + 1, "wrong_end")


def sign(last_hash: str, key: Ed25519PrivateKey) -> str:
    """The signature of a log's end, in base64."""
    return base64.b64encode(key.sign(last_hash.encode())).decode()


def check_signature(manifest: ChatLogManifest, trusted_key: str | None = None) -> None:
    """Check that the manifest's last hash was signed by its key, and that this is `trusted_key` (raw, base64).

    Raises:
        ChainBroken: `wrong_key` or `wrong_signature`.
    """
    if trusted_key is not None and trusted_key != manifest.public_key:
        raise ChainBroken(manifest.lines + 1, "wrong_key")
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(manifest.public_key, validate=True))
        key.verify(base64.b64decode(manifest.signature, validate=True), manifest.last_hash.encode())
    except (InvalidSignature, ValueError) as error:
        raise ChainBroken(manifest.lines + 1, "wrong_signature") from error


def signing_key(key: Ed25519PublicKey) -> SigningKey:
    """The public key as it is handed out."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return SigningKey(
        key_id=hashlib.sha256(raw).hexdigest()[:_KEY_ID_CHARACTERS],
        public_key=base64.b64encode(raw).decode(),
        pem=key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )


def parse_manifest(text: bytes) -> ChatLogManifest:
    """A manifest from its JSON.

    Raises:
        ValueError: it is none.
    """
    try:
        return ChatLogManifest.model_validate_json(text)
    except ValidationError as error:
        raise ValueError("not a manifest of a chat log") from error


def _canonical_parts(entry: LogEntry) -> tuple[bytes, bytes]:
    """The line in canonical form, parted where `hash` goes. Its keys are in order already: `data` alone takes work."""
    data = _canonical(entry.data)
    before = b'{"at":%d,"data":%b,"event":%b,' % (entry.at_ms, data, _canonical(entry.event))
    room, stream_id = _canonical(entry.room.value), _canonical(entry.stream_id)
    after = b'"room":%b,"seq":%d,"streamId":%b}' % (room, entry.seq, stream_id)
    return before, after


def _canonical(value: Any) -> bytes:
    try:
        return rfc8785.dumps(value)
    except ValueError:  # rfc8785's own errors are, and what an encoder says of half a surrogate pair
        return rfc8785.dumps(_sound(value))


def _sound(value: Any) -> Any:
    """Without what RFC 8785 has no form for: halves of surrogate pairs, numbers past 2**53, NaN."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_sound(str(key)): _sound(item) for key, item in value.items()}
        case list():
            return [_sound(item) for item in value]
        case bool() | None:
            return value
        case int() if abs(value) >= 2**53:
            return str(value)
        case float() if value != value or value in (float("inf"), float("-inf")):
            return None
        case _:
            return value


def _number(digits: str) -> int | float:
    """RFC 8785 has doubles alone; a large one is written as an integer."""
    return number if abs(number := int(digits)) < 2**53 else float(digits)


def _next_hash(previous: str, line: bytes) -> str:
    return hashlib.sha256(previous.encode() + line).hexdigest()
