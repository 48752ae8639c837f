"""`gshop-studio check-chat-log`, as support runs it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gshop_studio.cli import run
from gshop_studio.contract.chat_log import signing_key
from tests.gshop_studio.contract.test_chat_log import KEY, entries, manifest_of, written
from tests.gshop_studio.server.shop import Person, Shop

PUBLIC_KEY = signing_key(KEY.public_key()).public_key
LINES = b"".join(written(entries(20)))


def bundle(tmp_path: Path, lines: bytes = LINES, **fields: object) -> str:
    path = tmp_path / "log.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("events.ndjson", lines)
        packed.writestr("manifest.json", manifest_of(entries(20), **fields).model_dump_json(by_alias=True))
    return str(path)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GSHOP_LANGUAGE", "en")


async def test_a_log_of_a_server_is_whole_until_a_word_is_changed(
    shop: Shop, seller: Person, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream_id = await shop.live_stream(seller)
    wish = {"message": "Hola a todas"}
    await shop.ask("POST", f"live/streams/{stream_id}/messages", seller, json=wish, status=201)
    path, key = tmp_path / "log.zip", await shop.ask("GET", "live/signing-key")
    path.write_bytes((await shop.send("GET", f"live/streams/{stream_id}/chat-log.zip", seller)).content)
    arguments = ["check-chat-log", str(path), "--key", key["publicKey"]]
    assert run(arguments) == 0
    said = capsys.readouterr().out
    assert f"{path} is whole: " in said and key["keyId"] in said and stream_id in said

    with zipfile.ZipFile(path) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    lines = members["events.ndjson"].splitlines()
    line = next(number for number, text in enumerate(lines, 1) if b"Hola a todas" in text)
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content.replace(b"Hola a todas", b"Hola a todos"))
    assert run(arguments) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{path} breaks at line {line}: this line was changed") and captured.out == ""


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "breaks at line 6: this line was changed"),
        ("es", "se rompe en la línea 6: esta línea se cambió"),
        ("pt", "se rompe na linha 6: esta linha foi alterada"),
    ],
)
def test_where_it_breaks_is_told_in_the_persons_language(
    language: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GSHOP_LANGUAGE", language)
    assert run(["check-chat-log", bundle(tmp_path, LINES.replace("¿Hola 6?".encode(), b"Hola a todos"))]) == 1
    assert text in capsys.readouterr().err


def test_without_a_key_it_says_that_anybody_may_have_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check-chat-log", bundle(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "is whole by the key it brings along" in said and ": 20 entries. Anybody can make such a key" in said
    assert "“Autumn sale” (show), log made on Jan 1, 2030" in said


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (signing_key(Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\x01").public_key()).public_key, "not signed"),
        ("", "is not a key"),
        ("no key", "is not a key"),
        (signing_key(KEY.public_key()).key_id, "is not a key"),
    ],
)
def test_another_key_is_told(key: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check-chat-log", bundle(tmp_path), "--key", key]) == 1
    assert text in capsys.readouterr().err


def test_what_a_stranger_wrote_into_the_manifest_is_no_command_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor is the key's name believed."""
    path = bundle(tmp_path, title="\x1b[2Jall is well\n", key_id="0" * 16)
    assert run(["check-chat-log", path, "--key", PUBLIC_KEY]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said and said.count("\n") == 2 and "0" * 16 not in said


@pytest.mark.parametrize("content", [None, b"", b"no zip at all"])
def test_what_is_no_log_is_told_to_be_none(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.zip"
    if content is not None:
        path.write_bytes(content)
    assert run(["check-chat-log", str(path)]) == 1
    assert capsys.readouterr().err.startswith("{} {}".format(path, "is not a zip" if content is not None else "cannot"))
