"""Where things lie on this machine: data, run-time files, resources. Standard library only.

`GSHOP_HOME` moves everything a person's studio keeps (for tests, for a second profile, for a portable installation).
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

_APP = "gshop-studio"


def data_dir() -> Path:
    """What must be kept: the local server's data, settings, recordings' index."""
    if home := os.environ.get("GSHOP_HOME"):
        return Path(home)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / _APP
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / _APP
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / _APP


def local_server_dir() -> Path:
    """The data directory of the server that "Try it on this computer" starts."""
    return data_dir() / "server"


def recordings_dir() -> Path:
    """Where recordings go unless the seller says otherwise."""
    return data_dir() / "recordings"


def runtime_dir() -> Path:
    """Short-lived files of running processes: the engine's address and its preview memory."""
    if home := os.environ.get("GSHOP_HOME"):
        return Path(home) / "run"
    if xdg := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(xdg) / _APP
    owner = os.getuid() if sys.platform != "win32" else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"{_APP}-{owner}"


def make_private(folder: Path) -> None:
    """Make a folder, if need be, that nobody else can look or write into.

    In a directory everybody may write to, somebody else may have made it first, to read along or to answer for us.

    Raises:
        OSError: it cannot be made, or it is not ours.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":
        return
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)


def resources_dir() -> Path:
    """Icons, themes, the buyers' page: beside the packages in a checkout, inside the package when installed."""
    return _shipped("resources")


def translations_dir() -> Path:
    """The catalogues of the studio, the server and the page."""
    return _shipped("translations")


def _shipped(name: str) -> Path:
    bundle = getattr(sys, "_MEIPASS", None)  # set by PyInstaller in the packaged app
    root = Path(bundle) if bundle else Path(__file__).resolve().parent.parent
    checkout = root / name
    return checkout if checkout.is_dir() else Path(__file__).resolve().parent / f"_{name}"
