"""The address of a shop as a person types it. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from gshop_studio.client.errors import ClientError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BadAddress(ClientError):
    """Not the address of a server."""

    def __init__(self, text: str) -> None:
        super().__init__("server.bad_address", text=text)


def shop_address(text: str) -> str:
    """The server's URL, without a path. A bare name means https, except on this computer.

    Raises:
        BadAddress: no server can be meant by that.
    """
    text = text.strip()
    if "://" not in text:
        host = text.split("/")[0].rpartition(":")[0] or text.split("/")[0]
        text = ("http://" if host in _LOOPBACK else "https://") + text
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadAddress(text) from error
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or any(character.isspace() for character in host):
        raise BadAddress(text)
    if parts.username or parts.password:
        raise BadAddress(host)
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")
