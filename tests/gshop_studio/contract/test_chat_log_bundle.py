"""A chat log's bundle from a stranger: read, or refused without harm (case 41)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.contract import chat_log_bundle
from gshop_studio.contract.chat_log import ChainBroken, signing_key
from gshop_studio.contract.chat_log_bundle import BadBundle, read_bundle
from tests.gshop_studio.contract.test_chat_log import KEY, entries, manifest_of, written

LOG = entries(20)
LINES = b"".join(written(LOG))
MANIFEST = manifest_of(LOG).model_dump_json(by_alias=True).encode()


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return file.getvalue()


GOOD = packed({"events.ndjson": LINES, "manifest.json": MANIFEST})


def at(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "log.zip"
    path.write_bytes(content)
    return path


def test_a_bundle_is_read(tmp_path: Path) -> None:
    bundle = read_bundle(at(tmp_path, GOOD), signing_key(KEY.public_key()).public_key)
    assert list(bundle.entries()) == LOG


@pytest.mark.parametrize(
    "members",
    [
        {"events.ndjson": LINES},
        {"events.ndjson": LINES, "manifest.json": MANIFEST, "../../evil": b"x"},
        {"../events.ndjson": LINES, "manifest.json": MANIFEST},
        {"/etc/events.ndjson": LINES, "manifest.json": MANIFEST},
        {"events.ndjson": LINES, "manifest.json": MANIFEST, "manifest.json/": b""},
        {"events.ndjson": LINES, "MANIFEST.JSON": MANIFEST},
    ],
)
def test_other_names_are_refused_and_nothing_is_written(members: dict[str, bytes], tmp_path: Path) -> None:
    """Case 41."""
    path = at(tmp_path, packed(members))
    with pytest.raises(BadBundle, match="names"):
        read_bundle(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["events.ndjson", "manifest.json"])
def test_a_bomb_is_not_inflated(name: str, tmp_path: Path) -> None:
    """Case 41."""
    members = {"events.ndjson": LINES, "manifest.json": MANIFEST, name: bytes(50 * 1024 * 1024)}
    with pytest.raises(BadBundle, match="too_large"):
        read_bundle(at(tmp_path, packed(members)))


def test_a_bomb_that_lies_about_its_size_ends_where_it_said_it_would(tmp_path: Path) -> None:
    """Case 41: the directory says a hundred bytes, the file holds megabytes."""
    content = packed({"events.ndjson": bytes(8 * 1024 * 1024), "manifest.json": MANIFEST})
    lied = content.replace((8 * 1024 * 1024).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    with pytest.raises((BadBundle, ChainBroken)):
        read_bundle(at(tmp_path, lied))


def test_a_line_without_end_is_refused_at_the_limit(tmp_path: Path) -> None:
    """Case 41: stored, so no inflation gives it away."""
    content = packed({"events.ndjson": b"x" * (1024 * 1024), "manifest.json": MANIFEST}, zipfile.ZIP_STORED)
    with pytest.raises(ChainBroken, match="too_long"):
        read_bundle(at(tmp_path, content))


def test_more_lines_than_a_log_may_have_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_log_bundle, "MAX_EVENTS_BYTES", len(LINES) - 1)
    with pytest.raises(BadBundle, match="too_large"):
        read_bundle(at(tmp_path, GOOD))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not_a_zip"),
        (b"no zip at all", "not_a_zip"),
        (packed({"events.ndjson": LINES, "manifest.json": b"{}"}), "manifest"),
        (packed({"events.ndjson": LINES, "manifest.json": b"\xff\xfe"}), "manifest"),
        (packed({"events.ndjson": LINES, "manifest.json": MANIFEST}, zipfile.ZIP_BZIP2), "damaged"),
    ],
)
def test_what_is_no_bundle_is_said_to_be_none(content: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(BadBundle, match=reason):
        read_bundle(at(tmp_path, content))


def test_a_manifest_that_was_changed_does_not_fit_its_log(tmp_path: Path) -> None:
    short = manifest_of(LOG[:10]).model_dump_json(by_alias=True).encode()
    with pytest.raises(ChainBroken, match="line 21: wrong_count"):
        read_bundle(at(tmp_path, packed({"events.ndjson": LINES, "manifest.json": short})))


def test_a_changed_word_is_told_with_its_line(tmp_path: Path) -> None:
    forged = LINES.replace("¿Hola 6?".encode(), b"Hola a todos")
    with pytest.raises(ChainBroken, match="line 6: wrong_hash"):
        read_bundle(at(tmp_path, packed({"events.ndjson": forged, "manifest.json": MANIFEST})))


@given(st.data())
def test_damage_anywhere_is_told_and_nothing_else_is_raised(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "log.zip"
    path.write_bytes(content)
    read: Any = None
    try:
        read = list(read_bundle(path).entries())
    except (BadBundle, ChainBroken):
        return
    assert read == LOG, "the damage was where nothing is said"
