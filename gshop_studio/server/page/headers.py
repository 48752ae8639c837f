"""What a browser is told about the page: whom it may talk to, what it may run, how long it may keep things."""

from __future__ import annotations

import re
from collections.abc import Mapping

_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")

_ASSET_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-cache",  # asked for anew each time, answered by 304 while it is the same
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}

SETTLED_KINDS = frozenset({".svg", ".woff2"})
"""Kept for an hour without asking: they hardly change, and icons must not vanish when the network does."""

_PAGE_HEADERS: Mapping[str, str] = {
    **_ASSET_HEADERS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def asset_headers(suffix: str) -> dict[str, str]:
    """The headers of a file the pages load, by its suffix (`.js`)."""
    return {**_ASSET_HEADERS, "Cache-Control": "max-age=3600"} if suffix in SETTLED_KINDS else dict(_ASSET_HEADERS)


def page_headers(host: str | None) -> dict[str, str]:
    """The headers of an HTML page reached as `host` (the request's Host header, believed only as far as it is one)."""
    return {**_PAGE_HEADERS, "Content-Security-Policy": content_security_policy(host)}


def docs_headers() -> dict[str, str]:
    """The headers of the API's documentation: own files only and nothing inline, as for the buyers' page. Swagger UI
    writes its markup as text, so that it cannot be held to trusted types."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {**_PAGE_HEADERS, "Content-Security-Policy": policy}


def content_security_policy(host: str | None) -> str:
    """Own files only, nothing inline, no HTML from strings.

    Not every browser takes `'self'` for the web socket of its own origin, so that it is named.
    """
    connect = ["'self'"]
    if host is not None and _HOST.fullmatch(host):
        connect += [f"ws://{host}", f"wss://{host}"]
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": "'self'",
        "media-src": "'self' blob:",  # blob: what hls.js feeds the player from
        "connect-src": " ".join(connect),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
