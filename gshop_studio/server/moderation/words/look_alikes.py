"""Characters that look like Latin letters, and characters that cannot be seen. For `str.translate`."""

from __future__ import annotations

_PAIRS = (
    # Cyrillic
    ("авсԁеғԍһіјкӏмнорԛгѕтцѵԝхуʏзё", "abcdefghijklmhopqrstuvwxyyze"),
    # Greek
    ("αβγδεζηικλμνοπρστυωχϲϳ", "abydeznikluvonpotuwxcj"),
    # Latin letters that decompose into nothing plainer
    ("ıłøđħŧŋɑɡɩɪɭɴʀʟƒ", "ilodhtnagiilnrlf"),
    # small capitals
    ("ᴀʙᴄᴅᴇꜰɢʜᴊᴋᴍᴏᴘǫꜱᴛᴜᴠᴡᴢ", "abcdefghjkmopqstuvwz"),
)
_SQUARED_FIRST, _CIRCLED_FIRST = 0x1F170, 0x1F150


def _table() -> dict[int, str]:
    table = {ord(shown): meant for shows, means in _PAIRS for shown, meant in zip(shows, means, strict=True)}
    for first in (_SQUARED_FIRST, _CIRCLED_FIRST):
        table.update({first + place: chr(ord("a") + place) for place in range(26)})
    return table | {ord("æ"): "ae", ord("œ"): "oe", ord("þ"): "th", ord("ð"): "d", ord("。"): ".", ord("¡"): "!"}


LOOK_ALIKES = _table()

INVISIBLE: dict[int, None] = dict.fromkeys(
    (
        0x00AD,
        0x034F,
        0x061C,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0x3164,
        *range(0xFE00, 0xFE10),
        0xFEFF,
        0xFFA0,
        *range(0x1F3FB, 0x1F400),  # skin tones: the emoji is the same
        *range(0xE0000, 0xE0080),
    )
)
"""Zero-width characters, direction marks, variation selectors, tags: a word may be cut by them, and no one sees it."""
