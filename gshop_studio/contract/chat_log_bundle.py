"""Reads a chat log's bundle, `manifest.json` and `events.ndjson` in a zip, from a source nobody vouches for (case 41).

Nothing is unpacked to disk. Names, sizes and how far it may inflate are checked first, and counted while reading.
"""

from __future__ import annotations

import errno
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gshop_studio.contract.chat_log import (
    MAX_LINE_BYTES,
    ChainBroken,
    ChatLogManifest,
    LogEntry,
    check_signature,
    parse_manifest,
    read_chat_log,
)

MANIFEST_NAME, EVENTS_NAME = "manifest.json", "events.ndjson"
MAX_MANIFEST_BYTES = 64 * 1024
MAX_EVENTS_BYTES = 2 * 1024**3
"""A million messages are about half of it."""
MAX_INFLATION = 100
"""Times its packed size. A log, full of hashes, inflates to ten times at most."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1


class BadBundle(Exception):
    """This file is not a chat log's bundle, or not one we read. `reason`: not_a_zip, names, too_large, damaged or
    manifest."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was whole when it was checked. Its entries are verified again as they are read."""

    path: Path
    manifest: ChatLogManifest

    def entries(self) -> Iterator[LogEntry]:
        """From the first to the last.

        Raises:
            BadBundle: the zip is damaged, or inflates past the limits.
            ChainBroken: where the log is not the one that was signed.
        """
        with _opened(self.path) as packed, packed.open(EVENTS_NAME) as events:
            yield from read_chat_log(_lines(events), self.manifest)


def read_bundle(path: Path, trusted_key: str | None = None) -> Bundle:
    """Check a bundle: its manifest, that it was signed with `trusted_key` (raw, base64) if that is given, every line.

    Without a trusted key a log is only whole by the key it brings along, which anybody can make. Takes 6 s for 100,000
    messages.

    Raises:
        BadBundle: it is none.
        ChainBroken: where the log is not the one that was signed.
        OSError: it cannot be read.
    """
    with _opened(path) as packed, packed.open(MANIFEST_NAME) as file:
        text = file.read(MAX_MANIFEST_BYTES + 1)
    if len(text) > MAX_MANIFEST_BYTES:
        raise BadBundle("too_large")
    try:
        manifest = parse_manifest(text)
    except ValueError as error:
        raise BadBundle("manifest") from error
    check_signature(manifest, trusted_key)
    bundle = Bundle(path, manifest)
    for _ in bundle.entries():
        pass
    return bundle


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as packed:
            _check(packed.infolist())
            yield packed
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BadBundle("damaged" if zipfile.is_zipfile(path) else "not_a_zip") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # sought to a place before the file's beginning
            raise
        raise BadBundle("damaged") from error


def _check(members: list[zipfile.ZipInfo]) -> None:
    """Exactly the two files, and none larger, packed or not, than it may be."""
    if sorted(member.filename for member in members) != sorted((MANIFEST_NAME, EVENTS_NAME)):
        raise BadBundle("names")
    for member in members:
        limit = MAX_MANIFEST_BYTES if member.filename == MANIFEST_NAME else MAX_EVENTS_BYTES
        if member.file_size > limit or member.file_size > MAX_INFLATION * max(1, member.compress_size):
            raise BadBundle("too_large")
        if member.compress_type not in _METHODS or member.flag_bits & _ENCRYPTED:
            raise BadBundle("damaged")


def _lines(events: IO[bytes]) -> Iterator[bytes]:
    """Its lines, none longer than a line may be; what is read is counted, whatever the directory says."""
    taken = number = 0
    while line := events.readline(MAX_LINE_BYTES + 2):
        number += 1
        taken += len(line)
        if taken > MAX_EVENTS_BYTES:
            raise BadBundle("too_large")
        if not line.endswith(b"\n"):
            raise ChainBroken(number, "too_long" if len(line) > MAX_LINE_BYTES else "not_json")
        yield line
