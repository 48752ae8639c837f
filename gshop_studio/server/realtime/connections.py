"""How many sockets one address and one person may have open, on all servers together."""

from __future__ import annotations

import hashlib
from collections import defaultdict

from gshop_studio.server.realtime.shared_sets import SharedSets
from gshop_studio.server.refusals import Refused


class Connections:
    """Without Redis, or while it does not answer, those of this server count."""

    def __init__(self, max_per_address: int, max_per_person: int, shared: SharedSets | None = None) -> None:
        self._limits = {"address": max_per_address, "person": max_per_person}
        self._refusals = {"address": "connection.too_many", "person": "connection.too_many_of_yours"}
        self._shared = shared
        self._held: dict[tuple[str, str], set[str]] = defaultdict(set)

    async def admit(self, sid: str, address: str, user_id: str | None) -> None:
        """Let a socket in.

        Raises:
            Refused: `connection.*`; nothing is counted.
        """
        try:
            await self._count(sid, "address", address)
            if user_id is not None:
                await self._count(sid, "person", user_id)
        except BaseException:
            await self.release(sid, address, user_id)
            raise

    async def release(self, sid: str, address: str, user_id: str | None) -> None:
        """A socket is gone."""
        for kind, of in (("address", address), ("person", user_id)):
            if of is None or sid not in self._held.get((kind, of), ()):
                continue
            self._held[kind, of].discard(sid)
            if not self._held[kind, of]:
                del self._held[kind, of]
            if self._shared is not None:
                await self._shared.let_go(_name(kind, of), [sid])

    async def renew(self) -> None:
        """Hold on to what is shared."""
        if self._shared is not None:
            for (kind, of), sids in list(self._held.items()):
                if await self._shared.hold(_name(kind, of), list(sids)) is None:
                    return

    async def _count(self, sid: str, kind: str, of: str) -> None:
        held, limit = self._held[kind, of], self._limits[kind]
        held.add(sid)
        count: int | None = len(held)
        if len(held) <= limit and self._shared is not None:
            count = await self._shared.hold(_name(kind, of), [sid])
        if count is not None and count > limit:
            raise Refused(self._refusals[kind])


def _name(kind: str, of: str) -> str:
    return f"{kind}:{hashlib.sha256(of.encode()).hexdigest()[:32]}"
