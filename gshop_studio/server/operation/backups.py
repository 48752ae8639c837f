"""Backups of a SQLite database while it is written: whole, checked, and so many of them kept.

A backup holds the database alone. Pictures and the secret key are in the archive of `gshop-studio backup`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gshop_studio.server.clock import Clock
from gshop_studio.server.refusals import Refused

log = logging.getLogger(__name__)
_NAME = re.compile(r"gshop-(\d{8}T\d{6}Z)\.db")
_TIME_FORM = "%Y%m%dT%H%M%SZ"
_PARTIAL = ".partial"
_LEFT = re.compile(rf"{_NAME.pattern}{re.escape(_PARTIAL)}(-journal|-wal|-shm)?")
"""What a copy that was cut off leaves. The folder may hold other programs' files."""


class CopyFailed(Exception):
    """No whole copy could be made. `is_disk_full` says whether room is what is missing."""

    def __init__(self, reason: str, *, is_disk_full: bool = False) -> None:
        super().__init__(reason)
        self.is_disk_full = is_disk_full


class Backups:
    def __init__(self, database: Path, folder: Path, *, every_h: float, keep: int, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._every_s = every_h * 3600
        self._keep = keep
        self._clock = clock
        self._turn = asyncio.Lock()
        self._stop = threading.Event()
        self.failure_count = 0

    async def back_up_when_due(self) -> None:
        """Make a backup where the newest is too old, however often the server was started anew since.

        Raises:
            Refused: `storage.full`, `storage.failed`; there is none half then.
        """
        newest = self.newest_at()
        if newest is None or (self._clock() - newest).total_seconds() >= self._every_s:
            await self.back_up()

    async def back_up(self) -> Path:
        """Make a backup now; where it is. Older ones beyond the number kept are removed.

        Raises:
            Refused: `storage.full`, `storage.failed`; there is none half then.
        """
        async with self._turn:
            path = self._folder / f"gshop-{self._clock().astimezone(UTC).strftime(_TIME_FORM)}.db"
            try:
                await asyncio.to_thread(self._write, path)
            except CopyFailed as failure:
                self.failure_count += 1
                log.error("no backup was made: %s", failure)
                code = "storage.full" if failure.is_disk_full else "storage.failed"
                raise Refused(code) from failure
            log.info("backed up: %s, %d bytes", path.name, path.stat().st_size)
            return path

    async def rewrite(self, change: Callable[[Path], bool]) -> None:
        """Have `change` change each backup, on a copy, in a thread; the copy takes its place, checked, where it says
        that it did. Killed in the middle, the backup is as it was.

        Raises:
            Refused: `storage.*`; those that are not changed are as they were.
        """
        async with self._turn:
            for path in self._all():
                try:
                    await asyncio.to_thread(change_on_copy, path, change)
                except CopyFailed as failure:
                    log.error("backup %s was not changed: %s", path.name, failure)
                    raise Refused("storage.full" if failure.is_disk_full else "storage.failed") from failure

    def give_up(self) -> None:
        """The server stops: a backup that is being written is left off, and nothing of it stays."""
        self._stop.set()

    def newest_at(self) -> datetime | None:
        """When the newest backup was made."""
        newest = max((path.name for path in self._all()), default=None)
        if newest is None:
            return None
        found = _NAME.fullmatch(newest)
        assert found is not None
        return datetime.strptime(found[1], _TIME_FORM).replace(tzinfo=UTC)

    def newest_bytes(self) -> int:
        """How large the newest backup is; 0 without one."""
        newest = max(self._all(), key=lambda path: path.name, default=None)
        return newest.stat().st_size if newest is not None else 0

    def _write(self, path: Path) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in self._folder.iterdir():
                if _LEFT.fullmatch(left.name) and left.is_file():
                    left.unlink()  # of a server that was killed
        except OSError as error:
            raise CopyFailed(error.strerror or "the folder cannot be written") from error
        copy_database(self._database, path, self._stop)
        for old in sorted(self._all(), key=lambda found: found.name)[: -self._keep]:
            old.unlink(missing_ok=True)

    def _all(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [path for path in self._folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file()]


def change_on_copy(path: Path, change: Callable[[Path], bool]) -> None:
    """Have `change` change a database that nobody uses, on a copy, which takes its place, checked, where it says that
    it did. Killed in the middle, it is as it was. Blocks.

    Raises:
        CopyFailed: it is as it was.
    """
    partial = path.with_name(f"{path.name}{_PARTIAL}")
    try:
        shutil.copyfile(path, partial)
        partial.chmod(0o600)
        if not change(partial):
            return
        if (fault := integrity_fault(partial)) is not None:
            raise CopyFailed(f"what it became is damaged: {fault}")
        sync(partial)
        partial.replace(path)
        sync(path.parent)
    except OSError as error:
        raise CopyFailed(error.strerror or str(error), is_disk_full=error.errno in (28, 122)) from error
    finally:
        for name in (partial.name, f"{partial.name}-journal", f"{partial.name}-wal", f"{partial.name}-shm"):
            partial.with_name(name).unlink(missing_ok=True)


def copy_database(source: Path, target: Path, stop: threading.Event | None = None) -> None:
    """Write a whole and checked copy of a SQLite database that may be in use. Blocks.

    The copy appears under its name only when it is complete, checked and on the disk.

    Raises:
        CopyFailed: also where `stop` was set meanwhile. Nothing is left behind.
    """
    partial = target.with_name(f"{target.name}{_PARTIAL}")
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))  # VACUUM INTO takes an empty file
        _vacuum_into(source, partial, stop or threading.Event())
        if (fault := integrity_fault(partial)) is not None:
            raise CopyFailed(f"the copy is damaged: {fault}")
        sync(partial)
        partial.replace(target)
        sync(target.parent)
    except sqlite3.Error as error:
        is_full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
        raise CopyFailed("the disk is full" if is_full else str(error), is_disk_full=is_full) from error
    except OSError as error:
        raise CopyFailed(error.strerror or str(error), is_disk_full=error.errno in (28, 122)) from error
    finally:
        for name in (partial.name, f"{partial.name}-journal", f"{partial.name}-wal", f"{partial.name}-shm"):
            partial.with_name(name).unlink(missing_ok=True)


def integrity_fault(database: Path) -> str | None:
    """What SQLite finds wrong in a database that nobody uses; None where it is whole. Blocks."""
    with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
        try:
            answer = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            return str(error)
    return None if answer == "ok" else str(answer)


def sync(path: Path) -> None:
    """Have what was written to a file or folder on the disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _vacuum_into(source: Path, target: Path, stop: threading.Event) -> None:
    with contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as opened:
        opened.set_progress_handler(stop.is_set, 10_000)
        opened.execute("VACUUM INTO ?", (str(target),))
