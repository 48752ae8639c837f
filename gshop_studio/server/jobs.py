"""Work that comes again and again, on one instance at a time: metrics, sweeps, partitions, backups."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gshop_studio.server.operation import request_ids
from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop

log = logging.getLogger(__name__)
Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every_s: float
    work: Work


class Jobs:
    """Register with `every` before `start`. What a failing disk or database keeps from being done is done next time."""

    def __init__(self, is_our_turn: Callable[[], bool] = lambda: True) -> None:
        """`is_our_turn`: whether the work is this instance's to do, now (`leadership`). It may be done by two for a
        moment, when one follows another that does not know yet."""
        self._is_our_turn = is_our_turn
        self._jobs: list[Job] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.last_success_s: dict[str, float] = {}
        """By the job's name: when it last did its work here, in seconds of the epoch; 0 before it ever did."""

    def every(self, every_s: float, name: str, work: Work) -> None:
        """Do `work` each `every_s` seconds, on the one instance whose turn it is."""
        self._jobs.append(Job(name, every_s, work))
        self.last_success_s[name] = 0.0

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run(job), name=f"job {job.name}") for job in self._jobs]

    async def close(self) -> None:
        await stop(*self._tasks)
        self._tasks.clear()

    async def _run(self, job: Job) -> None:
        while True:
            await asyncio.sleep(job.every_s)
            if self._is_our_turn():
                with request_ids.fresh():
                    await self._do(job)

    async def _do(self, job: Job) -> None:
        try:
            await job.work()
            self.last_success_s[job.name] = time.time()
        except Refused as refusal:
            log.warning("job %s: %s", job.name, refusal.code)
        except Exception:  # the outermost frame of a job: one that fails once is tried again
            log.exception("job %s failed", job.name)
