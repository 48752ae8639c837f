"""The bus: what one server's events reach the sockets of the others by. It is the quick way; the log is the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gshop_studio.server.realtime.outgoing import Outgoing

Heard = Callable[[Outgoing], None]
"""An event of another server came."""
Returned = Callable[[], None]
"""The bus works again: what was said meanwhile must be looked up in the log."""


class Bus(Protocol):
    @property
    def is_shared(self) -> bool:
        """Whether there are other servers."""

    @property
    def is_whole(self) -> bool:
        """Whether what others say reaches us now."""

    @property
    def dropped_count(self) -> int:
        """Events that could not be told."""

    async def start(self, heard: Heard, returned: Returned) -> None: ...

    async def close(self) -> None: ...

    def publish(self, outgoing: Outgoing) -> None:
        """Tell the other servers; what cannot be told is dropped."""


class LoneBus:
    """Of a server without others."""

    is_shared = False
    is_whole = True
    dropped_count = 0

    async def start(self, heard: Heard, returned: Returned) -> None:
        """Nothing will come."""

    async def close(self) -> None:
        """Nothing to stop."""

    def publish(self, outgoing: Outgoing) -> None:
        """Nobody to tell."""
