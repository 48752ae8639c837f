"""One canonical form of a text, so that a word is found however it is written.

Lower case, no accents (but `ñ`, a letter of its own: *año* is not *ano*), look-alikes of other alphabets as Latin
letters, invisible characters gone, "l33t" digits and signs as the letters they stand for, letters that were spaced out
or dotted joined again, runs of one letter cut to three, words parted by single spaces. An asterisk that masks letters
stays (`f*ck`), an emoji is a word. Pure, and linear in the text's length.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from gshop_studio.server.moderation.words.look_alikes import INVISIBLE, LOOK_ALIKES

MAX_CHARACTERS = 2000
"""What is longer is cut; a message has 500 at most."""
LONGEST_RUN = 3
"""Letters repeated more often say no more."""

_LEET = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i", "€": "e"}
_ONE = frozenset("1|")
_LEET_SIGNS = frozenset(_LEET) | _ONE
_MODEL_NUMBER = re.compile(r"[^\W\d_]{1,2}\d+")
"""`a55`, `s23`: what it is called, not how it is spelt."""
_PRICE = re.compile(r"^[a-z]{0,3}[$€]+(?=\d)")
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼ"))
_PIECES = re.compile(r"[\w@$€!|*]+|[^\w\s]")
_MASK = re.compile(r"(?<=[^\W\d_])\*+(?=[^\W\d_])")
_PARTED = re.compile(r"[\W_]*[^\W_]{1,2}(?:[.\-_~·•/][^\W_]{1,2})+[\W_]*")
_LONG_RUN = re.compile(rf"(.)\1{{{LONGEST_RUN},}}")
_VOWELS = frozenset("aeiou")
_LAST_LETTER_OF_EUROPE = "\u02ff"
"""Whatever is put on top of a letter comes after it."""
_KEPT_FOLDS, _KEPT_WORDS = 64, 4096
"""A message is looked at by several checks, and again when its author writes the next."""


@lru_cache(_KEPT_FOLDS)
def fold(text: str) -> str:
    """The text in plain lower-case letters, its punctuation, digits and spacing as they were."""
    text = text[:MAX_CHARACTERS]
    if text.isascii():
        return text.lower()
    text = _plain(text.translate(INVISIBLE))
    return _plain(text.translate(LOOK_ALIKES))[:MAX_CHARACTERS]


def normalise(text: str) -> str:
    """The canonical form."""
    return " ".join(words_of(text))


@lru_cache(_KEPT_WORDS)
def words_of(text: str) -> tuple[str, ...]:
    """The words of the canonical form."""
    words: list[str] = []
    for chunk in fold(text).translate(_APOSTROPHES).split():
        if chunk.isalpha():
            words.append(chunk)
        else:
            words.extend(_pieces(chunk))
    joined = _join_spelt_out(words)
    if _LONG_RUN.search(" ".join(joined)) is None:
        return tuple(joined)
    return tuple(_LONG_RUN.sub(_cut, word) for word in joined)


def _cut(run: re.Match[str]) -> str:
    return run[1] * LONGEST_RUN


def _plain(text: str) -> str:
    """Compatible forms and case folded, marks dropped; `ñ` is kept."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    if decomposed.isascii():
        return decomposed
    plain = decomposed.replace("n\u0303", "ñ")
    marks = [c for c in set(plain) if c > _LAST_LETTER_OF_EUROPE and unicodedata.category(c).startswith("M")]
    return plain.translate(dict.fromkeys(map(ord, marks))) if marks else plain


def _pieces(chunk: str) -> list[str]:
    """The words of a chunk without spaces, which holds more than letters."""
    is_parted = _PARTED.fullmatch(chunk) is not None and any(map(str.isalpha, chunk))
    pieces: list[str] = []
    for piece in _PIECES.findall(_PRICE.sub("", chunk).replace("_", " ")):
        word = piece if piece.isalpha() else _word(piece, is_spelt=is_parted)
        pieces.extend(word.split())
    if not is_parted:
        return pieces
    emoji = [piece for piece in pieces if not piece[0].isalnum()]
    return [*emoji, "".join(piece for piece in pieces if piece[0].isalnum())]


def _word(piece: str, *, is_spelt: bool) -> str:
    """A piece with its signs read as letters, where it has letters."""
    if len(piece) == 1 and not piece.isalnum():
        return piece if unicodedata.category(piece) == "So" else ""
    masked = _MASK.sub("\0", piece.rstrip("!|*@€")).replace("*", " ").replace("\0", "*")
    has_letters = is_spelt or any(map(str.isalpha, masked))
    if not has_letters:
        return "".join(c if c.isalnum() else " " for c in masked)
    if _LEET_SIGNS.isdisjoint(masked) or (_MODEL_NUMBER.fullmatch(masked) and not is_spelt):
        return masked
    return _read_leet(masked)


def _read_leet(piece: str) -> str:
    read: list[str] = []
    for at, character in enumerate(piece):
        if character not in _ONE:
            read.append(_LEET.get(character, character))
        elif at and piece[at - 1] in _ONE:
            read.append(read[-1])
        elif at:
            read.append("l" if read[-1] in _VOWELS else "i")
        else:
            read.append("l" if piece[1:2] in _VOWELS else "i")
    return "".join(read)


def _join_spelt_out(words: list[str]) -> list[str]:
    """`i d i o t` is one word: three single letters or more on end."""
    joined: list[str] = []
    start = 0
    while start < len(words):
        end = start
        while end < len(words) and len(words[end]) == 1 and words[end].isalpha():
            end += 1
        if end - start >= 3:
            joined.append("".join(words[start:end]))
        else:
            end = max(end, start + 1)
            joined.extend(words[start:end])
        start = end
    return joined
