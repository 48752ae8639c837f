"""The names of a recording's files. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_PARTS = 9999
_LONGEST_NAME = 120
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def plain_name(name: str) -> str:
    """A name that every file system takes, as like `name` as can be: a show's title may hold anything."""
    plain = _FORBIDDEN.sub("-", name)[:_LONGEST_NAME]
    while len(plain.encode("utf-8", "replace")) > 2 * _LONGEST_NAME:
        plain = plain[:-1]
    plain = plain.encode("utf-8", "replace").decode().strip(" .")
    return f"_{plain}" if _RESERVED.fullmatch(plain) else plain or "recording"


def part_names(name: str) -> Iterator[str]:
    """`NAME.mp4`, `NAME-part2.mp4`, and so on."""
    yield f"{name}.mp4"
    for number in range(2, MOST_PARTS + 1):
        yield f"{name}-part{number}.mp4"
