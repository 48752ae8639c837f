"""The archive of `gshop-studio backup`: a .tar.gz of the database, the pictures and, if wanted, the secret key.

`manifest.json` comes first and says how large each file is and its SHA-256. Nothing is taken out of an archive that
its manifest does not name, nothing is larger than it says, and names are only those we write ourselves.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from gshop_studio import __version__
from gshop_studio.contract.wire import Answer, Moment, to_wire_time
from gshop_studio.engine_protocol import Fault
from gshop_studio.reason_texts import reason_of
from gshop_studio.server.operation.backups import sync

FORMAT = 1
TAR_FORMAT = tarfile.GNU_FORMAT
"""USTAR would end at 8 GiB a file, which a database may reach."""
DATABASE = "gshop.db"
SECRET = "secret.key"  # noqa: S105 - a file's name
MANIFEST = "manifest.json"
_NAME = re.compile(rf"{re.escape(DATABASE)}|{re.escape(SECRET)}|images/[A-Za-z0-9][A-Za-z0-9._-]{{0,99}}")
_MANIFEST_LIMIT_BYTES = 64 * 1024 * 1024
_MOST_DENSE = 100
"""What we pack shrinks to a tenth at best. An archive that unpacks to over a hundred times its size is a bomb."""
_SMALL_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024

Progress = Callable[[int, int], None]
"""Told how many pictures of how many are done."""


class ArchiveUnreadable(Exception):
    """Not an archive of ours, damaged, or made to do harm: `reason` says which."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.reason = Fault(code, facts)


class _Bounded(gzip.GzipFile):
    """Reads never more at once than we ask for: a header may declare that it is huge."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= _MANIFEST_LIMIT_BYTES:
            raise ArchiveUnreadable("archive.part_too_large")
        return super().read(size)


class ArchivedFile(Answer):
    name: str
    size: int
    sha256: str


class Manifest(Answer):
    format: int
    version: str
    """Of the program that made it."""
    created_at: Moment
    revision: str
    """The shape of the database, by its newest migration."""
    files: list[ArchivedFile]

    @property
    def total_bytes(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def picture_count(self) -> int:
        return sum(file.name.startswith("images/") for file in self.files)

    @property
    def has_secret(self) -> bool:
        return any(file.name == SECRET for file in self.files)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to put in, and what it is called there."""

    name: str
    path: Path


def pictures_in(folder: Path) -> list[Source]:
    """The pictures of a folder, in the order of their names."""
    if not folder.is_dir():
        return []
    found = sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    return [Source(name, path) for path in found if _NAME.fullmatch(name := f"images/{path.name}")]


def held(sources: Iterable[Source], folder: Path) -> list[Source]:
    """The same files in an empty folder, where nobody replaces or deletes them; what is gone is left out. Blocks.

    Raises:
        OSError: on another disk, where they are copied, there is no room.
    """
    kept = []
    for number, source in enumerate(sources):
        path = folder / str(number)
        try:
            try:
                path.hardlink_to(source.path)
            except FileNotFoundError:
                raise
            except OSError:  # another disk, or one without links
                shutil.copyfile(source.path, path)
        except FileNotFoundError:
            continue
        kept.append(Source(source.name, path))
    return kept


def write_archive(
    target: Path, sources: Iterable[Source], *, revision: str, created_at: datetime, progress: Progress
) -> Manifest:
    """Pack files that nobody changes meanwhile (`held`). Blocks.

    The archive appears under its name, readable by its owner alone, only when all of it is on the disk.

    Raises:
        OSError: a file cannot be read or written. Nothing is left behind.
    """
    present = [(source, _listed(source)) for source in sources]
    manifest = Manifest(
        format=FORMAT,
        version=__version__,
        created_at=created_at,
        revision=revision,
        files=[listed for _, listed in present],
    )
    partial = target.with_name(f"{target.name}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(descriptor, "wb") as raw,
            tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6, format=TAR_FORMAT) as tar,
        ):
            text = json.dumps(manifest.model_dump(mode="json", by_alias=True), indent=1).encode()
            tar.addfile(_entry(MANIFEST, len(text), created_at), io.BytesIO(text))
            done = 0
            for source, listed in present:
                with source.path.open("rb") as opened:
                    tar.addfile(_entry(listed.name, listed.size, created_at), opened)
                if listed.name.startswith("images/"):
                    done += 1
                    progress(done, manifest.picture_count)
        sync(partial)
        partial.replace(target)
        sync(target.parent)
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def read_manifest(archive: Path) -> Manifest:
    """What an archive says is in it. Blocks.

    Raises:
        ArchiveUnreadable: it is none of ours.
    """
    with _opened(archive) as tar:
        return _manifest_of(tar, archive.stat().st_size)


