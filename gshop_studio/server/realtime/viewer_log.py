"""Who watched, written to the database: in groups, so that a thousand who come at once are a few transactions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.realtime.repository import Entered, ViewerRepository
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Left:
    key: str
    watched_s: float


@dataclass(slots=True)
class _Group:
    """What is to be written of one show."""

    entered: list[Entered] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    is_written: asyncio.Event = field(default_factory=asyncio.Event)


class ViewerLog:
    """While one group is written the next one gathers. What fails to be written (a full disk) is logged: viewers are
    let in all the same.
    """

    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        clock: Clock,
        count: Callable[[str], int],
        before: Callable[[str], Awaitable[None]],
    ) -> None:
        """`count(stream_id)`: how many watch a show now. `before(stream_id)` is done before it is written
        that somebody watches."""
        self._before = before
        self._database = database
        self._lookup = lookup
        self._clock = clock
        self._count = count
        self._groups: dict[str, _Group] = {}
        self._is_due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="viewer log")

    async def close(self) -> None:
        """Write what waits, and stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            await self._write_all()

    async def entered(self, stream_id: str, entered: Entered) -> None:
        """Somebody came; returns once that is written, or could not be."""
        self._group(stream_id).entered.append(entered)
        await self.written(stream_id)

    def left(self, stream_id: str, left: Sequence[Left]) -> None:
        """Some are gone."""
        self._group(stream_id).left.extend(left)

    async def written(self, stream_id: str) -> None:
        """Wait until what is to be written of a show is written, or could not be."""
        group = self._groups.get(stream_id)
        if group is not None and self._task is not None:
            await group.is_written.wait()

    def recount(self, stream_id: str) -> None:
        """How many watch has changed without anybody coming or going here."""
        self._group(stream_id)

    def _group(self, stream_id: str) -> _Group:
        self._is_due.set()
        return self._groups.setdefault(stream_id, _Group())

    async def _run(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            await self._write_all()

    async def _write_all(self) -> None:
        while self._groups:
            stream_id = next(iter(self._groups))
            group = self._groups.pop(stream_id)
            try:
                await self._write(stream_id, group)
            except Refused as refusal:
                log.warning("viewers of stream %s not written: %s", stream_id, refusal.code)
            except Exception:  # the outermost frame of the writing: the next group may be written
                log.exception("viewers of stream %s not written", stream_id)
            finally:
                group.is_written.set()

    async def _write(self, stream_id: str, group: _Group) -> None:
        if group.entered:
            await self._before(stream_id)
        async with self._database.write() as transaction:
            await self._lookup.require(transaction, stream_id)  # the show's row first
            repository, now = ViewerRepository(transaction), self._clock()
            for left in group.left:
                await repository.leave(stream_id, left.key, left.watched_s, now)
            new_people = await repository.enter(stream_id, group.entered, now)
            await self._lookup.count_viewers(transaction, stream_id, self._count(stream_id), new_people)
