"""Which web pages may open a socket: our own (case 3). Programs, which send no Origin, are not asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class OwnOrigins:
    def __init__(self, origins: Iterable[str], port: int) -> None:
        """`origins`: scheme://host[:port] of the addresses handed out. `port`: the one bound."""
        self._origins = {origin.lower() for origin in origins}
        self._origins |= {f"http://{name}:{port}" for name in _LOOPBACK_NAMES}

    def allows(self, origin: str | None, environ: Mapping[str, Any]) -> bool:
        """Whether a page of this origin may connect.

        A page reached by this machine's numeric address is our own too; a name that is not configured could be
        anybody's (DNS rebinding), even where it equals the Host header.
        """
        if origin is None or origin.lower() in self._origins:
            return True
        parts = urlsplit(origin)
        return parts.scheme == "http" and parts.netloc == environ.get("HTTP_HOST") and _is_numeric(parts.hostname)


def _is_numeric(host: str | None) -> bool:
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True
