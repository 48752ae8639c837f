"""One timer a show: what must happen to it unless something else happens before."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop

log = logging.getLogger(__name__)
_RETRY_S = 5.0


class StreamTimers:
    """Timers by stream id; setting one replaces the one before. `close` ends them all."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._acting: dict[asyncio.Task[None], str] = {}
        """Those whose time has come, with their stream: no longer cancelled by what they themselves bring about."""

    def set(self, stream_id: str, delay_s: float, action: Callable[[], Awaitable[None]]) -> None:
        """Run `action` in `delay_s`. It checks for itself that it still applies."""
        self.cancel(stream_id)
        self._waiting[stream_id] = asyncio.create_task(self._run(stream_id, delay_s, action), name=f"timer {stream_id}")

    def is_set(self, stream_id: str) -> bool:
        """Whether one waits for its time, or is acting, perhaps for the tenth time."""
        return stream_id in self._waiting or stream_id in self._acting.values()

    def cancel(self, stream_id: str) -> None:
        task = self._waiting.pop(stream_id, None)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        tasks = [*self._waiting.values(), *self._acting]
        self._waiting.clear()
        await stop(*tasks)

    async def _run(self, stream_id: str, delay_s: float, action: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(delay_s)
        task = asyncio.current_task()
        assert task is not None
        if self._waiting.get(stream_id) is task:
            del self._waiting[stream_id]
        self._acting[task] = stream_id
        try:
            while True:
                try:
                    return await action()
                except Refused as refusal:  # the disk is full: it must still happen, later
                    log.warning("timer of stream %s: %s", stream_id, refusal.code)
                    await asyncio.sleep(_RETRY_S)
        finally:
            del self._acting[task]
