"""Where things lie on this machine: data, run-time files, resources. Standard library only; nothing is created here.

`GSHOP_HOME` moves everything a person's studio keeps (for tests, for a second profile, for a portable installation).
"""

from __future__ import annotations

import os
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


def runtime_dir() -> Path:
    """Short-lived files of running processes: the engine's address and its preview memory."""
    if home := os.environ.get("GSHOP_HOME"):
        return Path(home) / "run"
    if xdg := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(xdg) / _APP
    owner = os.getuid() if sys.platform != "win32" else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"{_APP}-{owner}"


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
