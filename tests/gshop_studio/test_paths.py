"""Folders that are ours alone."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from gshop_studio.paths import make_private

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes and owners are POSIX")


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_a_private_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "engine"
    make_private(folder)
    assert mode(folder) == 0o700


def test_an_open_folder_of_ours_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    make_private(tmp_path)
    assert mode(tmp_path) == 0o700


def test_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(PermissionError, match="somebody else"):
        make_private(tmp_path / "link")


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root can make somebody else's folder")
def test_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(PermissionError, match="somebody else"):
        make_private(tmp_path)