def unpack(archive: Path, folder: Path, progress: Progress) -> Manifest:
    """Unpack into an empty folder, and check all of it. Blocks.

    Raises:
        ArchiveUnreadable: damaged, incomplete, or not what its manifest says.
        OSError: the folder cannot be written.
    """
    with _opened(archive) as tar:
        manifest = _manifest_of(tar, archive.stat().st_size)
        missing = {file.name: file for file in manifest.files}
        (folder / "images").mkdir()
        done = 0
        try:
            for member in tar:
                if member.name == MANIFEST:
                    continue
                file = missing.pop(member.name, None)
                if file is None or not member.isreg() or member.size != file.size:
                    raise ArchiveUnreadable("archive.file_differs", name=repr(member.name[:100]))
                _unpack_one(tar, member, file, folder / file.name)
                if file.name.startswith("images/"):
                    done += 1
                    progress(done, manifest.picture_count)
            _read_to_the_end(tar)
        except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise ArchiveUnreadable("archive.damaged") from error
    if missing:
        raise ArchiveUnreadable("archive.file_missing", name=next(iter(missing)))
    return manifest


def _opened(archive: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=_Bounded(archive), mode="r:")
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ArchiveUnreadable("archive.no_tar") from error
    except OSError as error:
        reason = reason_of(error)
        raise ArchiveUnreadable(reason.code, **reason.params) from error


def _manifest_of(tar: tarfile.TarFile, packed_bytes: int) -> Manifest:
    try:
        member = tar.next()
        if member is None or member.name != MANIFEST or not member.isreg() or member.size > _MANIFEST_LIMIT_BYTES:
            raise ArchiveUnreadable("archive.no_manifest")
        opened = tar.extractfile(member)
        assert opened is not None, "a regular file"
        manifest = Manifest.model_validate_json(opened.read(_MANIFEST_LIMIT_BYTES))
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, OSError) as error:
        raise ArchiveUnreadable("archive.damaged") from error
    except ValidationError as error:
        raise ArchiveUnreadable("archive.strange_manifest") from error
    if manifest.format != FORMAT:
        raise ArchiveUnreadable("archive.strange_format", format=str(manifest.format))
    names = [file.name for file in manifest.files]
    if len(set(names)) != len(names) or not all(_NAME.fullmatch(name) for name in names) or DATABASE not in names:
        raise ArchiveUnreadable("archive.strange_names")
    most = _SMALL_BYTES + _MOST_DENSE * packed_bytes
    if any(file.size < 0 for file in manifest.files) or manifest.total_bytes > most:
        raise ArchiveUnreadable("archive.bomb")
    return manifest


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, file: ArchivedFile, target: Path) -> None:
    opened = tar.extractfile(member)
    assert opened is not None, "a regular file"
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        for chunk in _chunks(opened):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != file.sha256:
        raise ArchiveUnreadable("archive.file_damaged", name=file.name)


def _read_to_the_end(tar: tarfile.TarFile) -> None:
    """What follows the last member is padding, and the sum of all."""
    assert tar.fileobj is not None, "it is open"
    left_bytes = _CHUNK_BYTES
    while read := len(tar.fileobj.read(_CHUNK_BYTES)):
        left_bytes -= read
        if left_bytes < 0:
            raise ArchiveUnreadable("archive.goes_on")


def _listed(source: Source) -> ArchivedFile:
    digest = hashlib.sha256()
    size = 0
    with source.path.open("rb") as opened:
        for chunk in _chunks(opened):
            digest.update(chunk)
            size += len(chunk)
    return ArchivedFile(name=source.name, size=size, sha256=digest.hexdigest())


def _chunks(opened: IO[bytes]) -> Iterable[bytes]:
    while chunk := opened.read(_CHUNK_BYTES):
        yield chunk


def _entry(name: str, size: int, moment: datetime) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(moment.timestamp())
    return entry


def file_name(moment: datetime) -> str:
    """What an archive made now is called, unless said otherwise: gshop-2026-11-24T220000Z.tar.gz."""
    return f"gshop-{to_wire_time(moment)[:19].replace(':', '')}Z.tar.gz"
