"""All of the operation of one server, joined: what it counts, whether it is ready, its backups."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gshop_studio.server.clock import Clock
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.jobs import Jobs
from gshop_studio.server.operation.backups import Backups
from gshop_studio.server.operation.live_shows import LiveShows
from gshop_studio.server.operation.loop_lag import LoopLag
from gshop_studio.server.operation.metrics import Metrics
from gshop_studio.server.operation.readiness import Readiness

_LOOK_FOR_DUE_S = 300.0


@dataclass(frozen=True, slots=True)
class Operation:
    metrics: Metrics
    readiness: Readiness
    backups: Backups | None
    """None where the database is not a file of ours."""
    metrics_token: str | None
    _lag: LoopLag
    _shows: LiveShows

    def start(self) -> None:
        self._lag.start()
        self.readiness.start()
        self._shows.start()

    def stop(self) -> None:
        """The server begins to stop."""
        self.readiness.stop()
        if self.backups is not None:
            self.backups.give_up()

    async def close(self) -> None:
        await self._lag.close()
        await self.readiness.close()
        await self._shows.close()


def operate(
    config: ServerConfig, metrics: Metrics, database: Database, jobs: Jobs, readiness: Readiness, clock: Clock
) -> Operation:
    """Build the operation, and register what it does from time to time."""
    backups = None
    if config.database_url is None:
        backups = Backups(
            config.database_path, config.backups, every_h=config.backup_every_h, keep=config.backup_keep, clock=clock
        )
        if config.backup_every_h > 0:
            every_s = min(_LOOK_FOR_DUE_S, config.backup_every_h * 3600)
            jobs.every(every_s, "backup", backups.back_up_when_due)
    shows = LiveShows(database)
    metrics.read_gauges("gshop_component_ok", "Whether what the server uses answers.", "component", readiness.are_ok)
    _read_own(metrics, shows, backups, config)
    token = config.metrics_token.get_secret_value() if config.metrics_token else None
    return Operation(metrics, readiness, backups, token, LoopLag(metrics.loop_lagged), shows)


@dataclass(frozen=True, slots=True)
class Parts:
    """What metrics read from the server's other parts, each a function of a moment's number."""

    sockets: Callable[[], int]
    viewers: Callable[[], Mapping[str, int]]
    """By the show's id; only their sum and their largest are told."""
    outgoing_events: Callable[[], int]
    dropped_events: Callable[[], int]
    untold_events: Callable[[], int]
    deliveries: Callable[[], int]
    dropped_readers: Callable[[], int]
    publishers: Callable[[], int]
    interruptions: Callable[[], int]
    job_successes: Callable[[], Mapping[str, float]]
    """By the job's name: seconds of the epoch."""
    refused_messages: Callable[[], int]
    failed_scores: Callable[[], int]
    cache_hits: Callable[[], int]
    cache_misses: Callable[[], int]


def read_parts(metrics: Metrics, parts: Parts) -> None:
    """Have the metrics read these when they are asked for."""
    metrics.read_gauge("gshop_sockets_connected", "Socket clients connected to this instance.", parts.sockets)
    metrics.read_gauge(
        "gshop_viewers", "Viewers of all shows, as this instance counts them.", lambda: sum(parts.viewers().values())
    )
    metrics.read_gauge(
        "gshop_viewers_of_largest_show",
        "Viewers of the show that has most.",
        lambda: max(parts.viewers().values(), default=0),
    )
    metrics.read_gauge("gshop_outgoing_events", "Events waiting to go out.", parts.outgoing_events)
    metrics.read_counter(
        "gshop_outgoing_events_dropped", "Events that found the outgoing queue full.", parts.dropped_events
    )
    metrics.read_counter(
        "gshop_bus_events_dropped",
        "Events that could not be told to other servers; they read the lasting ones in the log.",
        parts.untold_events,
    )
    metrics.read_counter("gshop_deliveries", "Events handed to a client.", parts.deliveries)
    metrics.read_counter("gshop_readers_dropped", "Clients cut off because they do not read.", parts.dropped_readers)
    metrics.read_gauge("gshop_ingest_publishers", "Publishers connected to the ingest.", parts.publishers)
    metrics.read_counter(
        "gshop_show_interruptions", "Times that a show lost its media and was held.", parts.interruptions
    )
    metrics.read_gauges(
        "gshop_job_last_success_timestamp_seconds", "When a job last did its work.", "work", parts.job_successes
    )
    metrics.read_counter(
        "gshop_chat_messages_turned_away", "Messages that found too many waiting to be written.", parts.refused_messages
    )
    metrics.read_counter(
        "gshop_toxicity_failures", "Texts the toxicity server did not judge; scored here.", parts.failed_scores
    )
    metrics.read_counter("gshop_cache_hits", "Answers that were kept.", parts.cache_hits)
    metrics.read_counter("gshop_cache_misses", "Answers that had to be made.", parts.cache_misses)


def _read_own(metrics: Metrics, shows: LiveShows, backups: Backups | None, config: ServerConfig) -> None:
    metrics.read_gauge("gshop_shows_live", "Shows that are live.", lambda: shows.live_count)
    metrics.read_gauge("gshop_shows_receiving", "Live shows that receive media.", lambda: shows.receiving_count)
    metrics.read_gauge(
        "gshop_shows_waiting", "Live shows whose first media has not come yet.", lambda: shows.waiting_count
    )
    metrics.read_gauges("gshop_disk_free_bytes", "Room left.", "folder", lambda: {"data": _free(config.data_dir)})
    metrics.read_gauges("gshop_disk_bytes", "Room in all.", "folder", lambda: {"data": _total(config.data_dir)})
    if backups is None or config.backup_every_h == 0:
        return
    metrics.read_gauge(
        "gshop_backup_last_success_timestamp_seconds",
        "When the newest backup was made; 0 without one.",
        lambda: newest.timestamp() if (newest := backups.newest_at()) else 0.0,
    )
    metrics.read_gauge("gshop_backup_every_seconds", "How old it may be.", lambda: config.backup_every_h * 3600)
    metrics.read_gauge("gshop_backup_bytes", "How large the newest backup is.", backups.newest_bytes)
    metrics.read_counter("gshop_backup_failures", "Backups that failed.", lambda: backups.failure_count)


def _free(folder: Path) -> float:
    return shutil.disk_usage(folder).free


def _total(folder: Path) -> float:
    return shutil.disk_usage(folder).total
