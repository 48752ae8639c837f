"""Privacy, put together: a branch of the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.cached_answers import CachedAnswers
from gshop_studio.server.catalog.images import ImageStore
from gshop_studio.server.clock import Clock
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.jobs import Jobs
from gshop_studio.server.operation.backups import Backups
from gshop_studio.server.privacy.erased_ids import FILE_NAME, ErasedIds
from gshop_studio.server.privacy.erasing import Erasing
from gshop_studio.server.privacy.export import Exporter
from gshop_studio.server.privacy.kept import days_of
from gshop_studio.server.privacy.redis_traces import RedisTraces
from gshop_studio.server.privacy.retention import FORGET_EVERY_S, Retention
from gshop_studio.server.privacy.service import PrivacyService
from gshop_studio.server.privacy.set_aside import SetAside
from gshop_studio.server.privacy.traces import CLEAN_EVERY_S, Traces
from gshop_studio.server.rate_limits import RateLimits
from gshop_studio.server.realtime.gateway import Gateway

GO_ON_EVERY_S = 60.0
KEEP_LIST_EVERY_S = 600.0


@dataclass(frozen=True, slots=True)
class PrivacyParts:
    service: PrivacyService
    erasing: Erasing
    traces: Traces
    retention: Retention

    async def start(self) -> None:
        """Forget again whom a restored database remembers. Before anybody is served.

        Raises:
            Refused: `storage.*`.
        """
        await self.erasing.catch_up()

    def register(self, jobs: Jobs) -> None:
        """What one instance does from time to time."""
        jobs.every(GO_ON_EVERY_S, "erasures", self.erasing.erase_pending)
        jobs.every(CLEAN_EVERY_S, "traces of the erased", self.traces.clean_when_due)
        jobs.every(KEEP_LIST_EVERY_S, "list of the erased", self.erasing.keep_list)
        jobs.every(FORGET_EVERY_S, "retention", self.retention.forget_old)


def privacy_parts(
    config: ServerConfig,
    database: Database,
    accounts: AccountService,
    images: ImageStore,
    gateway: Gateway,
    cached: CachedAnswers,
    backups: Backups | None,
    redis: Redis | None,
    limits: RateLimits,
    clock: Clock,
) -> PrivacyParts:
    traces_in_redis = RedisTraces(redis)
    erasing = Erasing(
        database,
        images,
        gateway,
        ErasedIds(config.data_dir / FILE_NAME),
        traces_in_redis,
        clock,
        show_changed=cached.show_changed,
        product_changed=cached.product_changed,
    )
    service = PrivacyService(
        database,
        accounts,
        Exporter(database, clock),
        erasing,
        traces_in_redis,
        limits.limit("6/minute", "export", "request.rate_limited"),
        clock,
    )
    path = aside = None
    if config.database_url is None:
        path, aside = config.database_path, SetAside(config.data_dir, config.database_path.name, config.images.name)
    return PrivacyParts(
        service=service,
        erasing=erasing,
        traces=Traces(database, path, backups, aside, clock),
        retention=Retention(database, erasing, days_of(config), clock),
    )
