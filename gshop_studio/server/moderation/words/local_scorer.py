"""The scorer built in: lexica and rules, no network.

What an entry weighs depends on whom it is said of. The nearest word before it that names somebody decides: *you*, a
person, or the speaker; a thing beside it (*stupid app*) takes the sting out, as do a *not*, and telling what another
said. docs/moderation.md has the rules in a table, and how well they do.
"""

from __future__ import annotations

from enum import Enum, auto

from gshop_studio.server.moderation.words.lexicon import LANGUAGES, Sense, Sensed, lexicon_of
from gshop_studio.server.moderation.words.normalise import words_of
from gshop_studio.server.moderation.words.toxicity import Scores

_REACH = 3
"""Words between an insult and whom it is said of."""
_CURT_WORDS = 3
"""A message this short is said to somebody."""
_MANY_PROFANITIES = 3
_MORE = 0.02
_TOXIC = frozenset({Sense.SLUR, Sense.THREAT, Sense.ATTACK, Sense.INSULT, Sense.CONTEMPT, Sense.PROFANITY})
_SEVERE = {Sense.SLUR: 0.9, Sense.THREAT: 0.95, Sense.ATTACK: 0.6}


class _Aim(Enum):
    """Whom a word is said of, or how."""

    YOU = auto()
    YOU_ARE = auto()
    PERSON = auto()
    NAMED = auto()
    """Said to be it, or called it: *the host is a rat*, *you rat*, *ugly rat*."""
    SELF = auto()
    THING = auto()
    TOLD = auto()
    DENIED = auto()
    NOBODY = auto()


_AIMS = {
    Sense.YOU: _Aim.YOU,
    Sense.VOCATIVE: _Aim.YOU,
    Sense.YOU_ARE: _Aim.YOU_ARE,
    Sense.PERSON: _Aim.PERSON,
    Sense.ME: _Aim.SELF,
    Sense.SAID: _Aim.TOLD,
}
_WEIGHTS: dict[Sense, dict[_Aim, float]] = {
    Sense.SLUR: {_Aim.NOBODY: 0.9, _Aim.TOLD: 0.6},
    Sense.THREAT: {_Aim.NOBODY: 0.95, _Aim.TOLD: 0.6},
    Sense.ATTACK: {_Aim.NOBODY: 0.9, _Aim.TOLD: 0.55, _Aim.THING: 0.55, _Aim.SELF: 0.55},
    Sense.INSULT: {
        _Aim.NOBODY: 0.62,
        _Aim.YOU: 0.87,
        _Aim.YOU_ARE: 0.9,
        _Aim.PERSON: 0.85,
        _Aim.SELF: 0.15,
        _Aim.THING: 0.25,
        _Aim.TOLD: 0.35,
        _Aim.DENIED: 0.25,
    },
    Sense.CONTEMPT: {_Aim.NOBODY: 0.15, _Aim.YOU: 0.3, _Aim.YOU_ARE: 0.84, _Aim.PERSON: 0.55, _Aim.NAMED: 0.84},
    Sense.PROFANITY: {_Aim.NOBODY: 0.25, _Aim.YOU: 0.4, _Aim.YOU_ARE: 0.55},
}
"""By sense and aim; an aim that is not named weighs as `NOBODY`."""
_CURT_INSULT = 0.85


class LocalScorer:
    def __init__(self) -> None:
        self._lexica = {language: lexicon_of(language) for language in LANGUAGES}

    async def score(self, text: str, language: str) -> Scores:
        """By the words of `language`, English for one that has no lexicon."""
        words = words_of(text)
        found = self._lexica.get(language, self._lexica["en"]).read(words)
        weights = [
            (_weight(found, at, len(words)), word.sense) for at, word in enumerate(found) if word.sense in _TOXIC
        ]
        if not weights:
            return Scores()
        toxicity = max(weight for weight, _ in weights)
        if sum(sense is Sense.PROFANITY for _, sense in weights) >= _MANY_PROFANITIES:
            toxicity = max(toxicity, 0.5)
        toxicity = min(1.0, toxicity + _MORE * (len(weights) - 1) * (toxicity > 0.8))
        severe = max(_SEVERE.get(sense, 0.3) * weight for weight, sense in weights)
        return Scores(toxicity=round(toxicity, 3), severe_toxicity=round(severe, 3))

    async def close(self) -> None:
        """There is nothing to let go of."""


def _weight(found: list[Sensed], at: int, word_count: int) -> float:
    word = found[at]
    weights = _WEIGHTS[word.sense]
    aim = _aim(found, at)
    if word.sense is Sense.INSULT and aim is _Aim.NOBODY and word_count <= _CURT_WORDS:
        return _CURT_INSULT
    if word.sense is Sense.CONTEMPT and aim in _UNNAMED and _is_named(found, at, word_count):
        aim = _Aim.NAMED
    return weights.get(aim, weights[_Aim.NOBODY])


_UNNAMED = frozenset({_Aim.NOBODY, _Aim.YOU, _Aim.PERSON})
_NAMES = frozenset({Sense.INSULT, Sense.CONTEMPT})


def _aim(found: list[Sensed], at: int) -> _Aim:
    word = found[at]
    if _is_beside(found, at, Sense.THING):
        return _Aim.THING
    aim, is_denied, reach_from = _Aim.NOBODY, False, word.start
    for before in reversed(found[:at]):
        if reach_from - before.end > _REACH:
            break
        if before.sense in _TOXIC:
            reach_from = before.start
        elif before.sense is Sense.NOT:
            is_denied = True
            if aim is not _Aim.NOBODY:
                break
        elif aim is _Aim.NOBODY and before.sense in _AIMS:
            aim, reach_from = _AIMS[before.sense], before.start
            if aim in (_Aim.TOLD, _Aim.SELF):
                return aim
        elif before.sense is Sense.SAID:
            return _Aim.TOLD
    if is_denied and word.sense in (Sense.INSULT, Sense.CONTEMPT):
        return _Aim.DENIED
    if aim is _Aim.NOBODY and at + 1 < len(found):
        after = found[at + 1]
        if after.start - word.end <= 1 and after.sense in (Sense.YOU, Sense.YOU_ARE, Sense.PERSON, Sense.ME):
            return _AIMS[after.sense]
    return aim


def _is_named(found: list[Sensed], at: int, word_count: int) -> bool:
    """Whether a word of contempt is what somebody is said to be, or is called."""
    word = found[at]
    before = found[at - 1] if at and found[at - 1].end == word.start else None
    after = found[at + 1] if at + 1 < len(found) and found[at + 1].start == word.end else None
    is_doubled = any(other is not None and other.sense in _NAMES for other in (before, after))
    if is_doubled and word_count <= _CURT_WORDS:
        return True
    if before is None:
        return False
    if before.sense is Sense.IS_A:
        return any(other.sense is Sense.PERSON and before.start - other.end <= 1 for other in found[: at - 1])
    is_called = before.sense in (Sense.VOCATIVE, Sense.YOU)
    return is_called and (word_count - word.end <= 1 or is_doubled)


def _is_beside(found: list[Sensed], at: int, sense: Sense) -> bool:
    word = found[at]
    is_before = at > 0 and found[at - 1].sense is sense and word.start - found[at - 1].end <= 1
    is_after = at + 1 < len(found) and found[at + 1].sense is sense and found[at + 1].start - word.end <= 1
    return is_before or is_after
