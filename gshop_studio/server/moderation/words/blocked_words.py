"""A host's blocked words, found at word boundaries: *ass* does not block *class*."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from gshop_studio.server.moderation.words.word_finder import WordFinder

_KEPT_LISTS = 200


class BlockedWords:
    """Compiled lists, the most recently used ones kept."""

    def __init__(self) -> None:
        self._finders: OrderedDict[tuple[str, ...], WordFinder] = OrderedDict()

    def hits(self, blocked: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
        """Which of the host's entries the canonical `words` of a message hold."""
        if not blocked:
            return ()
        return tuple(found.entry for found in self._finder(tuple(blocked)).find(words))

    def _finder(self, blocked: tuple[str, ...]) -> WordFinder:
        finder = self._finders.get(blocked)
        if finder is None:
            finder = self._finders[blocked] = WordFinder(blocked)
            if len(self._finders) > _KEPT_LISTS:
                self._finders.popitem(last=False)
        else:
            self._finders.move_to_end(blocked)
        return finder
