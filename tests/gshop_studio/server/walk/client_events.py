"""The table of events a client emits: what is acknowledged, and with what it is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from gshop_studio.contract.events import ClientEvent
from tests.gshop_studio.server.walk.scene import Scene

Fields = dict[str, Any]


@dataclass(frozen=True)
class Emitted:
    event: ClientEvent
    who: str
    """Somebody who may."""
    fields: Callable[[Scene], Fields] = lambda scene: {}
    """Besides `streamId`."""
    holds: tuple[str, ...] = ()
    """What the acknowledgement holds besides `ok`."""
    refusals: tuple[tuple[str, str], ...] = ()
    """Who may not, and the code."""
    nowhere: str | None = "stream.not_found"
    """The code for a show that does not exist."""
    before: tuple[Callable[[Scene], Awaitable[None]], ...] = ()
    """What the scene needs besides, for who may."""
    invalid: tuple[tuple[Fields, str], ...] = ()
    """What does not fit, and the field that is named."""


def on_product(scene: Scene) -> Fields:
    return {"productId": scene.products[0]}


_WATCH = (("banned", "stream.banned"),)
_CHAT = (("anonymous", "auth.required"), ("banned", "stream.banned"), ("timed out", "chat.timed_out"))
_SHOW = (
    ("anonymous", "auth.required"),
    ("guest", "auth.forbidden"),
    ("stranger", "auth.forbidden"),
    ("moderator without products", "auth.forbidden"),
    ("moderator elsewhere", "auth.forbidden"),
    ("banned", "stream.banned"),
)
_ID: tuple[tuple[Fields, str], ...] = (
    ({"streamId": 5}, "streamId"), ({"streamId": ""}, "streamId"), ({"streamId": None}, "streamId"),
    ({"nonsense": 1}, "nonsense"),
)  # fmt: skip
_LONG_SESSION = ({"sessionId": "x" * 201}, "sessionId")

CLIENT_EVENTS = (
    Emitted(ClientEvent.JOIN, "anonymous", holds=("seq", "sessionId", "stream", "viewerCount", "currentProducts",
                                                  "recentMessages", "pinnedMessages", "chatSettings"),
            refusals=_WATCH,
            invalid=(*_ID, _LONG_SESSION, ({"userId": 5}, "userId"), ({"referralSource": "A B"}, "referralSource"))),
    Emitted(ClientEvent.LEAVE, "anonymous", nowhere=None, invalid=(*_ID, _LONG_SESSION)),
    Emitted(ClientEvent.PING, "anonymous", holds=("serverTime", "at"), nowhere="stream.not_joined",
            invalid=(*_ID, _LONG_SESSION)),
    Emitted(ClientEvent.RESUME, "anonymous", lambda scene: {"afterSeq": 0}, ("events", "seq"), _WATCH,
            invalid=(*_ID, ({"afterSeq": -1}, "afterSeq"), ({"afterSeq": 1.5}, "afterSeq"),
                     ({"afterStaffSeq": "x"}, "afterStaffSeq"))),
    Emitted(ClientEvent.MESSAGE, "viewer", lambda scene: {"message": "hi", "clientMessageId": "k"}, ("message",), _CHAT,
            invalid=(*_ID, ({"message": ""}, "message"), ({"message": "x" * 501}, "message"),
                     ({"type": "system"}, "type"), ({"clientMessageId": ""}, "clientMessageId"))),
    Emitted(ClientEvent.REACTION, "viewer", lambda scene: {"reaction": "\U0001f525"}, ("reaction", "type"), _CHAT,
            invalid=(*_ID, ({"reaction": "\u2606"}, "reaction"), ({"reaction": 5}, "reaction"))),
    Emitted(ClientEvent.PRODUCT_HIGHLIGHT, "moderator: products", on_product, ("success", "highlightedAt"), _SHOW,
            invalid=(*_ID, ({"productId": 5}, "productId"), ({"capturedAt": "now"}, "capturedAt"))),
    Emitted(ClientEvent.PRODUCT_HIDE, "moderator: products", on_product, ("success", "isVisible"), _SHOW,
            invalid=(*_ID, ({"productId": 5}, "productId"), ({"capturedAt": "now"}, "capturedAt"))),
    Emitted(ClientEvent.PRODUCT_CLICK, "anonymous", on_product, ("success", "isCounted"), _WATCH,
            invalid=(*_ID, ({"productId": ""}, "productId"))),
    Emitted(ClientEvent.PURCHASE, "buyer", on_product, ("isCelebrated",),
            (("anonymous", "auth.required"), ("guest", "auth.account_needed"), ("banned", "stream.banned")),
            before=(Scene.has_order,), invalid=(*_ID, ({"quantity": 0}, "quantity"), ({"amount": -1}, "amount"))),
)  # fmt: skip
