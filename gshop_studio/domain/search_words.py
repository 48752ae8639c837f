"""Words as the search compares them: lower case, without accents and marks. What is said of a show and what somebody
looks for go through the same door, so that both databases find the same.
"""

from __future__ import annotations

import unicodedata

MOST_WORDS = 12
"""Of what somebody looks for; more would only make it slow."""
_SPELT = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ı": "i", "ŋ": "n"}
)
"""Letters that Unicode does not take apart."""


def words(text: str) -> list[str]:
    """The words of a text in their order: runs of letters and digits.

    Applying it to the words again changes nothing.
    """
    plain = _without_marks(text).casefold().translate(_SPELT)
    plain = _without_marks(plain).casefold()  # folding may leave what is composed differently
    return "".join(character if character.isalnum() else " " for character in plain).split()


def folded(text: str) -> str:
    """The words of a text, with single spaces between."""
    return " ".join(words(text))


def wanted_words(text: str) -> list[str]:
    """Each word that is looked for, once."""
    return list(dict.fromkeys(words(text)))[:MOST_WORDS]


def _without_marks(text: str) -> str:
    """Compatibility forms taken apart; marks, and what nobody sees, left out."""
    taken_apart = unicodedata.normalize("NFKD", text)
    return "".join(each for each in taken_apart if unicodedata.category(each) not in ("Mn", "Mc", "Me", "Cf"))
