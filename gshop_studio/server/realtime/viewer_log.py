"""Who watched, written to the database: in groups, so that a thousand who come at once are a few transactions."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.realtime.repository import Entered, Left, ViewerRepository
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup

log = logging.getLogger(__name__)

CHECKPOINT_EVERY_S = 20.0
"""How often it is written how long those who are here have watched: a server that is killed loses no more."""
RETRY_S = 1.0
"""How long what could not be written waits."""
WAITING_LIMIT = 10_000
"""Comings and goings that wait for a show's row. Past it the newest are dropped and counted."""

_Change = Entered | Left


@dataclass(slots=True)
class _Group:
    """What is to be written of one show."""

    changes: dict[str, list[_Change]] = field(default_factory=dict)
    """By the person's key, in their order."""
    staying: frozenset[str] = frozenset()
    stayed_at: datetime | None = None
    count: int = 0
    is_written: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, changes: Iterable[_Change]) -> int:
        """Take them up; how many were too many."""
        dropped = 0
        for change in changes:
            if self.count >= WAITING_LIMIT:
                dropped += 1
                continue
            self.count += 1
            self.changes.setdefault(change.key, []).append(change)
        return dropped

    @property
    def rounds(self) -> list[tuple[list[Entered], list[Left]]]:
        """Each person's first change, each one's second and so on: within a round nobody is named twice."""
        most = max((len(changes) for changes in self.changes.values()), default=0)
        rounds: list[tuple[list[Entered], list[Left]]] = [([], []) for _ in range(most)]
        for changes in self.changes.values():
            for (entered, left), change in zip(rounds, changes, strict=False):
                entered.append(change) if isinstance(change, Entered) else left.append(change)
        return rounds


class ViewerLog:
    """While one group is written the next one gathers. What the storage does not take now (it is busy, full or away) is
    written later. Viewers are let in all the same.
    """

    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        clock: Clock,
        count: Callable[[str], int],
        before: Callable[[str], Awaitable[None]],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`count(stream_id)`: how many watch a show now. `before(stream_id)` is done before it is written
        that somebody watches, or does no more."""
        self._before = before
        self._database = database
        self._lookup = lookup
        self._clock = clock
        self._count = count
        self._monotonic_s = monotonic_s
        self._groups: dict[str, _Group] = {}
        self._counted_s: dict[str, float] = {}
        """When it was last written of all who watch a show here how long they have."""
        self._is_due = asyncio.Event()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None
        self.dropped_count = 0

    def start(self) -> None:
        self._is_closing = False
        self._task = asyncio.create_task(self._run(), name="viewer log")

    async def close(self) -> None:
        """Write what waits, and stop."""
        if self._task is not None:
            self._is_closing = True
            self._is_due.set()
            await self._task  # cancelled, it would lose what it is writing
            self._task = None
            await self._write_all()

    async def entered(self, stream_id: str, entered: Entered) -> None:
        """Somebody came; returns once that is written, or could not be for now."""
        self._counted_s.setdefault(stream_id, self._monotonic_s())
        self._add(stream_id, [entered])
        await self.written(stream_id)

    def left(self, stream_id: str, keys: Iterable[str]) -> None:
        """Some are gone."""
        now = self._clock()
        self._add(stream_id, [Left(now, key) for key in keys])

    def stay(self, stream_id: str, keys: Collection[str]) -> None:
        """These are all who watch here; it is written how long they have, where that is due."""
        if keys and self._monotonic_s() - self._counted_s.get(stream_id, float("-inf")) >= CHECKPOINT_EVERY_S:
            group = self._group(stream_id)
            group.staying, group.stayed_at = frozenset(keys), self._clock()

    def forget(self, stream_id: str) -> None:
        """Nobody watches here any more."""
        if stream_id not in self._groups:
            self._counted_s.pop(stream_id, None)

    async def written(self, stream_id: str) -> None:
        """Wait until what is to be written of a show is written, or could not be for now."""
        group = self._groups.get(stream_id)
        if group is not None and self._task is not None:
            await group.is_written.wait()

    def recount(self, stream_id: str) -> None:
        """How many watch has changed without anybody coming or going here."""
        self._group(stream_id)

    def _add(self, stream_id: str, changes: Iterable[_Change]) -> None:
        dropped = self._group(stream_id).add(changes)
        if dropped:
            self.dropped_count += dropped
            log.warning("viewers cannot be written: %d comings and goings dropped so far", self.dropped_count)

    def _group(self, stream_id: str) -> _Group:
        self._is_due.set()
        return self._groups.setdefault(stream_id, _Group())

    async def _run(self) -> None:
        while not self._is_closing:
            await self._is_due.wait()
            self._is_due.clear()
            await self._write_all()
            if self._groups and not self._is_due.is_set():
                asyncio.get_running_loop().call_later(RETRY_S, self._is_due.set)

    async def _write_all(self) -> None:
        for stream_id in list(self._groups):
            group = self._groups.pop(stream_id)
            try:
                await self._write(stream_id, group)
            except Refused as refusal:
                log.warning("viewers of stream %s not written: %s", stream_id, refusal.code)
                if refusal.code.startswith("storage."):  # else the show is gone
                    self._put_back(stream_id, group)
            except Exception:  # the outermost frame of the writing: the next group may be written
                log.exception("viewers of stream %s not written", stream_id)
            finally:
                group.is_written.set()

    def _put_back(self, stream_id: str, group: _Group) -> None:
        """Before what has gathered meanwhile."""
        newer = self._groups.get(stream_id, _Group())
        older = _Group(group.changes, newer.staying or group.staying, newer.stayed_at or group.stayed_at, group.count)
        older.is_written = newer.is_written
        self._groups[stream_id] = older
        self.dropped_count += older.add(change for changes in newer.changes.values() for change in changes)

    async def _write(self, stream_id: str, group: _Group) -> None:
        rounds = group.rounds
        if rounds:
            await self._before(stream_id)
        now_s = self._monotonic_s()
        most_s = now_s - self._counted_s.get(stream_id, now_s) + CHECKPOINT_EVERY_S  # another server's was not ours
        async with self._database.write() as transaction:
            await self._lookup.require(transaction, stream_id)  # the show's row first
            repository, new_people = ViewerRepository(transaction), 0
            if group.stayed_at is not None:
                await repository.stay(stream_id, group.staying - group.changes.keys(), group.stayed_at, most_s)
            for entered, left in rounds:
                await repository.leave(stream_id, left, most_s)
                new_people += await repository.enter(stream_id, entered)
            await self._lookup.count_viewers(transaction, stream_id, self._count(stream_id), new_people)
        if group.stayed_at is not None:
            self._counted_s[stream_id] = now_s
