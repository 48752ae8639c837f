"""Which files of the page may be read from outside, and what a browser has to know about each.

Owned here: the map from public path to file, media types, entity tags, gzip. A path that leads out of the page's
folders, by `..`, by an absolute path or by a link, is simply not there.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
"""What is served at all; a file of another kind is not there."""
_COMPACT_ALREADY = frozenset({".png", ".woff2"})


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    gzipped: bytes | None
    """None where it would not be smaller."""
    media_type: str
    etag: str
    """Quoted, as the header wants it."""


class AssetShelf:
    """The page's files by their public path, read once and again only when they change on disk."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        """`folders`: public prefix (empty, or ending in a slash) to the folder served under it; the longest wins."""
        self._folders = sorted(((prefix, folder.resolve()) for prefix, folder in folders.items()), key=_longest_first)
        self._kept: dict[Path, tuple[tuple[int, int], Asset]] = {}

    def find(self, path: str) -> Asset | None:
        """The file at a public path such as `styles/base.css`, or None. Reads the disk."""
        file = self._file_of(path)
        if file is None:
            return None
        try:
            found = file.stat()
            version = (found.st_mtime_ns, found.st_size)
            kept = self._kept.get(file)
            if kept is None or kept[0] != version:
                kept = (version, _read(file))
                self._kept[file] = kept
        except OSError:
            return None
        return kept[1]

    def _file_of(self, path: str) -> Path | None:
        parts = path.split("/")
        if "\\" in path or "\0" in path or any(part == "" or part.startswith(".") for part in parts):
            return None
        for prefix, folder in self._folders:
            if path.startswith(prefix):
                file = folder / path.removeprefix(prefix)
                is_plain = file.suffix in MEDIA_TYPES and file.is_file() and file.resolve() == file
                return file if is_plain else None
        return None


def _longest_first(item: tuple[str, Path]) -> int:
    return -len(item[0])


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    gzipped = None if file.suffix in _COMPACT_ALREADY else gzip.compress(content, mtime=0)
    return Asset(
        content=content,
        gzipped=gzipped if gzipped is not None and len(gzipped) < len(content) else None,
        media_type=MEDIA_TYPES[file.suffix],
        etag=f'"{hashlib.sha256(content).hexdigest()[:24]}"',
    )
