"""Addresses of network cameras. They may hold a user's name, a password or a token, none of which is ever shown."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

SCHEMES = ("rtsp", "rtsps", "http", "https")
_HIDDEN = "…"


def is_network_address(text: str) -> bool:
    """Whether it is an address that a network camera can have."""
    try:
        parts = urlsplit(text)
        return parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def shown_address(text: str) -> str:
    """The address without user, password, query and fragment; all of these hold secrets in one camera or another."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _without_rest(text)
    if not parts.scheme or not host or "@" in parts.path:
        return _without_rest(text)
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{port}{parts.path}" if port is not None else f"{parts.scheme}://{host}{parts.path}"


def _without_rest(text: str) -> str:
    """What cannot be taken apart is not shown at all."""
    return re.sub(r"://.*", f"://{_HIDDEN}", text, count=1, flags=re.DOTALL)
