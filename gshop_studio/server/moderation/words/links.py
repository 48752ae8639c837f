"""Finds links in a message: addresses, bare domains, and domains written out (`shop dot com`).

Only `http` and `https` are ever something to click; `javascript:` is plain text (case 2). A price, a version, an
abbreviation or a missing space after a full stop is no link, which is why endings that are words too (`.me`, `.es`,
`.no`) need a path behind them, unless the host is one that links are known to be hidden behind.
"""

from __future__ import annotations

import re

from gshop_studio.server.moderation.words.normalise import fold

_ENDINGS = (
    "com|net|org|info|biz|io|xyz|gg|ly|ru|cn|tk|dev|app|shop|store|site|online|website|link|click|vip|club"
    "|mx|ar|br|cl|uk|cc"
)
_WORD_ENDINGS = (
    "es|me|de|co|pt|pe|us|in|it|to|so|no|is|be|am|tv|live|la|top|ai|eu|fr|ec|uy|ve|cr|pa|do|gt|hn|ni|sv|bo|py"
)
_SHORTENERS = (
    r"bit\.ly|wa\.me|t\.me|m\.me|fb\.me|youtu\.be|goo\.gl|amzn\.to|t\.co|linktr\.ee|discord\.gg|tinyurl\.com"
    r"|is\.gd|cutt\.ly"
)
_LABELS = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?){0,4}?"
_LETTER_LABEL = r"(?=[a-z0-9\-]*[a-z])"
_END = r"(?![a-z0-9\-]|\.[a-z0-9])"
_REST = r"(?::\d{1,5})?(?:[/?#][^\s<>\"']{0,400})?"
_DOT = r"\s?[(\[{]\s?(?:\.|dot|punto|ponto)\s?[)\]}]\s?"
_WRITTEN_DOT = r"\s(?:dot|punto|ponto)\s"

_LINK = re.compile(
    rf"(?<![a-z0-9])(?:"
    rf"(?P<scheme>h(?:tt|xx)ps?)://[^\s<>\"']{{1,400}}"
    rf"|www\.[a-z0-9][^\s<>\"']{{1,400}}"
    rf"|(?:{_SHORTENERS}){_END}{_REST}"
    rf"|{_LETTER_LABEL}{_LABELS}\.(?:{_ENDINGS})(?:\.[a-z]{{2}})?{_END}{_REST}"
    rf"|{_LETTER_LABEL}{_LABELS}\.(?:{_WORD_ENDINGS})(?::\d{{1,5}})?/[^\s<>\"']{{1,400}}"
    rf")"
)
_WRITTEN_OUT = re.compile(
    rf"(?<![a-z0-9])[a-z0-9\-]{{2,62}}(?:(?:{_DOT})(?:{_ENDINGS}|{_WORD_ENDINGS})|{_WRITTEN_DOT}(?:com|net|org|shop|store))"
    rf"(?![a-z0-9])"
)
_TRAILING = ".,;:!?)]}»\"'"


def find_links(text: str) -> tuple[str, ...]:
    """What reads as a link, or as the way to one, in folded letters."""
    folded = fold(text)
    found: list[str] = []
    if "." in folded or "://" in folded:
        found += [match[0].rstrip(_TRAILING) for match in _LINK.finditer(folded)]
    if any(word in folded for word in ("dot", "punto", "ponto", "(.", "[.", "{.", "( .", "[ .")):
        found += [match[0] for match in _WRITTEN_OUT.finditer(folded)]
    return tuple(found)
