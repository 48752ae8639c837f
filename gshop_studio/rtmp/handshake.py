"""RTMP's simple handshake, both ends. A peer's digests are random data to us, and its echo is not checked:
real peers send other things than the specification wants, and it protects nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol

from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode

VERSION = 3
BLOCK_BYTES = 1536
"""Of C1, C2, S1 and S2 alike."""

RandomBytes = Callable[[int], bytes]


class Handshake(Protocol):
    """One end's part in the handshake."""

    @property
    def is_done(self) -> bool: ...

    def receive(self, data: bytes) -> tuple[bytes, bytes]:
        """Take what the peer sent; give what to answer and, once done, what is left over for the chunks.

        Raises:
            RtmpError: `bad_version`.
        """
        ...


class _Blocks:
    """Gathers the version byte and two blocks, whatever pieces they come in."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._wanted = 1 + BLOCK_BYTES

    def receive(self, data: bytes) -> tuple[bytes | None, bytes]:
        """The next block once it is whole, and what was not needed for it."""
        taken = self._wanted - len(self._held)
        self._held += data[:taken]
        if self._held and self._wanted > BLOCK_BYTES and self._held[0] != VERSION:
            raise RtmpError(RtmpErrorCode.BAD_VERSION)
        if len(self._held) < self._wanted:
            return None, b""
        block = bytes(self._held[-BLOCK_BYTES:])
        self._held.clear()
        self._wanted = BLOCK_BYTES
        return block, data[taken:]


class ServerHandshake:
    """Waits for C0 and C1, answers S0, S1 and S2, waits for C2."""

    def __init__(self, random_bytes: RandomBytes = os.urandom) -> None:
        self._random_bytes = random_bytes
        self._blocks = _Blocks()
        self._did_answer = False
        self.is_done = False

    def receive(self, data: bytes) -> tuple[bytes, bytes]:
        answer = b""
        while True:
            block, data = self._blocks.receive(data)
            if block is None:
                return answer, b""
            if self._did_answer:
                self.is_done = True
                return answer, data
            self._did_answer = True
            answer = bytes((VERSION,)) + _hello(self._random_bytes) + _echo(block)


class ClientHandshake:
    """Sends C0 and C1 (`start`), waits for S0 and S1, answers C2, waits for S2."""

    def __init__(self, random_bytes: RandomBytes = os.urandom) -> None:
        self._random_bytes = random_bytes
        self._blocks = _Blocks()
        self._did_answer = False
        self.is_done = False

    def start(self) -> bytes:
        return bytes((VERSION,)) + _hello(self._random_bytes)

    def receive(self, data: bytes) -> tuple[bytes, bytes]:
        answer = b""
        while True:
            block, data = self._blocks.receive(data)
            if block is None:
                return answer, b""
            if self._did_answer:
                self.is_done = True
                return answer, data
            self._did_answer = True
            answer = _echo(block)


def _hello(random_bytes: RandomBytes) -> bytes:
    """C1 or S1: time 0, and the four zeros that say "no digest here"."""
    return bytes(8) + random_bytes(BLOCK_BYTES - 8)


def _echo(block: bytes) -> bytes:
    """C2 or S2: the peer's block given back, the time of its reading 0."""
    return block[:4] + bytes(4) + block[8:]
