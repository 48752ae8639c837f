"""A disk of a test's own that is soon full: a file system in memory, mounted where root may."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_CHUNK = bytes(1024 * 1024)


@contextlib.contextmanager
def small_disk(mount: Path, size_mib: int) -> Iterator[Path]:
    """The test is skipped where nothing can be mounted."""
    mount.mkdir()
    if not shutil.which("mount"):
        pytest.skip("there is no mount")
    options = f"size={size_mib}m"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(mount)], capture_output=True).returncode:
        pytest.skip("mounting a small disk takes root")
    try:
        yield mount
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)


def fill(path: Path, leave_bytes: int = 0) -> None:
    """Write a file until only so much is free."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while (room := shutil.disk_usage(path.parent).free - leave_bytes) > 0:
            file.write(_CHUNK[:room])
