"""`gshop-studio backup` and `restore`, as a person runs them."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import itertools
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from PIL import Image

from gshop_studio.server.migrations.upgrade import downgrade_database, upgrade_database
from gshop_studio.server.operation import archive as archive_module
from gshop_studio.server.operation.archive import read_manifest
from tests.faults.small_disk import fill, small_disk
from tests.gshop_studio.server.test_command import log_in, serving
from tests.support.processes import our_environment


def run(*arguments: str | Path, home: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "gshop_studio", *map(str, arguments)],
        capture_output=True, text=True, env=our_environment(home, extra), timeout=90, cwd=home,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


def refused(*arguments: str | Path, home: Path, **extra: str) -> str:
    done = run(*arguments, home=home, **extra)
    assert done.returncode == 1 and done.stdout == "", (done.returncode, done.stdout)
    return done.stderr


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def shop_dir(tmp_path: Path) -> Path:
    """A data directory that nobody uses: a database of the newest shape, two pictures, a secret key."""
    folder = tmp_path / "shop"
    (folder / "images").mkdir(parents=True)
    upgrade_database(f"sqlite:///{folder / 'gshop.db'}")
    for number in range(2):
        out = io.BytesIO()
        Image.effect_noise((300, 300), 90 + number).save(out, "JPEG")
        (folder / "images" / f"{number}.jpg").write_bytes(out.getvalue())
    (folder / "secret.key").write_text("a secret")
    return folder


@pytest.fixture
def archive(shop_dir: Path, tmp_path: Path, home: Path) -> Path:
    path = tmp_path / "shop.tar.gz"
    assert run("backup", "--data-dir", shop_dir, "--to", path, home=home).returncode == 0
    return path


def test_all_is_there_again(shop_dir: Path, archive: Path, tmp_path: Path, home: Path) -> None:
    manifest = read_manifest(archive)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert {file.name for file in manifest.files} == {"gshop.db", "images/0.jpg", "images/1.jpg"}
    assert b"a secret" not in gzip.decompress(archive.read_bytes())
    done = run("restore", archive, "--data-dir", tmp_path / "new", home=home)
    assert done.returncode == 0 and "2 pictures" in done.stdout and "no secret key" in done.stdout
    for name in ("images/0.jpg", "images/1.jpg"):
        assert (tmp_path / "new" / name).read_bytes() == (shop_dir / name).read_bytes()
    with contextlib.closing(sqlite3.connect(tmp_path / "new" / "gshop.db")) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {path.name for path in (tmp_path / "new").iterdir()} <= {"gshop.db", "images", "server.lock"}


def test_the_secret_key_is_in_it_when_asked_for(shop_dir: Path, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "with.tar.gz"
    done = run("backup", "--data-dir", shop_dir, "--to", path, "--with-secret", home=home)
    assert done.returncode == 0 and "is not in it" not in done.stdout
    done = run("restore", path, "--data-dir", tmp_path / "new", home=home, GSHOP_LANGUAGE="es")
    assert done.returncode == 0 and "2 imágenes" in done.stdout and "clave" not in done.stdout
    assert (tmp_path / "new" / "secret.key").read_text() == "a secret"
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600


def test_while_the_server_runs_and_what_it_then_goes_on_with(tmp_path: Path, home: Path) -> None:
    """The whole way: a shop is backed up while it serves, restored elsewhere, and serves there."""
    data_dir, path = tmp_path / "data", tmp_path / "shop.tar.gz"
    with serving(data_dir, "--sample-shop") as (_, url):
        seller = log_in(url, data_dir)
        stream_id = httpx.get(f"{url}/api/v1/live/streams?mine=true", headers=seller).json()["streams"][0]["id"]
        key = httpx.post(f"{url}/api/v1/live/streams/{stream_id}/start", headers=seller).json()["streamKey"]
        messages = f"{url}/api/v1/live/streams/{stream_id}/messages"
        assert httpx.post(messages, headers=seller, json={"message": "kept"}).status_code == 201
        done = run("backup", "--data-dir", data_dir, "--to", path, "--with-secret", home=home)
        assert done.returncode == 0, done.stderr
        assert "Another server is using" in refused("restore", path, "--data-dir", data_dir, "--force", home=home)
        assert httpx.get(f"{url}/ready").status_code == 200
    new = tmp_path / "new"
    assert run("restore", path, "--data-dir", new, home=home).returncode == 0
    (new / "sample-accounts.json").write_text((data_dir / "sample-accounts.json").read_text())
    with serving(new) as (_, url):
        seller = log_in(url, new)
        messages = f"{url}/api/v1/live/streams/{stream_id}/messages"
        assert [said["message"] for said in httpx.get(messages).json()["messages"]] == ["kept"]
        started = httpx.post(f"{url}/api/v1/live/streams/{stream_id}/start", headers=seller)
        assert started.json()["streamKey"] == key
        picture = httpx.get(f"{url}/api/v1/products").json()["products"][0]["imageUrl"]
        assert httpx.get(f"{url}/media/{picture.partition('/media/')[2]}").status_code == 200


def test_data_that_is_there_is_not_lost(shop_dir: Path, archive: Path, home: Path) -> None:
    (shop_dir / "images" / "2.jpg").write_bytes(b"newer")
    assert "holds data already" in refused("restore", archive, "--data-dir", shop_dir, home=home)
    assert (shop_dir / "images" / "2.jpg").exists()
    done = run("restore", archive, "--data-dir", shop_dir, "--force", home=home)
    assert done.returncode == 0 and "before-restore-" in done.stdout
    (aside,) = shop_dir.glob("before-restore-*")
    assert (aside / "images" / "2.jpg").read_bytes() == b"newer" and (aside / "gshop.db").exists()
    assert sorted(path.name for path in (shop_dir / "images").iterdir()) == ["0.jpg", "1.jpg"]
    assert (shop_dir / "secret.key").read_text() == "a secret", "one that the archive lacks stays"


def test_an_older_shape_is_brought_up(shop_dir: Path, tmp_path: Path, home: Path) -> None:
    downgrade_database(f"sqlite:///{shop_dir / 'gshop.db'}", "0001")
    path = tmp_path / "old.tar.gz"
    assert run("backup", "--data-dir", shop_dir, "--to", path, home=home).returncode == 0
    assert run("restore", path, "--data-dir", tmp_path / "new", home=home).returncode == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "new" / "gshop.db")) as opened:
        assert opened.execute("SELECT version_num FROM alembic_version").fetchone()[0] != "0001"


def test_a_newer_shape_is_refused(shop_dir: Path, tmp_path: Path, home: Path) -> None:
    with contextlib.closing(sqlite3.connect(shop_dir / "gshop.db", isolation_level=None)) as opened:
        opened.execute("UPDATE alembic_version SET version_num = '9999'")
    path = tmp_path / "newer.tar.gz"
    assert run("backup", "--data-dir", shop_dir, "--to", path, home=home).returncode == 0
    assert "made by version" in refused("restore", path, "--data-dir", tmp_path / "new", home=home)
    assert not (tmp_path / "new").exists()


def test_what_cannot_be_backed_up_is_said(shop_dir: Path, archive: Path, tmp_path: Path, home: Path) -> None:
    before = archive.read_bytes()
    assert "is there already" in refused("backup", "--data-dir", shop_dir, "--to", archive, home=home)
    assert archive.read_bytes() == before
    empty = tmp_path / "empty"
    assert "There is no database" in refused("backup", "--data-dir", empty, home=home)
    there = tmp_path / "none" / "x.tar.gz"
    assert "there is no folder" in refused("backup", "--data-dir", shop_dir, "--to", there, home=home)
    url = "postgresql://gshop:CANARY@db.example:5433/shop"
    told = refused("backup", "--data-dir", shop_dir, home=home, GSHOP_DATABASE_URL=url)
    assert "pg_dump --format=custom -h db.example -p 5433 -U gshop -d shop" in told and "CANARY" not in told


def test_what_postgresql_holds_is_not_restored_over(archive: Path, tmp_path: Path, home: Path) -> None:
    """An archive is a small shop's: a server on PostgreSQL would not look at its database."""
    url = "postgresql://gshop:CANARY@db.example:5433/shop"
    told = refused("restore", archive, "--data-dir", tmp_path / "new", home=home, GSHOP_DATABASE_URL=url)
    assert "-h db.example -p 5433 -U gshop -d shop gshop.dump" in told and "CANARY" not in told
    assert not (tmp_path / "new").exists()


