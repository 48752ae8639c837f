"""MP4 boxes: a length, a type, a body."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

HEADER_BYTES = 8
LARGE_HEADER_BYTES = 16


def box(kind: bytes, *parts: bytes) -> bytes:
    """One box."""
    return (HEADER_BYTES + sum(map(len, parts))).to_bytes(4, "big") + kind + b"".join(parts)


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """One box with version and flags."""
    return box(kind, (version << 24 | flags).to_bytes(4, "big"), *parts)


@dataclass(frozen=True, slots=True)
class BoxHead:
    """A box's type, the length of its head, and its length with it; a length of 0 goes on to the end of the file."""

    kind: bytes
    head_bytes: int
    size: int


def parse_head(data: bytes) -> BoxHead | None:
    """The head at the beginning of `data` (16 bytes are enough); None if it is cut short or makes no sense."""
    if len(data) < HEADER_BYTES:
        return None
    size, kind = struct.unpack_from(">I4s", data)
    head_bytes = HEADER_BYTES
    if size == 1:
        if len(data) < LARGE_HEADER_BYTES:
            return None
        (size,) = struct.unpack_from(">Q", data, HEADER_BYTES)
        head_bytes = LARGE_HEADER_BYTES
    return BoxHead(kind, head_bytes, size) if size == 0 or size >= head_bytes else None


def children(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in a body, each as type and body; ends where one is cut short."""
    position = 0
    while (head := parse_head(body[position : position + LARGE_HEADER_BYTES])) and head.size:
        end = position + head.size
        if end > len(body):
            return
        yield head.kind, body[position + head.head_bytes : end]
        position = end


def find(body: bytes, *path: bytes) -> bytes | None:
    """The body of the first box along a path of types."""
    for kind in path:
        found = next((inner for name, inner in children(body) if name == kind), None)
        if found is None:
            return None
        body = found
    return body
