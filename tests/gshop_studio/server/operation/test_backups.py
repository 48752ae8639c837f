"""Backups of a database that is being written: whole, counted, and none half."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.operation.backups import Backups, CopyFailed, copy_database, integrity_fault
from gshop_studio.server.refusals import Refused
from tests.faults.small_disk import fill, small_disk
from tests.gshop_studio.server.shop import Shop

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """A database in use: its last rows are in the write-ahead log alone."""
    path = tmp_path / "gshop.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as opened:
        opened.execute("PRAGMA journal_mode=WAL")
        opened.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        opened.executemany("INSERT INTO notes (text) VALUES (?)", [("x" * 500,)] * 2000)
        yield path


def backups_of(database: Path, clock: Clock, keep: int = 3) -> Backups:
    return Backups(database, database.parent / "backups", every_h=6, keep=keep, clock=clock)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rows(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(database)) as opened:
        return int(opened.execute("SELECT count(*) FROM notes").fetchone()[0])


async def test_a_backup_is_whole_named_by_its_time_and_its_owners_alone(database: Path) -> None:
    clock = Clock()
    backups = backups_of(database, clock)
    assert backups.newest_at() is None and backups.newest_bytes() == 0
    path = await backups.back_up()
    assert path.name == "gshop-20261124T120000Z.db"
    assert integrity_fault(path) is None and rows(path) == 2000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert backups.newest_at() == NOON and backups.newest_bytes() == path.stat().st_size


async def test_so_many_are_kept_and_nothing_else_is_touched(database: Path) -> None:
    clock = Clock()
    backups = backups_of(database, clock)
    (database.parent / "backups").mkdir()
    others = ("mine.db", "film.mkv.partial", "rsync.partial-1", "gshop-photos.partial")
    for name in (*others, "gshop-20261124T000000Z.db.partial", "gshop-20261124T000000Z.db.partial-journal"):
        (database.parent / "backups" / name).write_text("the last two are of a killed server")
    (database.parent / "backups" / "gshop-20261124T000000Z.db.partial-wal").mkdir()
    for hour in range(5):
        clock.now = NOON + timedelta(hours=hour)
        await backups.back_up()
    assert set(names(database.parent / "backups")) == {
        "gshop-20261124T140000Z.db", "gshop-20261124T150000Z.db", "gshop-20261124T160000Z.db",
        "gshop-20261124T000000Z.db.partial-wal", *others
    }  # fmt: skip


async def test_one_is_made_when_the_newest_is_too_old_however_often_it_was_started(database: Path) -> None:
    clock = Clock()
    for minutes, count in ((0, 1), (5, 1), (359, 1), (360, 2), (361, 2)):
        clock.now = NOON + timedelta(minutes=minutes)
        await backups_of(database, clock).back_up_when_due()
        assert len(names(database.parent / "backups")) == count, minutes


async def test_a_full_disk_leaves_none_half_and_says_so(database: Path, tmp_path: Path) -> None:
    """case 59."""
    with small_disk(tmp_path / "disk", 4) as disk:
        backups = Backups(database, disk / "backups", every_h=6, keep=3, clock=Clock())
        fill(disk / "filler", leave_bytes=300_000)
        with pytest.raises(Refused, match=r"storage.full"):
            await backups.back_up()
        assert names(disk / "backups") == [] and backups.failure_count == 1
        (disk / "filler").unlink()
        assert rows(await backups.back_up()) == 2000


async def test_a_folder_that_cannot_be_made_is_said(database: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    backups = Backups(database, tmp_path / "file" / "backups", every_h=6, keep=3, clock=Clock())
    with pytest.raises(Refused, match=r"storage.failed"):
        await backups.back_up()


def test_a_copy_that_is_given_up_leaves_nothing(database: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    (tmp_path / "to").mkdir()
    with pytest.raises(CopyFailed):
        copy_database(database, tmp_path / "to" / "copy.db", stop)
    assert names(tmp_path / "to") == []


def test_a_damaged_copy_is_told(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy_database(database, copy)
    content = bytearray(copy.read_bytes())
    content[8192:16384] = b"\xff" * 8192
    copy.write_bytes(content)
    assert integrity_fault(copy) is not None
    copy.write_bytes(b"no database at all" * 100)
    assert integrity_fault(copy) is not None


async def test_a_backup_while_it_is_written_holds_all_that_was_acknowledged_before(tmp_path: Path) -> None:
    """case 59: backup during writes."""
    async with Shop(tmp_path / "data") as shop:
        host = await shop.person(Role.SELLER)
        stream_id = await shop.live_stream(host)
        acknowledged: list[str] = []
        is_over = asyncio.Event()

        async def chat() -> None:
            while not is_over.is_set():
                said = await shop.ask(
                    "POST", f"live/streams/{stream_id}/messages", host, json={"message": "hi"}, status=201
                )
                acknowledged.append(said["id"])

        writers = [asyncio.create_task(chat()) for _ in range(3)]
        backups = shop.server.operation.backups
        assert backups is not None
        copies: list[tuple[Path, list[str]]] = []
        for _ in range(3):
            count = len(acknowledged)
            while len(acknowledged) < count + 10:
                await asyncio.sleep(0.01)
            before = list(acknowledged)
            target = tmp_path / f"{len(copies)}.db"
            await asyncio.to_thread(copy_database, shop.config.database_path, target)
            copies.append((target, before))
        await backups.back_up()
        is_over.set()
        await asyncio.gather(*writers)
    for target, before in copies:
        assert integrity_fault(target) is None
        with contextlib.closing(sqlite3.connect(target)) as opened:
            kept = {row[0] for row in opened.execute("SELECT id FROM live_stream_messages")}
            last_seq = opened.execute("SELECT max(seq) FROM live_stream_events").fetchone()
            shows_seq = opened.execute("SELECT last_seq FROM live_streams WHERE id = ?", (stream_id,)).fetchone()
        assert set(before) <= kept and last_seq == shows_seq