class Interrupting:
    """`Path.rename` that fails at a given call, before or after it is done, or from then on."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        at: int,
        error: BaseException,
        *,
        is_done: bool = False,
        is_for_good: bool = False,
    ) -> None:
        self._rename = Path.rename
        self._at, self._error, self._is_done, self._is_for_good = at, error, is_done, is_for_good
        self.calls = 0

        def rename(source: Path, target: Path) -> Path:
            return self._move(source, target)

        monkeypatch.setattr(Path, "rename", rename)

    def _move(self, source: Path, target: Path) -> Path:
        self.calls += 1
        if self.calls < self._at or (self.calls > self._at and not self._is_for_good):
            return self._rename(source, target)
        if self._is_done:
            self._rename(source, target)
        raise self._error


def contents(folder: Path) -> dict[str, bytes]:
    ours = (path for path in folder.rglob("*") if path.is_file() and path.name != "server.lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in ours}


def test_restoring_half_way_leaves_what_was_there(
    shop_dir: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of the six moves fails or is interrupted, out or in."""
    from gshop_studio.cli import run as run_here

    arguments = ["restore", str(archive), "--data-dir", str(shop_dir), "--force"]
    (shop_dir / "images" / "2.jpg").write_bytes(b"newer")
    for end in ("-wal", "-shm"):
        (shop_dir / f"gshop.db{end}").write_bytes(b"")
    before = contents(shop_dir)
    for at, is_done in itertools.product(range(1, 7), (False, True)):
        with monkeypatch.context() as patch:
            Interrupting(patch, at, OSError(5, "Input/output error"), is_done=is_done)
            assert run_here(arguments) == 1
        assert contents(shop_dir) == before, (at, is_done)
        with monkeypatch.context() as patch:
            Interrupting(patch, at, KeyboardInterrupt(), is_done=is_done)
            with pytest.raises(KeyboardInterrupt):
                run_here(arguments)
        assert contents(shop_dir) == before, (at, is_done)
        assert [path.name for path in shop_dir.iterdir() if "restore" in path.name] == []
    with monkeypatch.context() as patch:
        moves = Interrupting(patch, 7, OSError())
        assert run_here(arguments) == 0 and moves.calls == 6


