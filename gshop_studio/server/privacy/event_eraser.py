"""Takes a person out of what logged events say. Pure: it changes JSON, and says whether it did.

An object that names the person, by whatever key, loses what belongs to them beside it. What others wrote about them in
their own words stays: it is others', and nobody can find it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gshop_studio.server.privacy.fate import NOBODY_ID

_ACTORS: Mapping[str, str] = {"moderatorId": "moderatorName", "decidedBy": "", "addedBy": "", "deletedBy": ""}
"""Who did something to somebody else, and where their name stands: the rest of the object is the other's."""
_BLANKED = ("username", "displayName", "buyerName", "buyer", "message", "reason", "title", "description")
"""Texts that the contract asks for: they stay, empty."""
_LEFT_OUT = ("userAvatar", "avatarUrl", "thumbnailUrl", "clientMessageId", "referralSource")


class EventEraser:
    def __init__(self, person_id: str, message_ids: Collection[str] = (), order_ids: Collection[str] = ()) -> None:
        """`message_ids`: of what they wrote. An edit names the message alone, a sale the order."""
        self._person_id = person_id
        self._message_ids = frozenset(message_ids)
        self._order_ids = frozenset(order_ids)

    def erase(self, data: dict[str, Any]) -> bool:
        """Take the person out of one event's data; whether they were in it."""
        return self._object(data)

    def _object(self, data: dict[str, Any]) -> bool:
        did_change = False
        for value in list(data.values()):
            if isinstance(value, dict):
                did_change |= self._object(value)
            elif isinstance(value, list):
                did_change |= self._list(value)
        named_by = [key for key, value in data.items() if value == self._person_id]
        for key in named_by:
            data[key] = NOBODY_ID
            if (name := _ACTORS.get(key)) is None:
                _blank(data)
            else:
                data.pop(name, None)
        if data.get("orderId") in self._order_ids and data.get("buyerName"):
            data["buyerName"] = ""
            did_change = True
        is_theirs = data.get("messageId") in self._message_ids and bool(data.get("message"))
        if is_theirs and isinstance(data["message"], str):
            data["message"], data["isDeleted"] = "", True
            return True
        return did_change or bool(named_by)

    def _list(self, items: list[Any]) -> bool:
        did_change = False
        for index, item in enumerate(items):
            if isinstance(item, dict):
                did_change |= self._object(item)
            elif isinstance(item, list):
                did_change |= self._list(item)
            elif item == self._person_id:
                items[index] = NOBODY_ID
                did_change = True
        return did_change


def _blank(data: dict[str, Any]) -> None:
    for key in _BLANKED:
        if isinstance(data.get(key), str):
            if key == "message":
                data["isDeleted"] = True
            data[key] = ""
    for key in _LEFT_OUT:
        data.pop(key, None)
