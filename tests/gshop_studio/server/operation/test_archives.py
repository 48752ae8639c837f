"""`gshop-studio backup` and `restore`, as a person runs them."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from gshop_studio.server.migrations.upgrade import downgrade_database, upgrade_database
from gshop_studio.server.operation.archive import read_manifest
from tests.faults.small_disk import fill, small_disk
from tests.gshop_studio.server.test_command import log_in, serving
from tests.support.processes import our_environment, wait_until


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
    assert "No such file" in refused("backup", "--data-dir", shop_dir, "--to", there, home=home)
    url = "postgresql://gshop:CANARY@db.example:5433/shop"
    told = refused("backup", "--data-dir", shop_dir, home=home, GSHOP_DATABASE_URL=url)
    assert "pg_dump --format=custom -h db.example -p 5433 -U gshop -d shop" in told and "CANARY" not in told


def test_a_full_disk_leaves_nothing_half(shop_dir: Path, archive: Path, tmp_path: Path, home: Path) -> None:
    """case 59."""
    with small_disk(tmp_path / "disk", 2) as disk:
        fill(disk / "filler", leave_bytes=100_000)
        told = refused("backup", "--data-dir", shop_dir, "--to", disk / "x.tar.gz", home=home)
        assert "is full" in told and [path.name for path in disk.iterdir()] == ["filler"]
        assert "too small" in refused("restore", archive, "--data-dir", disk / "new", home=home)
        assert [path.name for path in disk.iterdir()] == ["filler"]


def test_ctrl_c_leaves_nothing_half(shop_dir: Path, tmp_path: Path, home: Path) -> None:
    for number in range(2, 2000):
        (shop_dir / "images" / f"{number}.jpg").hardlink_to(shop_dir / "images" / "0.jpg")
    to = tmp_path / "to"
    to.mkdir()
    words: list[str | Path] = ["backup", "--data-dir", shop_dir, "--to", to / "x.tar.gz"]
    command = [sys.executable, "-m", "gshop_studio", *map(str, words)]
    for number in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=our_environment(home))
        wait_until(lambda: any(to.glob("*.partial")), what="the archive being written", every_s=0.005)
        process.send_signal(number)
        _, told = process.communicate(timeout=30)
        assert process.returncode == 130 and "Traceback" not in told, told
        assert list(to.iterdir()) == []


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
        assert "not a backup" in told or "can be read" in told, (what, told)
        after = {found for found in tmp_path.rglob("*") if folder not in found.parents}
        assert after == before, what
        assert not Path("/tmp/evil").exists()
