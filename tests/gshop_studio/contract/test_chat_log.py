"""The chain of a chat log's lines, and its signature."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.contract.chat_log import (
    GENESIS,
    ChainBroken,
    ChainReader,
    ChainWriter,
    ChatLogManifest,
    LogEntry,
    check_signature,
    read_chat_log,
    sign,
    signing_key,
)
from gshop_studio.contract.events import Room

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
payloads = st.dictionaries(texts, json_values, max_size=5)


def entries(number: int) -> list[LogEntry]:
    return [
        LogEntry("show", Room.EVERYBODY, seq, 1_700_000_000_000 + seq, "live:message", {"message": f"¿Hola {seq}? 🎉"})
        for seq in range(1, number + 1)
    ]


def written(log: list[LogEntry]) -> list[bytes]:
    chain = ChainWriter()
    return [chain.line(entry) for entry in log]


def manifest_of(log: list[LogEntry], **fields: Any) -> ChatLogManifest:
    chain = ChainWriter()
    for entry in log:
        chain.line(entry)
    key = signing_key(KEY.public_key())
    wish: dict[str, Any] = {
        "stream_id": "show",
        "title": "Autumn sale",
        "created_at": datetime(2030, 1, 1, tzinfo=UTC),
        "lines": chain.lines,
        "last_hash": chain.last_hash,
        "key_id": key.key_id,
        "public_key": key.public_key,
        "signature": sign(chain.last_hash, KEY),
    }
    return ChatLogManifest(**{**wish, **fields})


@given(st.lists(payloads, min_size=1, max_size=4))
def test_a_line_is_the_canonical_form_of_the_whole_and_hashes_as_the_contract_says(data: list[dict[str, Any]]) -> None:
    log = [LogEntry("show", Room.STAFF, seq, seq, "live:x", payload) for seq, payload in enumerate(data)]
    previous = GENESIS
    for line, entry in zip(written(log), log, strict=True):
        fields = json.loads(line, parse_int=lambda digits: int(digits) if len(digits) < 16 else float(digits))
        assert rfc8785.dumps(fields) + b"\n" == line
        claimed = fields.pop("hash")
        assert claimed == hashlib.sha256(previous.encode() + rfc8785.dumps(fields)).hexdigest()
        assert rfc8785.dumps(fields["data"]) == rfc8785.dumps(entry.data)
        previous = claimed


def test_what_was_written_is_read_back() -> None:
    log = entries(4)
    assert list(read_chat_log(written(log), manifest_of(log))) == log


@pytest.mark.parametrize("data", [{"message": "\ud83d"}, {"at": 2**60}, {"rate": float("nan")}, {"\ud800": [1, None]}])
def test_what_json_has_no_form_for_does_not_stop_the_log(data: dict[str, Any]) -> None:
    [line] = written([LogEntry("show", Room.EVERYBODY, 1, 1, "live:message", data)])
    ChainReader().take(line)


@given(st.data())
def test_one_changed_byte_breaks_the_chain_there(data: st.DataObject) -> None:
    lines = written(entries(5))
    at = data.draw(st.integers(0, 4))
    place = data.draw(st.integers(0, len(lines[at]) - 2))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != lines[at][place]))
    lines[at] = lines[at][:place] + bytes([byte]) + lines[at][place + 1 :]
    with pytest.raises(ChainBroken) as broken:
        list(read_chat_log(lines))
    assert broken.value.line == at + 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda lines: lines[:2] + lines[3:], "wrong_hash"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "wrong_hash"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "wrong_hash"),
        (lambda lines: [b"not json\n", *lines], "not_json"),
        (lambda lines: [b"[" * 5000 + b"\n"], "not_json"),
        (lambda lines: [b'{"a":1}\n', *lines], "not_an_entry"),
        (lambda lines: [lines[0].replace(b'{"at"', b'{ "at"'), *lines[1:]], "not_canonical"),
        (lambda lines: [b'"' + b"a" * 300_000 + b'"\n'], "too_long"),
        (lambda lines: lines[:-1], "wrong_count"),
    ],
)
def test_a_missing_moved_repeated_or_foreign_line_is_found(change: Any, reason: str) -> None:
    log = entries(5)
    with pytest.raises(ChainBroken) as broken:
        list(read_chat_log(change(written(log)), manifest_of(log)))
    assert broken.value.reason == reason


def test_a_gap_that_was_hashed_over_is_found() -> None:
    log = entries(5)
    with pytest.raises(ChainBroken, match="wrong_order"):
        list(read_chat_log(written(log[:2] + log[3:])))


def test_another_shows_lines_are_not_this_ones() -> None:
    log = entries(2)
    mixed = [log[0], LogEntry("other", Room.EVERYBODY, 2, 2, "live:message", {})]
    with pytest.raises(ChainBroken, match="other_stream"):
        list(read_chat_log(written(mixed)))
    with pytest.raises(ChainBroken, match="other_stream"):
        list(read_chat_log(written(log), manifest_of(log, stream_id="other")))


def test_a_log_rewritten_from_the_start_does_not_end_as_signed() -> None:
    log = entries(3)
    forged = [*log[:2], LogEntry("show", Room.EVERYBODY, 3, 3, "live:message", {"message": "never said"})]
    with pytest.raises(ChainBroken, match="wrong_end"):
        list(read_chat_log(written(forged), manifest_of(log)))


def test_the_signature_is_of_the_last_hash_by_the_key_that_is_trusted() -> None:
    manifest = manifest_of(entries(3))
    check_signature(manifest, signing_key(KEY.public_key()).public_key)
    other = Ed25519PrivateKey.generate()
    for fields, reason in (
        ({"last_hash": GENESIS}, "wrong_signature"),
        ({"signature": sign(manifest.last_hash, other)}, "wrong_signature"),
        ({"signature": "no base64!"}, "wrong_signature"),
        ({"public_key": "AAAA"}, "wrong_signature"),
    ):
        with pytest.raises(ChainBroken, match=reason):
            check_signature(manifest_of(entries(3), **fields))
    with pytest.raises(ChainBroken, match="wrong_key"):
        check_signature(manifest, signing_key(other.public_key()).public_key)
