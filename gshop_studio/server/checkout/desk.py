"""The desk: purchases that come while others are being reserved wait for each other and are reserved together.

Nothing is held up to make groups larger: while one group is committed the next gathers.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from gshop_studio.server.checkout.reserving import PurchaseWish, Reserved, Reserving
from gshop_studio.server.database import Clash, Database
from gshop_studio.server.refusals import Refused

log = logging.getLogger(__name__)
GROUP_LIMIT = 250
WAITING_LIMIT = 5000
"""Purchases waiting to be reserved. When full the newest is refused, and counted."""
_TRIES = 3
"""Of a group that another transaction stood in the way of."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    wish: PurchaseWish
    answer: asyncio.Future[Reserved]


class Desk:
    def __init__(self, database: Database, reserving: Reserving) -> None:
        self._database = database
        self._reserving = reserving
        self._waiting: deque[_Waiting] = deque()
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False
        self.refused_count = 0
        """Purchases turned away because too many waited."""

    @property
    def waiting_count(self) -> int:
        return len(self._waiting)

    async def reserve(self, wish: PurchaseWish) -> Reserved:
        """Have an order whose goods are kept; durable when this returns.

        Raises:
            Refused: what `Reserving.reserve` refuses, and `storage.*`.
        """
        if self._is_closing or len(self._waiting) >= WAITING_LIMIT:
            self.refused_count += 1
            raise Refused("storage.busy", retry_after_s=1)
        waiting = _Waiting(wish, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="checkout desk")
        return await waiting.answer

    async def close(self) -> None:
        """Reserve what waits and take nothing more."""
        self._is_closing = True
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        """Until nobody waits."""
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(GROUP_LIMIT, len(self._waiting)))]
            await self._write(group)

    async def _write(self, group: Sequence[_Waiting], tries: int = _TRIES) -> None:
        try:
            async with self._database.write() as transaction:
                results = await self._reserving.reserve(transaction, [waiting.wish for waiting in group])
        except Refused as refusal:
            if refusal.code == "storage.busy" and tries > 1:
                await self._write(group, tries - 1)
            else:
                _fail(group, refusal)
        except Clash as error:  # a key was used elsewhere meanwhile: find whose, without hurting the others
            if len(group) > 1:
                for waiting in group:
                    await self._write([waiting], tries)
            elif tries > 1:
                await self._write(group, tries - 1)
            else:
                _fail(group, error)
        except Exception as error:  # the outermost frame of the desk: the buyers are told, the next group is served
            log.exception("a group of purchases was not reserved")
            _fail(group, error)
        else:
            for waiting, result in zip(group, results, strict=True):
                if waiting.answer.done():  # whoever asked has gone
                    continue
                if isinstance(result, Refused):
                    waiting.answer.set_exception(result)
                else:
                    waiting.answer.set_result(result)


def _fail(group: Sequence[_Waiting], error: BaseException) -> None:
    for waiting in group:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
