"""The absolute URLs the server hands out: from the settings, else from the address bound; never from a Host header."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from gshop_studio.server.media.ports import RTMP_APP


class PublicUrls:
    def __init__(self, http_base: str, rtmp_base: Callable[[], str]) -> None:
        """`rtmp_base` is asked when needed: the ingest's port is known once it listens."""
        self.http = http_base
        self._rtmp_base = rtmp_base

    @property
    def rtmp(self) -> str:
        """The ingest URL, application included, key not."""
        return self._rtmp_base()

    @property
    def origin(self) -> str:
        parts = urlsplit(self.http)
        return f"{parts.scheme}://{parts.netloc}".lower()

    def playlist(self, stream_id: str) -> str:
        return f"{self.http}/live/{stream_id}/index.m3u8"

    def watch_page(self, stream_id: str) -> str:
        return f"{self.http}/watch/{stream_id}"

    def image(self, name: str) -> str:
        return f"{self.http}/media/images/{name}"


def reachable_host(bound_host: str) -> str:
    """A host others can use for what is bound to `bound_host`: a wildcard becomes this machine's address outwards."""
    try:
        address = ipaddress.ip_address(bound_host)
    except ValueError:
        return bound_host
    if not address.is_unspecified:
        return f"[{address}]" if address.version == 6 else str(address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: the kernel only picks a route
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def rtmp_url(host: str, port: int) -> str:
    return f"rtmp://{host}:{port}/{RTMP_APP}"
