"""What follows a commit: a change writes down, in its own transaction, what is to happen because of it. A worker at
each server does it afterwards, at least once, also when the server that made the change dies meanwhile.

A worker takes a task for the time of a lease; whoever dies with it leaves it to the next. A task that fails is tried
again, later each time, and never given up: what cannot be done stays to be seen (`last_error`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from gshop_studio.server.after_commit.repository import TaskRepository
from gshop_studio.server.after_commit.task import NotYet, Outside, Task, TaskKind, WithinTransaction, wait_s
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.operation import request_ids
from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop

log = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
"""For what other servers wrote down, or left behind."""
LEASE = timedelta(seconds=60)
_AT_ONCE = 20
_OUTSIDE_AT_ONCE = 4
_Round = Callable[[], Awaitable[bool]]
"""Does a handful of tasks; whether there were any."""


class AfterCommit:
    """Register consumers before `start`. `close` leaves what is not done to the next start, or another server."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._within: dict[TaskKind, WithinTransaction] = {}
        self._outside: dict[TaskKind, Outside] = {}
        self._wakes = (asyncio.Event(), asyncio.Event())
        self._tasks: list[asyncio.Task[None]] = []
        self.failed_count = 0

    def does(
        self,
        *,
        within: Mapping[TaskKind, WithinTransaction] | None = None,
        outside: Mapping[TaskKind, Outside] | None = None,
    ) -> None:
        """These kinds of tasks are done so."""
        self._within.update(within or {})
        self._outside.update(outside or {})

    async def add(self, transaction: Transaction, subject: str, kinds: Sequence[TaskKind]) -> None:
        """Once this transaction is durable, have these done for this subject. Each is done once, however often it is
        asked for."""
        await TaskRepository(transaction).add([(kind, subject) for kind in kinds], self._clock())
        transaction.after_commit(self.wake)

    def wake(self) -> None:
        for wake in self._wakes:
            wake.set()

    def start(self) -> None:
        within, outside = self._wakes
        self._tasks = [
            asyncio.create_task(self._run(within, self._do_within), name="after commit"),
            asyncio.create_task(self._run(outside, self._do_outside), name="after commit, outside"),
        ]

    async def close(self) -> None:
        await stop(*self._tasks)
        self._tasks.clear()

    async def do_all_due(self) -> None:
        """Do what is due now, until nothing is."""
        while await self._do_within() or await self._do_outside():
            pass

    async def _run(self, wake: asyncio.Event, do: _Round) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await wake.wait()
            wake.clear()
            try:
                with request_ids.fresh():
                    while await do():
                        pass
            except Refused as refusal:
                log.warning("what follows a commit waits: %s", refusal.code)
            except Exception:  # the outermost frame: what is left is done at the next look
                log.exception("what follows a commit waits")

    async def _do_within(self) -> bool:
        tasks = await self._claim(tuple(self._within), _AT_ONCE)
        for task in tasks:
            await self._try(task, self._within_transaction)
        return bool(tasks)

    async def _do_outside(self) -> bool:
        tasks = await self._claim(tuple(self._outside), _OUTSIDE_AT_ONCE)
        await asyncio.gather(*(self._try(task, self._outside_of_it) for task in tasks))
        return bool(tasks)

    async def _claim(self, kinds: Sequence[TaskKind], limit: int) -> list[Task]:
        now = self._clock()
        async with self._database.read() as transaction:
            if not await TaskRepository(transaction).is_any_due(kinds, now):
                return []
        async with self._database.write() as transaction:
            return await TaskRepository(transaction).claim(kinds, now, now + LEASE, limit)

    async def _within_transaction(self, task: Task) -> None:
        async with self._database.write() as transaction:
            if await TaskRepository(transaction).finish(task.id, self._clock()):
                await self._within[task.kind](transaction, task.subject)

    async def _outside_of_it(self, task: Task) -> None:
        await self._outside[task.kind](task.subject)
        async with self._database.write() as transaction:
            await TaskRepository(transaction).finish(task.id, self._clock())

    async def _try(self, task: Task, do: Callable[[Task], Awaitable[None]]) -> None:
        try:
            await do(task)
        except Refused as refusal:
            await self._put_off(task, refusal.code)
        except NotYet as reason:
            await self._put_off(task, str(reason))
        except Exception as error:  # one task's failure leaves the others their turn
            log.exception("task %s of %s failed", task.kind, task.subject)
            await self._put_off(task, type(error).__name__)

    async def _put_off(self, task: Task, error: str) -> None:
        self.failed_count += 1
        later_s = wait_s(task.attempts)
        log.warning("task %s of %s is tried again in %.0f s: %s", task.kind, task.subject, later_s, error)
        async with self._database.write() as transaction:
            due_at = self._clock() + timedelta(seconds=later_s)
            await TaskRepository(transaction).put_off(task.id, due_at, error)
