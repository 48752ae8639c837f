"""One show's viewers on all servers: ours are held in a shared set, those of others are counted in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from gshop_studio.server.realtime.shared_sets import SharedSets


class SharedAudience:
    """One question at a time, so that it is known whom of ours a count counts."""

    def __init__(self, shared: SharedSets, stream_id: str, ours: Callable[[], Iterable[str]]) -> None:
        """`ours` names who watches here now."""
        self._shared = shared
        self._name = set_of(stream_id)
        self._ours = ours
        self._held: set[str] = set()
        self._is_lost = False
        """Redis did not answer, and may have forgotten whom we held."""
        self._turn = asyncio.Lock()

    async def agree(self, *, is_renewal: bool = False) -> int | None:
        """Hold whom we have, let go of whom we had; how many only others have. None where Redis does not answer."""
        async with self._turn:
            ours = set(self._ours())
            gone = self._held - ours
            if gone:
                await self._shared.let_go(self._name, gone)
            count = await self._shared.hold(self._name, ours if is_renewal or self._is_lost else ours - self._held)
            self._is_lost = count is None
            if count is None:
                return None
            self._held = ours
            return max(0, count - len(ours))

    async def let_go(self) -> None:
        """Nobody watches here any more."""
        async with self._turn:
            await self._shared.let_go(self._name, self._held)
            self._held = set()


def set_of(stream_id: str) -> str:
    """The name of a show's set."""
    return f"viewers:{stream_id}"
