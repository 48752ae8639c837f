"""`gshop-studio backup`: database and pictures in one archive, also while the server runs."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import FaultBecause, tell
from gshop_studio.reason_texts import reason_of
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.operation.archive import (
    DATABASE,
    SECRET,
    Manifest,
    Progress,
    Source,
    file_name,
    held,
    pictures_in,
    write_archive,
)
from gshop_studio.server.operation.backups import CopyFailed, copy_database
from gshop_studio.server.settings import load_settings
from gshop_studio.server.start_failed import StartFailed
from gshop_studio.texts import person_language


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", type=Path, help="the server's data directory")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the server's settings, where it has a file")
    parser.add_argument("--to", type=Path, metavar="FILE", help="the archive; by default a new one here, named by time")
    parser.add_argument(
        "--with-secret",
        action="store_true",
        help="put the secret key in: who has it can sign in as anybody",
    )


def run(arguments: argparse.Namespace) -> int:
    """Make an archive; the exit status is 0 only when all of it is on the disk."""
    given = {"data_dir": arguments.data_dir} if arguments.data_dir else {}
    now = datetime.now(UTC)
    target: Path = (arguments.to or Path(file_name(now))).absolute()
    try:
        config = load_settings(given, arguments.config).config
        with interruptible():
            manifest = _archive(config, target, now, with_secret=arguments.with_secret)
    except StartFailed as failure:
        print(tell(failure.fault, person_language()), file=sys.stderr)
        return 1
    database = next(file for file in manifest.files if file.name == DATABASE)
    facts = {"path": str(target), "size": bytes_text(database.size), "count": str(manifest.picture_count)}
    print(tell(Fault("backup.done", facts), person_language()))
    if not manifest.has_secret and config.secret_key is None:
        print(tell(Fault("backup.without_secret", {"path": str(config.data_dir / SECRET)}), person_language()))
    return 0


def _archive(config: ServerConfig, target: Path, now: datetime, *, with_secret: bool) -> Manifest:
    if config.database_url is not None:
        raise StartFailed(
            Fault("backup.postgres", {"command": pg_dump(config.database_url), "path": str(config.images)})
        )
    if not config.database_path.is_file():
        raise StartFailed(Fault("backup.nothing", {"path": str(config.data_dir)}))
    if target.exists():
        raise StartFailed(Fault("backup.exists", {"path": str(target)}))
    if not target.parent.is_dir():
        raise StartFailed(_fault(target, Fault("os.no_such_folder", {"path": str(target.parent)}), is_disk_full=False))
    show = progress_of("backup.pictures")
    try:
        with tempfile.TemporaryDirectory(prefix=".gshop-backup-", dir=target.parent) as folder:
            say("backup.database")
            copy = Path(folder) / DATABASE
            copy_database(config.database_path, copy)
            pictures = Path(folder) / "images"
            pictures.mkdir()
            sources = [Source(DATABASE, copy), *held(pictures_in(config.images), pictures)]
            secret = config.data_dir / SECRET
            if with_secret and secret.is_file():
                sources.append(Source(SECRET, secret))
            return write_archive(target, sources, revision=revision_of(copy), created_at=now, progress=show)
    except CopyFailed as failure:
        raise StartFailed(
            _fault(target, Fault("os.other", {"detail": str(failure)}), is_disk_full=failure.is_disk_full)
        ) from failure
    except OSError as error:
        raise StartFailed(_fault(target, reason_of(error), is_disk_full=error.errno in (28, 122))) from error


def revision_of(database: Path) -> str:
    """The newest migration a database has; empty without any. Blocks."""
    with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
        try:
            found = opened.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError:
            return ""
    return str(found[0]) if found else ""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """While it lasts SIGTERM is as Ctrl-C: what was begun is cleaned up."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def say(code: str) -> None:
    """Tell whoever looks on what is being done."""
    print(tell(Fault(code), person_language()), file=sys.stderr)


def progress_of(code: str) -> Progress:
    """Tells how far it is: on a terminal in one line that changes, else every thousandth picture."""
    step = tell(Fault(code), person_language())
    is_terminal = sys.stderr.isatty()

    def show(done: int, total: int) -> None:
        if is_terminal or done == total or done % 1000 == 0:
            text = tell(Fault("backup.step", {"step": step, "done": str(done), "total": str(total)}), person_language())
            begin, end = ("\r", "" if done < total else "\n") if is_terminal else ("", "\n")
            sys.stderr.write(f"{begin}{text}{end}")
            sys.stderr.flush()

    return show


def bytes_text(size: int) -> str:
    """12.3 MiB."""
    if size < 1024:
        return f"{size} B"
    amount = float(size)
    for unit in ("KiB", "MiB", "GiB"):
        amount /= 1024
        if amount < 1024:
            return f"{amount:.1f} {unit}"
    return f"{amount / 1024:.1f} TiB"


def pg_dump(database_url: str) -> str:
    """What the plan says backs PostgreSQL up."""
    return f"pg_dump --format=custom {_where(database_url)} -f gshop.dump"


def pg_restore(database_url: str) -> str:
    """What puts back what `pg_dump` wrote. `--clean` would not: partitions' keys cannot be dropped one by one."""
    where = _where(database_url)
    empty = f'psql -q {where} -c "DROP SCHEMA public CASCADE" -c "CREATE SCHEMA public"'
    return f"{empty} && pg_restore --exit-on-error --single-transaction {where} gshop.dump"


def _where(database_url: str) -> str:
    """The options that name a database. The password is left to .pgpass or PGPASSWORD."""
    url = make_url(database_url)
    options = (("-h", url.host), ("-p", url.port), ("-U", url.username), ("-d", url.database))
    return " ".join(f"{option} {value}" for option, value in options if value)


def _fault(target: Path, reason: Fault, *, is_disk_full: bool) -> Fault:
    if is_disk_full:
        return Fault("backup.disk_full", {"path": str(target.parent)})
    return FaultBecause("backup.failed", reasons=(reason,))
