"""Tags of a show: one form for each, so that what is the same to a person is found under the same tag."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

MAX_TAG_CHARACTERS = 40


def normalised_tag(text: str) -> str:
    """One form: no leading `#`, single spaces, compatibility forms resolved, lower case. Empty where nothing is left.

    Applying it again changes nothing.
    """
    visible = "".join(" " if character.isspace() else character for character in text if _is_kept(character))
    known = unicodedata.normalize("NFKC", visible).lower()
    known = unicodedata.normalize("NFKC", known)  # lower case may leave a sequence that is composed differently
    return " ".join(known.lstrip("# ").split())[:MAX_TAG_CHARACTERS].rstrip()


def normalised_tags(texts: Iterable[str]) -> list[str]:
    """Each tag once, in the order given."""
    return list(dict.fromkeys(tag for tag in map(normalised_tag, texts) if tag))


def _is_kept(character: str) -> bool:
    """Everything but control and format characters, which nobody sees."""
    return character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
