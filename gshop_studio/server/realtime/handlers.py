"""What a domain gives the sockets: for each event it takes, the body it expects and what to do with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gshop_studio.contract.events import ClientEvent
from gshop_studio.contract.wire import Answer, Request
from gshop_studio.server.accounts.caller import Caller


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose event it is. Rights are checked by the service, as for REST."""

    caller: Caller | None
    viewer_key: str | None
    """By whom presence counts the socket in the event's show; None for the host, and for who has not joined it."""
    address: str
    language: str


@dataclass(frozen=True, slots=True)
class Handles:
    """`handle(sender, body)` answers what the acknowledgement holds besides `ok: true`."""

    model: type[Request]
    handle: Callable[[Sender, Any], Awaitable[Answer | Mapping[str, Any]]]


EventHandlers = Mapping[ClientEvent, Handles]
