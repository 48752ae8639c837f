"""The words of a notification, made of its facts for each reader: in their language, moments by their clock."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gshop_studio.contract.notifications import NotificationKind
from gshop_studio.domain.money import Money
from gshop_studio.server.words import format_moment, format_money, say, translatable

_TEXTS: Mapping[NotificationKind, tuple[str, str]] = {
    NotificationKind.LIVE: (translatable("{host} is live"), translatable("{title}: come and watch.")),
    NotificationKind.REMINDER: (translatable("Starting soon: {title}"), translatable("{host} goes live: {moment}.")),
    NotificationKind.CANCELLED: (translatable("Cancelled: {title}"), translatable("{host} has called this show off.")),
    NotificationKind.MOVED: (translatable("New date: {title}"), translatable("{host} goes live: {moment}.")),
    NotificationKind.SALE: (translatable("Sold: {items}"), translatable("{buyer} paid {amount}.")),
}
_NOT_WORDS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of Unicode: control characters, halves of a pair, and what separates lines."""


@dataclass(frozen=True, slots=True)
class Wording:
    title: str
    body: str


def word(kind: NotificationKind, facts: Mapping[str, str], language: str, zone: str) -> Wording:
    """`facts`: `host`, `title` and `at` (ISO 8601) of a show; `buyer`, `items`, `amountMinor` and `currency` of a
    sale."""
    said = dict(facts)
    if "at" in facts:
        said["moment"] = format_moment(datetime.fromisoformat(facts["at"]), language, zone)
    if "amountMinor" in facts:
        said["amount"] = format_money(Money(int(facts["amountMinor"]), facts["currency"]), language)
    title, body = _TEXTS[kind]
    return Wording(_one_line(say(title, language, **said)), _one_line(say(body, language, **said)))


def _one_line(text: str) -> str:
    """A title somebody gave may hold a line break, which would end a header, or what steers a terminal."""
    return " ".join("".join(" " if unicodedata.category(each) in _NOT_WORDS else each for each in text).split())
