"""`gshop-studio restore`: puts an archive of `gshop-studio backup` into a data directory.

All of it is unpacked, checked, brought to the newest shape and relieved of whom the list beside the database names as
erased, next to what is there, and only then moved into place.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import FaultBecause, tell
from gshop_studio.reason_texts import reason_of
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.instance import LOCK_FILE, Instance
from gshop_studio.server.migrations.upgrade import upgrade_database
from gshop_studio.server.operation.archive import (
    DATABASE,
    SECRET,
    ArchiveUnreadable,
    Manifest,
    read_manifest,
    unpack,
)
from gshop_studio.server.operation.backup_command import bytes_text, interruptible, pg_restore, progress_of
from gshop_studio.server.operation.backups import integrity_fault, sync
from gshop_studio.server.privacy.erased_ids import FILE_NAME as ERASED_LIST
from gshop_studio.server.privacy.erased_ids import ErasedIds
from gshop_studio.server.privacy.forgetting import forget
from gshop_studio.server.privacy.set_aside import ASIDE, HALF
from gshop_studio.server.refusals import Refused
from gshop_studio.server.settings import FILE_NAME, load_settings
from gshop_studio.server.start_failed import StartFailed
from gshop_studio.server.words import format_moment
from gshop_studio.texts import person_language

_MAY_BE_THERE = frozenset({LOCK_FILE, FILE_NAME, ERASED_LIST})
"""What does not make a data directory one that holds data."""
_MARGIN_BYTES = 16 * 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("archive", type=Path, metavar="FILE", help="what `gshop-studio backup` wrote")
    parser.add_argument("--data-dir", type=Path, help="where to; no server may run there")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the server's settings, where it has a file")
    parser.add_argument("--force", action="store_true", help="keep aside what is there, and restore over it")


def run(arguments: argparse.Namespace) -> int:
    """Restore; the exit status is 0 only when all of it is in place."""
    given = {"data_dir": arguments.data_dir} if arguments.data_dir else {}
    language = person_language()
    try:
        config = load_settings(given, arguments.config).config
        with interruptible():
            manifest, aside = _restore(arguments.archive, config, is_forced=arguments.force)
    except StartFailed as failure:
        print(tell(failure.fault, language), file=sys.stderr)
        return 1
    moment = format_moment(manifest.created_at, language)
    facts = {"path": str(config.data_dir), "moment": moment, "count": str(manifest.picture_count)}
    print(tell(Fault("restore.done", facts), language))
    if aside is not None:
        print(tell(Fault("restore.kept_aside", {"path": str(aside)}), language))
    if config.secret_key is None and not (config.data_dir / SECRET).is_file():
        print(tell(Fault("restore.no_secret"), language))
    return 0


def _restore(archive: Path, config: ServerConfig, *, is_forced: bool) -> tuple[Manifest, Path | None]:
    if config.database_url is not None:
        facts = {"command": pg_restore(config.database_url), "path": str(config.images)}
        raise StartFailed(Fault("restore.postgres", facts))
    try:
        manifest = read_manifest(archive)
    except ArchiveUnreadable as error:
        raise _unreadable(archive, error.reason) from error
    is_new = not config.data_dir.exists()
    instance = Instance(config.data_dir)
    instance.claim()
    is_done = False
    try:
        if not is_forced and not _is_empty(config):
            raise StartFailed(Fault("restore.not_empty", {"path": str(config.data_dir)}))
        _ask_for_room(config, manifest)
        with tempfile.TemporaryDirectory(prefix=HALF, dir=config.data_dir) as folder:
            fresh = Path(folder)
            _unpack_and_check(archive, fresh, manifest)
            _forget_again(config, fresh)
            aside = _swap(config, fresh, manifest)
        is_done = True
        return manifest, aside
    except OSError as error:
        raise StartFailed(FaultBecause("restore.failed", reasons=(reason_of(error),))) from error
    finally:
        instance.release()
        if is_new and not is_done and not any(config.data_dir.glob(f"{ASIDE}*")):
            shutil.rmtree(config.data_dir, ignore_errors=True)


def _unreadable(archive: Path, reason: Fault) -> StartFailed:
    if reason.code == "os.not_there":
        return StartFailed(Fault("restore.not_there", {"path": str(archive)}))
    return StartFailed(FaultBecause("restore.unreadable", {"path": str(archive)}, (reason,)))


def _is_empty(config: ServerConfig) -> bool:
    has_data = any(path.name not in _MAY_BE_THERE for path in config.data_dir.iterdir())
    return not has_data and not (config.images.is_dir() and any(config.images.iterdir()))


def _ask_for_room(config: ServerConfig, manifest: Manifest) -> None:
    free = shutil.disk_usage(config.data_dir).free
    needed = manifest.total_bytes + _MARGIN_BYTES
    if free < needed:
        facts = {"path": str(config.data_dir), "needed": bytes_text(needed), "free": bytes_text(free)}
        raise StartFailed(Fault("restore.no_room", facts))


def _unpack_and_check(archive: Path, fresh: Path, manifest: Manifest) -> None:
    try:
        unpack(archive, fresh, progress_of("backup.pictures"))
    except ArchiveUnreadable as error:
        raise _unreadable(archive, error.reason) from error
    database = fresh / DATABASE
    if (fault := integrity_fault(database)) is not None:
        raise _unreadable(archive, Fault("archive.bad_database", {"detail": fault}))
    try:
        upgrade_database(f"sqlite+aiosqlite:///{database}")
    except CommandError as error:  # a revision this version does not know
        facts = {"path": str(archive), "version": manifest.version}
        raise StartFailed(Fault("restore.newer", facts)) from error
    except DBAPIError as error:
        raise StartFailed(Fault("restore.failed", {"reason": str(error.orig)})) from error


def _forget_again(config: ServerConfig, fresh: Path) -> None:
    """Whom this data directory knows to be erased is erased from what is restored, too, before it is in place."""
    erased = ErasedIds(config.data_dir / ERASED_LIST).read()
    try:
        forget(fresh / DATABASE, fresh / "images", erased)
    except Refused as refusal:
        raise StartFailed(Fault("restore.failed", {"reason": refusal.code})) from refusal
    except DBAPIError as error:
        raise StartFailed(Fault("restore.failed", {"reason": str(error.orig)})) from error


def _swap(config: ServerConfig, fresh: Path, manifest: Manifest) -> Path | None:
    """Put aside what is there, then move in what is new; where the first of them was put, if anything was.

    Failing or interrupted, it leaves what was there, and nothing else.
    """
    moving_in = [(fresh / DATABASE, config.database_path), (fresh / "images", config.images)]
    if manifest.has_secret:
        moving_in.append((fresh / SECRET, config.data_dir / SECRET))
    going_out = [target for _, target in moving_in if target.exists()]
    going_out += [path for end in ("-wal", "-shm") if (path := Path(f"{config.database_path}{end}")).exists()]
    aside: Path | None = None
    try:
        if going_out:
            folder = config.data_dir / f"{ASIDE}{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"
            folder.mkdir(mode=0o700)
            aside = folder
            for path in going_out:
                _move(path, aside / path.name)
        for source, target in moving_in:
            _move(source, target)
    except BaseException:
        for _, target in moving_in:
            if target not in going_out:
                _remove(target)
        if aside is not None:
            _put_back(aside, going_out)
        raise
    sync(config.data_dir)
    return aside


def _move(source: Path, target: Path) -> None:
    """`target` is there only when it is whole, from another disk too."""
    try:
        source.rename(target)
        return
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EBUSY):
            raise
    partial = target.with_name(f"{target.name}.partial")
    try:
        if source.is_dir():
            shutil.copytree(source, partial)
        else:
            shutil.copy2(source, partial)
        partial.rename(target)
    finally:
        _remove(partial)
    _remove(source)


def _put_back(aside: Path, going_out: list[Path]) -> None:
    """Only what really went: what is not aside is still in its place.

    Raises:
        StartFailed: some of it stays aside; says where.
    """
    try:
        for path in going_out:
            kept = aside / path.name
            if not kept.exists():
                continue
            with contextlib.suppress(OSError):
                _remove(path)
            if path.is_dir():  # a disk of its own stays where it is mounted
                shutil.copytree(kept, path, dirs_exist_ok=True)
                _remove(kept)
            else:
                _move(kept, path)
        aside.rmdir()
    except OSError as error:
        raise StartFailed(FaultBecause("restore.half", {"path": str(aside)}, (reason_of(error),))) from error


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