def test_what_cannot_be_put_back_is_kept_and_said_where(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a data directory that is new, too: the pictures of another are beside it."""
    from gshop_studio.cli import run as run_here

    monkeypatch.setenv("GSHOP_IMAGES_DIR", str(tmp_path / "pictures"))
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "old.jpg").write_bytes(b"old")
    Interrupting(monkeypatch, 2, OSError(5, "Input/output error"), is_for_good=True)
    assert run_here(["restore", str(archive), "--data-dir", str(tmp_path / "new"), "--force"]) == 1
    (aside,) = (tmp_path / "new").glob("before-restore-*")
    assert (aside / "pictures" / "old.jpg").read_bytes() == b"old"
    assert f"What was there before is in {aside}" in capsys.readouterr().err


def test_a_first_restore_that_fails_leaves_nothing(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty directory stays one, so that it can be tried again."""
    from gshop_studio.cli import run as run_here

    new = tmp_path / "new"
    new.mkdir()
    Interrupting(monkeypatch, 2, OSError(5, "Input/output error"))
    assert run_here(["restore", str(archive), "--data-dir", str(new)]) == 1
    assert contents(new) == {}
    monkeypatch.undo()
    assert run_here(["restore", str(archive), "--data-dir", str(new)]) == 0


def test_pictures_on_another_disk_are_restored_and_put_back(
    shop_dir: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There a move is a copy: it shows under its name only when it is whole."""
    from gshop_studio.cli import run as run_here

    arguments = ["restore", str(archive), "--data-dir", str(shop_dir), "--force"]
    with small_disk(tmp_path / "disk", 4) as disk:
        monkeypatch.setenv("GSHOP_IMAGES_DIR", str(disk / "images"))
        (disk / "images").mkdir()
        (disk / "images" / "old.jpg").write_bytes(b"old")
        before = contents(shop_dir), contents(disk)
        fill(disk / "filler", leave_bytes=10_000)
        assert run_here(arguments) == 1
        (disk / "filler").unlink()
        assert (contents(shop_dir), contents(disk)) == before
        assert run_here(arguments) == 0
        assert sorted(contents(disk)) == ["images/0.jpg", "images/1.jpg"]
        (aside,) = shop_dir.glob("before-restore-*")
        assert (aside / "images" / "old.jpg").read_bytes() == b"old"


def test_a_picture_that_goes_meanwhile_is_in_it(
    shop_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seller replaces a picture between the sums and the packing."""
    from gshop_studio.cli import run as run_here

    def to_json(*arguments: Any, **options: Any) -> str:
        (shop_dir / "images" / "0.jpg").unlink(missing_ok=True)
        (shop_dir / "images" / "1.jpg").unlink(missing_ok=True)
        (shop_dir / "images" / "1.jpg").write_bytes(b"another")
        return json.dumps(*arguments, **options)

    before = contents(shop_dir / "images")
    monkeypatch.setattr(archive_module, "json", SimpleNamespace(dumps=to_json))
    path = tmp_path / "x.tar.gz"
    assert run_here(["backup", "--data-dir", str(shop_dir), "--to", str(path)]) == 0
    assert run_here(["restore", str(path), "--data-dir", str(tmp_path / "new")]) == 0
    assert contents(tmp_path / "new" / "images") == before
    assert [found.name for found in tmp_path.iterdir() if found.name.startswith(".gshop-backup")] == []


def test_files_beyond_8_gib_and_the_longest_names_fit_in(shop_dir: Path, tmp_path: Path, home: Path) -> None:
    head = tarfile.TarInfo("gshop.db")
    head.size = 9 << 30
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=archive_module.TAR_FORMAT) as tar:
        tar.addfile(head)
    content.seek(0)
    with tarfile.open(fileobj=content) as tar:
        first = tar.next()
    assert first is not None and first.size == head.size
    longest = f"{'x' * 96}.jpg"
    (shop_dir / "images" / "0.jpg").rename(shop_dir / "images" / longest)
    assert run("backup", "--data-dir", shop_dir, "--to", tmp_path / "x.tar.gz", home=home).returncode == 0
    assert run("restore", tmp_path / "x.tar.gz", "--data-dir", tmp_path / "new", home=home).returncode == 0
    assert (tmp_path / "new" / "images" / longest).is_file()


def test_a_full_disk_leaves_nothing_half(shop_dir: Path, archive: Path, tmp_path: Path, home: Path) -> None:
    """case 59."""
    with small_disk(tmp_path / "disk", 2) as disk:
        fill(disk / "filler", leave_bytes=100_000)
        told = refused("backup", "--data-dir", shop_dir, "--to", disk / "x.tar.gz", home=home)
        assert "is full" in told and [path.name for path in disk.iterdir()] == ["filler"]
        assert "too small" in refused("restore", archive, "--data-dir", disk / "new", home=home)
        assert [path.name for path in disk.iterdir()] == ["filler"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_nothing_half(number: signal.Signals, shop_dir: Path, tmp_path: Path, home: Path) -> None:
    """The archive is written into a pipe that nobody empties, so that it cannot be done before the signal comes."""
    (shop_dir / "images" / "2.jpg").write_bytes(os.urandom(1 << 20))
    to = tmp_path / "to"
    to.mkdir()
    os.mkfifo(to / "x.tar.gz.partial")
    words: list[str | Path] = ["backup", "--data-dir", shop_dir, "--to", to / "x.tar.gz"]
    command = [sys.executable, "-m", "gshop_studio", *map(str, words)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=our_environment(home))
    with (to / "x.tar.gz.partial").open("rb", buffering=0) as pipe:
        assert pipe.read(1)
        process.send_signal(number)
        while pipe.read(1 << 16):
            pass
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in told, told
    assert list(to.iterdir()) == []


@pytest.mark.parametrize(
    ("language", "name", "told"),
    [
        ("en", "nowhere", "There is no file {path}.\n"),
        ("pt", "nowhere", "O arquivo {path} não existe.\n"),
        ("es", "text", "{path} no es una copia que se pueda restaurar: no es un .tar.gz.\n"),
        ("pt", "cut", "{path} não é uma cópia que possa ser restaurada: está danificada.\n"),
    ],
)
def test_why_it_is_not_restored_is_in_the_persons_language(
    language: str, name: str, told: str, archive: Path, tmp_path: Path, home: Path
) -> None:
    (tmp_path / "text").write_text("no archive")
    (tmp_path / "cut").write_bytes(archive.read_bytes()[:-30])
    arguments = ("restore", tmp_path / name, "--data-dir", tmp_path / "new")
    assert refused(*arguments, home=home, GSHOP_LANGUAGE=language).endswith(told.format(path=tmp_path / name))


# --- archives made to do harm (case 41) ---------------------------------------------------------------------------


def forged(path: Path, members: Mapping[str, bytes], manifest: Mapping[str, Any] | None = None) -> Path:
    """An archive with these members, and a manifest that fits them unless told otherwise."""
    files = [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in members.items()
    ]
    made = {"format": 1, "version": "0", "createdAt": "2026-11-24T12:00:00.000Z", "revision": "0002", "files": files}
    everything = {"manifest.json": json.dumps({**made, **(manifest or {})}).encode(), **members}
    with tarfile.open(path, "w:gz") as tar:
        for name, content in everything.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


def harmful(folder: Path, database: bytes) -> Iterator[tuple[str, Path]]:
    for name in ("../evil", "/tmp/evil", "images/../../evil", "images/a/b", "server.toml", "images/.hidden"):
        safe = name.replace("/", "_")
        yield f"the name {name}", forged(folder / f"{safe}.tar.gz", {"gshop.db": database, name: b"x"})
        yield (
            f"the name {name}, not listed",
            forged(
                folder / f"{safe}-2.tar.gz",
                {"gshop.db": database, name: b"x"},
                {
                    "files": [
                        {"name": "gshop.db", "size": len(database), "sha256": hashlib.sha256(database).hexdigest()}
                    ]
                },
            ),
        )
    bomb = b"\0" * 80_000_000
    yield "a bomb", forged(folder / "bomb.tar.gz", {"gshop.db": bomb})
    lie = {"files": [{"name": "gshop.db", "size": 10, "sha256": "0"}]}
    yield "a lie about the size", forged(folder / "lie.tar.gz", {"gshop.db": bomb}, lie)
    wrong = {"files": [{"name": "gshop.db", "size": len(database), "sha256": "0" * 64}]}
    yield "a wrong sum", forged(folder / "sum.tar.gz", {"gshop.db": database}, wrong)
    missing = {"files": [{"name": name, "size": 0, "sha256": ""} for name in ("gshop.db", "images/x.jpg")]}
    yield "a missing file", forged(folder / "missing.tar.gz", {}, missing)
    yield "no database", forged(folder / "without.tar.gz", {"images/0.jpg": b"x"})
    yield "another format", forged(folder / "format.tar.gz", {"gshop.db": database}, {"format": 2})
    yield "a database that is none", forged(folder / "none.tar.gz", {"gshop.db": b"x" * 5000})
    whole = forged(folder / "whole.tar.gz", {"gshop.db": database}).read_bytes()
    for kept in (0, 10, 100, len(whole) // 2, len(whole) - 20):
        (folder / f"cut{kept}.tar.gz").write_bytes(whole[:kept])
        yield f"cut at {kept}", folder / f"cut{kept}.tar.gz"
    (folder / "text").write_text("no archive")
    yield "a text", folder / "text"
    yield "no file", folder / "nowhere"
    yield "a folder", folder
    for kind, link in ((tarfile.SYMTYPE, "/etc/passwd"), (tarfile.LNKTYPE, "manifest.json")):
        path = folder / f"link{kind.decode()}.tar.gz"
        manifest = {"files": [{"name": "gshop.db", "size": 0, "sha256": hashlib.sha256(b"").hexdigest()}]}
        forged(path, {}, manifest)
        content = gzip.decompress(path.read_bytes())
        entry = tarfile.TarInfo("gshop.db")
        entry.type, entry.linkname = kind, link
        head = content[: 512 + _padded(content)]
        path.write_bytes(gzip.compress(head + entry.tobuf() + b"\0" * 1024))
        yield f"a link to {link}", path
    huge = tarfile.TarInfo("huge")
    huge.type, huge.size = tarfile.XHDTYPE, 8_000_000_000
    (folder / "header.tar.gz").write_bytes(gzip.compress(huge.tobuf(tarfile.GNU_FORMAT) + b"\0" * 4096))
    yield "a huge header", folder / "header.tar.gz"


def _padded(content: bytes) -> int:
    """How many bytes the first member takes."""
    size = int(content[124:136].rstrip(b"\0 "), 8)
    return -(-size // 512) * 512


def test_no_archive_does_harm(tmp_path: Path, home: Path, shop_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """case 41, for our own archives: nothing outside the folder, nothing half, in bounded memory."""
    from gshop_studio.cli import run as run_here

    folder = tmp_path / "forged"
    folder.mkdir()
    new = tmp_path / "new"
    for what, path in harmful(folder, (shop_dir / "gshop.db").read_bytes()):
        before = {found for found in tmp_path.rglob("*") if folder not in found.parents}
        assert run_here(["restore", str(path), "--data-dir", str(new)]) == 1, what
        told = capsys.readouterr().err
        assert "not a backup" in told or "There is no file" in told, (what, told)
        after = {found for found in tmp_path.rglob("*") if folder not in found.parents}
        assert after == before, what
        assert not Path("/tmp/evil").exists()
