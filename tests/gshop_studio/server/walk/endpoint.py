"""One row of the table of endpoints: what it takes, who may, and what is refused with which code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from gshop_studio.contract.rest import ModeratorRight
from tests.gshop_studio.server.walk.scene import Scene

Make = Callable[[Scene], Any]
Prepare = Callable[[Scene], Awaitable[None]]
FORBIDDEN = "auth.forbidden"


_NOBODY: dict[str, str] = {}
_ANONYMOUS = {"anonymous": "auth.required"}
_BUYERS = {**_ANONYMOUS, "guest": FORBIDDEN, "buyer": FORBIDDEN}
_BANNED = {"banned": "stream.banned"}
_STRANGERS = {**_ANONYMOUS, **_BANNED, "guest": FORBIDDEN, "stranger": FORBIDDEN, "moderator elsewhere": FORBIDDEN}


class Access(Enum):
    """Who may: those who may, each of whom is tried; and the others, with what they are refused."""

    OPEN = ("anonymous", "buyer"), _NOBODY
    SIGNED_IN = ("guest", "buyer"), _ANONYMOUS
    ACCOUNT = ("buyer", "seller"), {**_ANONYMOUS, "guest": "auth.account_needed"}
    OWN = ("viewer",), {**_ANONYMOUS, "guest": "auth.account_needed"}
    """What is the viewer's own: to others it is not there."""
    BUYER = ("buyer",), {**_ANONYMOUS, "guest": "auth.account_needed"}
    OF_ORDER = ("buyer", "host", "support", "admin"), _ANONYMOUS
    """Others are not told that there is such an order."""
    SELLERS_OF_ORDER = ("host", "support", "admin"), _ANONYMOUS
    ADMINS = ("admin",), {**_BUYERS, "host": FORBIDDEN, "affiliate": FORBIDDEN, "support": FORBIDDEN}
    SELLERS = ("host",), _BUYERS
    HOSTS = ("seller", "affiliate"), _BUYERS
    OWNER = ("host",), {**_BUYERS, "seller": FORBIDDEN, "admin": FORBIDDEN}
    WATCH = ("anonymous", "guest", "host", "moderator", "support"), _BANNED
    CHAT = ("viewer", "host"), {**_ANONYMOUS, **_BANNED, "timed out": "chat.timed_out"}
    AUTHOR = ("viewer",), {**_ANONYMOUS, **_BANNED, "host": FORBIDDEN}
    HOST = ("host",), {**_STRANGERS, "moderator": FORBIDDEN, "support": FORBIDDEN, "admin": FORBIDDEN}
    MODERATORS = ("host", "moderator", "admin"), {**_STRANGERS, "support": FORBIDDEN}
    MODERATORS_AND_SUPPORT = ("host", "moderator", "support", "admin"), _STRANGERS
    MODERATORS_WITH_A_RIGHT = ("host",), {**_STRANGERS, "support": FORBIDDEN}
    """And who has the right, which the endpoint says."""

    def __init__(self, who_may: tuple[str, ...], refusals: Mapping[str, str]) -> None:
        self.who_may = who_may
        self.refusals = refusals


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    """As the OpenAPI document has it."""
    access: Access
    status: int = 200
    right: ModeratorRight | None = None
    """Which of a moderator's rights it takes; then `access` is MODERATORS_WITH_A_RIGHT."""
    body: Make | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    files: Make | None = None
    before: tuple[Prepare, ...] = ()
    """What the scene needs besides."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the path, and the code when there is no such thing."""
    invalid: tuple[tuple[Any, str], ...] = ()
    """Changes of the body that do not fit, and the field that is named."""
    invalid_query: tuple[tuple[str, Any], ...] = ()
    refused_on_private: str | None = None
    """What a stranger is refused with where the show is private."""
    media_type: str = "application/json"

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def who_may(self) -> tuple[str, ...]:
        if self.right is None:
            return self.access.who_may
        return (*self.access.who_may, f"moderator: {self.right.value}")

    @property
    def refusals(self) -> dict[str, str]:
        refusals = dict(self.access.refusals)
        if self.right is not None:
            refusals[f"moderator without {self.right.value}"] = FORBIDDEN
        return refusals

    def request(self, scene: Scene) -> dict[str, Any]:
        """What the request carries besides its path."""
        request: dict[str, Any] = {}
        if self.body is not None:
            request["json"] = self.body(scene)
        if self.files is not None:
            request["files"] = self.files(scene)
        if self.query:
            request["params"] = dict(self.query)
        return request
