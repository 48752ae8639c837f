"""Where a request comes from: the peer's address, or what a configured proxy says it was."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

_UNKNOWN = "unknown"


class ClientAddresses:
    def __init__(self, trusted_proxies: Iterable[str]) -> None:
        """`trusted_proxies`: addresses or networks; nobody else's `X-Forwarded-For` is believed."""
        self._trusted = [ipaddress.ip_network(network) for network in trusted_proxies]

    def of(self, scope: Mapping[str, Any]) -> str:
        """The client's address of an ASGI scope."""
        client = scope.get("client")
        address = str(client[0]) if client else _UNKNOWN
        if not self._is_trusted(address):
            return address
        forwarded = [
            part.strip()
            for name, value in scope.get("headers", ())
            if name == b"x-forwarded-for"
            for part in value.decode("latin-1").split(",")
        ]
        for hop in reversed(forwarded):  # the nearest first: those before it are only what it was told
            if not _is_address(hop):
                break
            address = hop
            if not self._is_trusted(hop):
                break
        return address

    def is_behind_proxy(self, scope: Mapping[str, Any]) -> bool:
        """Whether the request came through a proxy whose headers are believed."""
        client = scope.get("client")
        return client is not None and self._is_trusted(str(client[0]))

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
