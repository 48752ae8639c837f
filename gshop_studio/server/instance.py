"""One server a data directory: the lock held while it runs, and `server.json`, by which a studio finds it again."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

from filelock import FileLock, Timeout

from gshop_studio import __version__
from gshop_studio.engine_protocol import Fault
from gshop_studio.server.start_failed import StartFailed

ADDRESS_FILE = "server.json"
LOCK_FILE = "server.lock"


class Instance:
    """Claims a data directory. `release` it at the end."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = FileLock(data_dir / LOCK_FILE, timeout=0)

    def claim(self) -> None:
        """Make the directory, if need be, and lock it.

        Raises:
            StartFailed: another server runs there, or the directory cannot be written.
        """
        try:
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
            _probe(self._data_dir)
        except Timeout as error:
            raise StartFailed(Fault("server.data_dir_locked", {"path": str(self._data_dir)})) from error
        except OSError as error:
            self._lock.release()
            raise StartFailed(data_dir_fault(self._data_dir, error)) from error

    def announce(self, http: str, rtmp: str, token: str) -> None:
        """Write down, for the owner of this directory alone, where the server is and how it proves to be ours."""
        address = {
            "pid": os.getpid(),
            "http": http,
            "rtmp": rtmp,
            "token": token,
            "version": __version__,
        }
        temporary = self._data_dir / f"{ADDRESS_FILE}.new"
        write_private(temporary, json.dumps(address))
        temporary.replace(self._data_dir / ADDRESS_FILE)

    def release(self) -> None:
        if self._lock.is_locked:
            (self._data_dir / ADDRESS_FILE).unlink(missing_ok=True)
        self._lock.release()


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner may read, from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def data_dir_fault(data_dir: Path, error: OSError) -> Fault:
    """Why the data directory cannot be used."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Fault("server.disk_full", {"path": str(data_dir)})
    return Fault("server.data_dir_unwritable", {"path": str(data_dir), "reason": error.strerror or str(error)})


def _probe(data_dir: Path) -> None:
    probe = data_dir / ".probe"
    try:
        probe.write_bytes(b"\0" * 4096)
    finally:
        probe.unlink(missing_ok=True)
