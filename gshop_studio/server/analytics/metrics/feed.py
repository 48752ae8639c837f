"""A show's metrics as they are measured, for who subscribes. Whichever instance measures, each tells its own: the
database is looked at every second, while somebody here is subscribed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime

from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.rights import StreamRight, require
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.analytics.metrics.repository import MetricsRepository
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamMetricRow

log = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
_TO_COME = frozenset({StreamStatus.SCHEDULED, StreamStatus.LIVE})
POINTS_WAITING = 16
"""Not taken by a subscriber yet; when there are more, the oldest is dropped and counted."""


@dataclass(frozen=True, slots=True)
class ShowPoint:
    """A measured point, with the currency its revenue is in."""

    row: LiveStreamMetricRow
    currency: str | None


@dataclass(eq=False, slots=True)
class _Subscription:
    stream_id: str
    points: asyncio.Queue[ShowPoint | None] = field(default_factory=lambda: asyncio.Queue(POINTS_WAITING + 1))
    """None: the show is over."""
    last_at: datetime | None = None


class MetricFeed:
    def __init__(self, database: Database, lookup: StreamLookup, accounts: AccountService, clock: Clock) -> None:
        self._database = database
        self._lookup = lookup
        self._accounts = accounts
        self._clock = clock
        self._subscriptions: set[_Subscription] = set()
        self._task: asyncio.Task[None] | None = None
        self.dropped_count = 0

    async def close(self) -> None:
        """End all subscriptions."""
        for subscription in self._subscriptions:
            self._put(subscription, None)
        await stop(self._task)
        self._task = None

    async def latest(self, token: str | None, stream_id: str) -> ShowPoint | None:
        """The show's last point, or None where nothing was measured yet.

        Raises:
            Refused: `auth.*`, `stream.not_found`, or what rights say.
        """
        await self._admit(token, stream_id)
        found = await self._after({stream_id: None})
        return found[0] if found else None

    async def follow(self, token: str | None, stream_id: str) -> AsyncGenerator[ShowPoint, None]:
        """The show's last point and those that follow, until the show is over. Rights are asked for at each point.

        Raises:
            Refused: as `latest`; `auth.token_expired` when the token ends.
        """
        expires_at = await self._admit(token, stream_id)
        subscription = _Subscription(stream_id)
        self._subscriptions.add(subscription)
        try:
            if self._task is None:
                self._task = asyncio.create_task(self._run(), name="metrics feed")
            while True:
                try:
                    async with asyncio.timeout((expires_at - self._clock()).total_seconds()):
                        point = await subscription.points.get()
                except TimeoutError as error:
                    raise Refused("auth.token_expired") from error
                if point is None:
                    return
                await self._admit(token, stream_id)
                yield point
        finally:
            self._subscriptions.discard(subscription)
            if not self._subscriptions and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _admit(self, token: str | None, stream_id: str) -> datetime:
        """Let pass who may see the show's numbers; until when their token holds."""
        if token is None:
            raise Refused("auth.required")
        caller = await self._accounts.caller(token)
        async with self._database.read() as transaction:
            require(caller, StreamRight.SEE_NUMBERS, await self._lookup.facts(transaction, stream_id, caller))
        return caller.expires_at

    async def _run(self) -> None:
        while True:
            try:
                await self._look()
            except Refused as refusal:
                log.warning("metrics not read: %s", refusal.code)
            except Exception:  # the outermost frame of the task: the next second may be better
                log.exception("metrics not read")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        subscriptions = list(self._subscriptions)
        over = await self._over({subscription.stream_id for subscription in subscriptions})
        for last_at in {subscription.last_at for subscription in subscriptions}:
            alike = [subscription for subscription in subscriptions if subscription.last_at == last_at]
            for point in await self._after({subscription.stream_id: last_at for subscription in alike}):
                for subscription in alike:
                    if subscription.stream_id == point.row.stream_id:
                        subscription.last_at = point.row.timestamp
                        self._put(subscription, point)
        for subscription in subscriptions:
            if subscription.stream_id in over:
                self._put(subscription, None)

    async def _after(self, since: dict[str, datetime | None]) -> list[ShowPoint]:
        async with self._database.read() as transaction:
            rows = await MetricsRepository(transaction).points_after(since)
            shows = {row.stream_id: await self._lookup.require(transaction, row.stream_id) for row in rows}
        return [ShowPoint(row, shows[row.stream_id].currency) for row in rows]

    async def _over(self, stream_ids: set[str]) -> set[str]:
        """Those that are over: read before their points, so that none comes after."""
        async with self._database.read() as transaction:
            live = await MetricsRepository(transaction).statuses(stream_ids)
        return {stream_id for stream_id in stream_ids if live.get(stream_id) not in _TO_COME}

    def _put(self, subscription: _Subscription, point: ShowPoint | None) -> None:
        if point is not None and subscription.points.qsize() >= POINTS_WAITING:
            subscription.points.get_nowait()
            self.dropped_count += 1
        if not subscription.points.full():
            subscription.points.put_nowait(point)
