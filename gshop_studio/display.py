"""Whether a window can be shown here: asked before Qt is, which would abort the process. Standard library only."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

_CONNECT_TIMEOUT_S = 2.0
_X11_PORT = 6000
_X11 = re.compile(r"^(?P<host>[^:]*):(?P<number>\d+)(\.\d+)?$")


def can_show_windows() -> bool:
    """True where a display answers, or a Qt platform was chosen by hand (`QT_QPA_PLATFORM`)."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return _has_wayland(os.environ.get("WAYLAND_DISPLAY", "")) or _has_x11(os.environ.get("DISPLAY", ""))


def _has_wayland(name: str) -> bool:
    if not name:
        return False
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/run")) / name
    return _answers(socket.AF_UNIX, str(path))


def _has_x11(name: str) -> bool:
    parts = _X11.match(name)
    if parts is None:
        return False
    number = int(parts["number"])
    if parts["host"] in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where X servers listen
        return _answers(socket.AF_UNIX, path) or _answers(socket.AF_UNIX, f"\0{path}")
    return _answers(socket.AF_INET, (parts["host"], _X11_PORT + number))


def _answers(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_TIMEOUT_S)
        try:
            probe.connect(address)
        except OSError:
            return False
    return True
