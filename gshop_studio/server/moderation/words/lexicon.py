"""The words of one language that a text is judged by, and the words around them that change what they mean.

A file under `lexica` has a section for each sense. One entry a line, a word or a phrase; `idiot//s` stands for *idiot*
and *idiots*. Every entry is in one section of its language.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from gshop_studio.server.moderation.words.normalise import normalise
from gshop_studio.server.moderation.words.word_finder import WordFinder

LANGUAGES = ("en", "es", "pt")
_FOLDER = Path(__file__).parent / "lexica"


class Sense(StrEnum):
    # what is said
    SLUR = "slur"
    THREAT = "threat"
    ATTACK = "attack"
    """Aimed by itself: *go to hell*."""
    INSULT = "insult"
    """Means a person, mostly: *idiot*."""
    CONTEMPT = "contempt"
    """An insult of a person, and plain talk of a thing: *ugly*."""
    PROFANITY = "profanity"
    HARMLESS = "harmless"
    """Holds a word of the above and means nothing by it: *killer deal*, *cow print*."""
    # whom of
    YOU = "you"
    YOU_ARE = "you are"
    VOCATIVE = "vocative"
    """Right before a name that is called: *sua vaca*."""
    PERSON = "person"
    IS_A = "is a"
    """Between a person and what they are called."""
    ME = "me"
    THING = "thing"
    # how
    SAID = "said"
    NOT = "not"


_IN_ANY_LANGUAGE = frozenset({Sense.SLUR, Sense.THREAT, Sense.ATTACK})


@dataclass(frozen=True, slots=True)
class Sensed:
    """A word or phrase with a sense, in the words from `start` to before `end`."""

    sense: Sense
    start: int
    end: int


class Lexicon:
    """A language's own entries, and the gravest phrases of the others, because people mix."""

    def __init__(self, language: str) -> None:
        self._senses: dict[str, Sense] = dict(entries_of(language))
        for other in LANGUAGES:
            for entry, sense in entries_of(other):
                is_grave = sense is Sense.SLUR or (sense in _IN_ANY_LANGUAGE and " " in entry)
                if other != language and is_grave:
                    self._senses.setdefault(entry, sense)
        self._finder = WordFinder(self._senses)

    def read(self, words: Sequence[str]) -> list[Sensed]:
        """What the canonical words hold, from left to right."""
        return [Sensed(self._senses[found.entry], found.start, found.end) for found in self._finder.find(words)]


@cache
def lexicon_of(language: str) -> Lexicon:
    """The one lexicon of a language: building it takes a while, and it never changes."""
    return Lexicon(language)


@cache
def entries_of(language: str) -> tuple[tuple[str, Sense], ...]:
    """Each entry of a language's file in canonical form, with its sense, as the file has them."""
    lines = (_FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(_entries(lines))


def _entries(lines: list[str]) -> Iterator[tuple[str, Sense]]:
    sense: Sense | None = None
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("["):
            sense = Sense(text.strip("[]"))
            continue
        assert sense is not None, "a lexicon begins with a section"
        for form in _forms(text):
            yield normalise(form), sense


def _forms(text: str) -> list[str]:
    """The forms of `stem/ending/ending`; the endings belong to the word that the slash is in."""
    stem, slash, endings = text.partition("/")
    if not slash:
        return [text]
    endings, space, rest = endings.partition(" ")
    return [f"{stem}{ending}{space}{rest}" for ending in endings.split("/")]
