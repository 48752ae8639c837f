"""Finds words and phrases of a list in a text's canonical words: whole words, however stretched or masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gshop_studio.server.moderation.words.normalise import LONGEST_RUN, words_of

_RUNS = re.compile(r"(.)\1*")
_DOUBLED = re.compile(r"(.)\1")
_SHORTEST_MASKED = 4
_SHORTEST_DOUBLED = 5
_SHORTEST_PLURAL = 4
_VOWELS = frozenset("aeiou")


@dataclass(frozen=True, slots=True)
class Found:
    """A word or phrase of the list, in the words from `start` to before `end`."""

    entry: str
    start: int
    end: int


class WordFinder:
    """Compiled once for a list; finding takes one look-up a word."""

    def __init__(self, entries: Iterable[str], *, disguised: Iterable[str] | None = None) -> None:
        """`disguised`: the entries that are also found stretched, masked or in the plural; all, if not given."""
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._words: set[str] = set()
        for entry in entries:
            self._add(entry)
        for phrases in self._phrases.values():
            phrases.sort(key=lambda phrase: -len(phrase[0]))
        hidden = self._words if disguised is None else {word for entry in disguised for word in words_of(entry)}
        self._squeezed: dict[str, list[str]] = {}
        self._maskable: dict[tuple[str, str], list[str]] = {}
        """By what a mask leaves at least: the first letter and the last."""
        for word in sorted(hidden):
            self._squeezed.setdefault(_squeeze(word), []).append(word)
            if len(word) >= _SHORTEST_MASKED:
                self._maskable.setdefault((word[0], word[-1]), []).append(word)
        self._plurals = {
            word + ending: word
            for word in hidden
            if len(word) >= _SHORTEST_PLURAL
            for ending in ("s", "es")
            if word + ending not in self._words
        }

    def find(self, words: Sequence[str]) -> list[Found]:
        """What of the list these words hold, from left to right, the longest at each place, none over another."""
        known = [self._known(word) for word in words]
        found: list[Found] = []
        at = 0
        while at < len(known):
            match = self._match(known, at)
            if match is not None:
                found.append(match)
            at = match.end if match else at + 1
        return found

    def _add(self, entry: str) -> None:
        words = tuple(words_of(entry))
        if words:
            self._words.update(words)
            self._phrases.setdefault(words[0], []).append((words, entry))

    def _match(self, known: list[str | None], at: int) -> Found | None:
        first = known[at]
        if first is None:
            return None
        for phrase, entry in self._phrases.get(first, ()):
            if len(phrase) == 1 or tuple(known[at : at + len(phrase)]) == phrase:
                return Found(entry, at, at + len(phrase))
        return None

    def _known(self, word: str) -> str | None:
        """The word of the list that this is, or is meant to be."""
        if word in self._words:
            return word
        if word in self._plurals:
            return self._plurals[word]
        if "*" in word:
            return self._masked(word)
        if _DOUBLED.search(word) is None:
            return None
        squeezed = _squeeze(word)
        candidates = self._squeezed.get(squeezed) or self._squeezed.get(squeezed.removesuffix("s"), [])
        return next((meant for meant in candidates if _is_stretched(word, meant)), None)

    def _masked(self, word: str) -> str | None:
        """The word that has one stretch inside it starred out."""
        start, _, end = word.partition("*")
        if not start or not end:
            return None
        shortest = len(start) + len(end) + 1
        for meant in reversed(self._maskable.get((start[0], end[-1]), ())):
            if len(meant) >= shortest and meant.startswith(start) and meant.endswith(end):
                return meant
        return None


def _squeeze(word: str) -> str:
    return "".join(run[1] for run in _RUNS.finditer(word))


def _is_stretched(word: str, meant: str) -> bool:
    """Whether `word` is `meant` with letters held: three on end, or a vowel doubled in a longer word."""
    for run, expected in zip(_RUNS.finditer(word), _RUNS.finditer(meant), strict=False):
        has, wants = run.end() - run.start(), expected.end() - expected.start()
        is_held = has >= LONGEST_RUN or (len(meant) >= _SHORTEST_DOUBLED and run[1] in _VOWELS and has > wants)
        if has != wants and not is_held:
            return False
    return True
