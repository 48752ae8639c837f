"""Opens TCP connections to one host: looks its name up, tries its addresses. Lives on the event loop's thread.

A look-up runs in a thread of its own and at most one runs at a time, however often somebody dials: a name server that
hangs for a minute costs one thread. When the name cannot be found the addresses found last are tried; in an outage
names often fail first and come back last.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

from encoder.daemon_call import call_in_daemon_thread
from encoder.errors import OutputError, reason_of
from encoder.outputs.target import RtmpTarget

_NEXT_ADDRESS_S = 0.3
"""An address that has not answered by then is not waited for before the next one is tried (RFC 8305)."""

_Address = tuple[Any, Any, int, str, Any]


class Dialer:
    """For one target."""

    def __init__(self, target: RtmpTarget, connect_s: float) -> None:
        """`connect_s`: how long the name may take, and then the connection."""
        self._target = target
        self._connect_s = connect_s
        self._lookup: asyncio.Task[list[_Address]] | None = None
        self._known: list[_Address] = []

    async def dial(self, timeout_s: float | None = None) -> socket.socket:
        """A connected socket that does not block.

        Raises:
            OutputError: `ingest.timeout`, `ingest.unreachable`.
        """
        limit_s = self._connect_s if timeout_s is None else timeout_s
        addresses = await self._addresses(limit_s)
        try:
            async with asyncio.timeout(limit_s):
                return await self._first_to_answer(addresses)
        except TimeoutError as error:
            raise self._target.fault("ingest.timeout") from error

    def close(self) -> None:
        """Wait for no look-up any more."""
        if self._lookup is not None:
            self._lookup.cancel()

    async def _addresses(self, limit_s: float) -> list[_Address]:
        if self._lookup is None or self._lookup.done():
            target = self._target
            self._lookup = asyncio.ensure_future(
                call_in_daemon_thread(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)
            )
            self._lookup.add_done_callback(_retrieve)
        await asyncio.wait([self._lookup], timeout=limit_s)
        if not self._lookup.done():
            failure = self._target.fault("ingest.timeout")
        else:
            try:
                self._known = self._lookup.result()
                return self._known
            except (OSError, UnicodeError) as error:
                failure = self._target.fault("ingest.unreachable", reason=reason_of(error))
        if not self._known:
            raise failure
        return self._known

    async def _first_to_answer(self, addresses: list[_Address]) -> socket.socket:
        waiting = list(addresses)
        tries: set[asyncio.Task[socket.socket]] = set()
        failure: OSError | None = None
        try:
            while waiting or tries:
                if waiting:
                    tries.add(asyncio.ensure_future(_connect(waiting.pop(0))))
                done, _ = await asyncio.wait(
                    tries, timeout=_NEXT_ADDRESS_S if waiting else None, return_when=asyncio.FIRST_COMPLETED
                )
                for one in done:
                    error = one.exception()
                    if error is None:
                        tries.discard(one)
                        return one.result()
                    tries.discard(one)
                    if not isinstance(error, OSError):
                        raise error
                    failure = error
        finally:
            await _abandon(tries)
        reason = reason_of(failure) if failure else "no address"
        raise self._unreachable(reason) from failure

    def _unreachable(self, reason: str) -> OutputError:
        return self._target.fault("ingest.unreachable", reason=reason)


async def _connect(address: _Address) -> socket.socket:
    family, kind, protocol, _, place = address
    raw = socket.socket(family, kind, protocol)
    try:
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, place)
    except BaseException:
        raw.close()
        raise
    return raw


async def _abandon(tries: set[asyncio.Task[socket.socket]]) -> None:
    """Those that lost the race; one that connected at the same moment is closed."""
    for one in tries:
        one.cancel()
    for one in tries:
        with contextlib.suppress(asyncio.CancelledError, OSError):
            (await one).close()


def _retrieve(lookup: asyncio.Task[list[_Address]]) -> None:
    """Nobody may be waiting when it fails; that is no error of its own."""
    if not lookup.cancelled():
        lookup.exception()
