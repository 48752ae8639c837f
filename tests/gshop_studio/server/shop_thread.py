"""A shop that runs in a thread of its own, for tests that are no coroutines."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, TypeVar

from tests.gshop_studio.server.shop import Shop

T = TypeVar("T")
_PATIENCE_S = 60


class ShopThread:
    """Open and closed with `with`."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="shop")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What this coroutine returns, awaited in the shop's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_S)

    def __enter__(self) -> ShopThread:
        self._thread.start()
        try:
            self.run(self.shop.open())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self.run(self.shop.close())
        finally:
            self._stop()

    def _stop(self) -> None:
        self.run(_end_what_is_left())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_S)
        self._loop.close()


async def _end_what_is_left() -> None:
    """As `asyncio.run` does with the tasks that still wait."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
