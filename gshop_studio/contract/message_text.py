"""What a message says: text with something to see in it, over REST and on the socket alike."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

MAX_MESSAGE_CHARACTERS = 500
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"})
_UNSEEN_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers and the empty Braille cell, which are letters and signs by their category."""
_UNSEEN_PLANE = range(0xE0000, 0xE1000)
"""Tags and selectors, also those not assigned yet."""


def _check(text: str) -> str:
    if not any(map(_is_seen, text)):
        raise PydanticCustomError("string_too_short", "nothing to see", {"min_length": 1})
    return text


def _is_seen(character: str) -> bool:
    if character in _UNSEEN_LETTERS or ord(character) in _UNSEEN_PLANE:
        return False
    return unicodedata.category(character) not in _UNSEEN_CATEGORIES


MessageText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_MESSAGE_CHARACTERS), AfterValidator(_check)]
