"""How much a message looks like spam: repeats, floods, shouting, and the pieces of an advertisement.

Signs add up; only several of them, or one that is unmistakable, pass the 0.9 that blocks. What people say over and
over in a show (`yes`, `me!`, `quiero`, three hearts) is short, and short repeats weigh little.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from gshop_studio.server.moderation.words.normalise import words_of
from gshop_studio.server.moderation.words.word_finder import WordFinder

_SHORT_WORDS = 3
_SHORT_CHARACTERS = 16
_NEARLY = 0.8
_SAME, _NEAR = 0.5, 0.4
_SHORT_REPEAT, _MOST_OF_SHORT_REPEATS = 0.06, 0.5
_FLOOD_RUN, _FLOOD_SHARE = 40, 0.8
_EMOJI_MANY, _EMOJI_FLOOD = 30, 60
_MONOTONE_WORDS, _MONOTONE_SHARE = 15, 0.2
_SHOUTED_LETTERS, _SHOUTED_SHARE, _SHOUTED_MARKS = 20, 0.8, 3

_LONGEST_RUN = re.compile(r"([^\s])\1{7,}")
_PHONE = re.compile(
    r"(?<![\w$€.,])(?:\+\d[\d\s().\-]{7,16}\d|\(?\d{2,4}\)?[\s.\-]\d{3,5}[\s.\-]\d{3,5}(?![\s.\-]?\d{5})|[69]\d{8,10})(?!\w)"
)
_ADDRESS = 0.3
_CONTACT_WEIGHT, _OFFER_WEIGHT, _PHONE_WEIGHT, _SHOUT_WEIGHT = 0.25, 0.4, 0.35, 0.25

_CONTACTS = (
    "whatsapp", "whats app", "wasap", "wsp", "zap", "telegram", "dm me", "dm for", "inbox me", "text me",
    "message me", "add me", "contact me", "escribeme", "escribanme", "mandame mensaje", "al privado", "por interno",
    "contactame", "agregame", "me chama", "chama no", "chama la", "manda mensagem", "manda msg", "me adiciona",
    "no privado", "link in bio", "link en mi perfil", "link na bio", "my profile", "mi perfil", "meu perfil",
)  # fmt: skip
_OFFERS = (
    "free followers", "buy followers", "more followers", "earn money", "make money", "extra income",
    "work from home", "passive income", "bitcoin", "crypto", "forex", "investment", "get rich", "free iphone",
    "free gift card", "gift cards free", "click here", "cash prize", "you won", "loan", "loans", "double your",
    "per day", "per week", "gana dinero", "ganar dinero", "dinero extra", "ingresos extra", "trabaja desde casa",
    "seguidores gratis", "comprar seguidores", "haz clic", "has ganado", "prestamo", "prestamos", "inversion",
    "criptomonedas", "iphone gratis", "duplica tu", "al dia desde casa", "ganhe dinheiro", "ganhar dinheiro",
    "renda extra", "trabalhe em casa", "clique aqui", "voce ganhou", "emprestimo", "investimento", "criptomoeda",
    "dobre seu", "por dia", "casino", "cassino", "apuestas", "apostas", "betting", "tigrinho", "onlyfans",
)  # fmt: skip


class SpamRules:
    def __init__(self) -> None:
        self._contacts = WordFinder(_CONTACTS, disguised=())
        self._offers = WordFinder(_OFFERS, disguised=())

    def score(self, text: str, words: Sequence[str], recent_texts: Sequence[str], link_count: int) -> float:
        """From 0 to 1.

        Args:
            text: as written.
            words: its canonical words.
            recent_texts: what its author said in this show in the last minute.
            link_count: how many links it holds.
        """
        score = self._flood(text, words) + self._advertisement(text, words, link_count)
        return min(1.0, score + _repeats(words, recent_texts))

    def _advertisement(self, text: str, words: Sequence[str], link_count: int) -> float:
        score = _SHOUT_WEIGHT if _is_shouted(text) else 0.0
        offers = len({found.entry for found in self._offers.find(words)})
        has_way = bool(self._contacts.find(words))
        score += _OFFER_WEIGHT * min(offers, 2)
        score += _CONTACT_WEIGHT if has_way else 0.0
        score += _PHONE_WEIGHT if _has_phone(text) else 0.0
        return score + (_ADDRESS if link_count else 0.0) + (_ADDRESS if link_count > 2 else 0.0)

    def _flood(self, text: str, words: Sequence[str]) -> float:
        emoji = sum(1 for character in text if ord(character) > 0x2190 and unicodedata.category(character) == "So")
        score = 0.95 if emoji > _EMOJI_FLOOD else 0.4 if emoji > _EMOJI_MANY else 0.0
        visible = len(text) - text.count(" ")
        longest = max((match.end() - match.start() for match in _LONGEST_RUN.finditer(text)), default=0)
        if longest >= _FLOOD_RUN and longest >= _FLOOD_SHARE * visible and not emoji:
            score += 0.5 if longest < 3 * _FLOOD_RUN else 0.95
        spoken = [word for word in words if word[0].isalnum()]
        if len(spoken) >= _MONOTONE_WORDS and len(set(spoken)) <= max(1, _MONOTONE_SHARE * len(spoken)):
            score += 0.95
        return score


def _repeats(words: Sequence[str], recent_texts: Iterable[str]) -> float:
    said = frozenset(words)
    is_short = len(words) <= _SHORT_WORDS or sum(map(len, words)) <= _SHORT_CHARACTERS
    same = near = 0
    for recent in recent_texts:
        before = words_of(recent)
        if before == tuple(words):
            same += 1
        elif not is_short and said and len(said & frozenset(before)) >= _NEARLY * len(said | frozenset(before)):
            near += 1
    if is_short:
        return min(_MOST_OF_SHORT_REPEATS, _SHORT_REPEAT * same)
    return min(1.0, _SAME * same + _NEAR * near)


def _is_shouted(text: str) -> bool:
    if text.count("!") < _SHOUTED_MARKS:
        return False
    letters = [character for character in text if character.isalpha()]
    return len(letters) >= _SHOUTED_LETTERS and sum(map(str.isupper, letters)) >= _SHOUTED_SHARE * len(letters)


def _has_phone(text: str) -> bool:
    return sum(map(str.isdigit, text)) >= 8 and _PHONE.search(text) is not None
