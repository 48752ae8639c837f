"""Taking a person out of what logged events say, without harm to what they say of others."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gshop_studio.server.privacy.event_eraser import EventEraser
from gshop_studio.server.privacy.fate import NOBODY_ID

ANA, ZOE, SAID, BOUGHT = "ana-id", "zoe-id", "message-of-ana", "order-of-ana"

BLANK = {"message": "", "isDeleted": True}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "what they said": (
        {"id": SAID, "userId": ANA, "username": "Ana", "userAvatar": "x", "message": "hi", "clientMessageId": "k"},
        {"id": SAID, "userId": NOBODY_ID, "username": "", "message": "", "isDeleted": True},
    ),
    "what others said": ({"id": "m", "userId": ZOE, "username": "Zoe", "message": "hi"}, None),
    "an edit, which names the message alone": (
        {"messageId": SAID, "message": "hi all"},
        {"messageId": SAID, "message": "", "isDeleted": True},
    ),
    "another's edit": ({"messageId": "m", "message": "hi all"}, None),
    "a pinned message": (
        {"messageId": SAID, "message": {"id": SAID, "userId": ANA, "username": "Ana", "message": "hi"}},
        {"messageId": SAID, "message": {"id": SAID, "userId": NOBODY_ID, "username": "", **BLANK}},
    ),
    "one of the moderators": (
        {"moderators": [{"userId": ZOE, "displayName": "Zoe"}, {"userId": ANA, "displayName": "Ana"}]},
        {"moderators": [{"userId": ZOE, "displayName": "Zoe"}, {"userId": NOBODY_ID, "displayName": ""}]},
    ),
    "who was moderated": (
        {"userId": ANA, "username": "Ana", "reason": "rude", "moderatorId": ZOE, "moderatorName": "Zoe"},
        {"userId": NOBODY_ID, "username": "", "reason": "", "moderatorId": ZOE, "moderatorName": "Zoe"},
    ),
    "who moderated": (
        {"userId": ZOE, "username": "Zoe", "reason": "rude", "moderatorId": ANA, "moderatorName": "Ana"},
        {"userId": ZOE, "username": "Zoe", "reason": "rude", "moderatorId": NOBODY_ID},
    ),
    "what was sold to them": (
        {"orderId": BOUGHT, "buyerName": "Ana", "amount": 5, "items": [{"name": "Mug"}]},
        {"orderId": BOUGHT, "buyerName": "", "amount": 5, "items": [{"name": "Mug"}]},
    ),
    "what was sold to others": ({"orderId": "o", "buyerName": "Zoe"}, None),
    "one of a list": (
        {"stream": {"title": "Sale", "allowedViewers": [ZOE, ANA]}},
        {"stream": {"title": "Sale", "allowedViewers": [ZOE, NOBODY_ID]}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_they_are_taken_out(case: str) -> None:
    before, expected = CASES[case]
    data = copy.deepcopy(before)
    did_change = EventEraser(ANA, [SAID], [BOUGHT]).erase(data)
    assert did_change is (expected is not None)
    assert data == (expected or before)


def test_it_is_the_same_again() -> None:
    """A step that was cut off is begun anew."""
    data = {"id": SAID, "userId": ANA, "username": "Ana", "message": "hi"}
    assert EventEraser(ANA, [SAID]).erase(data)
    before = dict(data)
    assert not EventEraser(ANA, [SAID]).erase(data) and data == before
