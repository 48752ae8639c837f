"""How late the event loop is: the one number that tells that an instance has more to do than it can."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from gshop_studio.server.stopping import stop

_EVERY_S = 0.5


class LoopLag:
    def __init__(self, lagged: Callable[[float], None]) -> None:
        """`lagged` is told by how many seconds, twice a second."""
        self._lagged = lagged
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="loop lag")

    async def close(self) -> None:
        await stop(self._task)
        self._task = None

    async def _run(self) -> None:
        while True:
            due_s = time.monotonic() + _EVERY_S
            await asyncio.sleep(_EVERY_S)
            self._lagged(max(0.0, time.monotonic() - due_s))
