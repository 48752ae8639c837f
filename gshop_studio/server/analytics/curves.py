"""Curves from what was measured: points gathered by the minutes and hours of the clock (UTC). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from gshop_studio.contract.analytics import MetricPoint

MINUTE_S = 60
HOUR_S = 3600
Aggregate = Callable[[list[float]], float]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def gathered(values: Iterable[tuple[datetime, float]], every_s: int, aggregate: Aggregate) -> list[MetricPoint]:
    """One point for each stretch of `every_s` seconds something was measured in, at its start, in their order."""
    stretches: defaultdict[int, list[float]] = defaultdict(list)
    for at, value in values:
        stretches[int(at.timestamp()) // every_s].append(value)
    return [
        MetricPoint(at=datetime.fromtimestamp(number * every_s, UTC), value=round(aggregate(stretches[number]), 2))
        for number in sorted(stretches)
    ]


def each_minute(
    counts: Iterable[tuple[datetime, int]], started_at: datetime | None, until: datetime
) -> list[MetricPoint]:
    """Counts by the clock's minutes, with a 0 for each minute of the show nothing was counted in."""
    known = dict(counts)
    if started_at is not None:
        minute = started_at.replace(second=0, microsecond=0)
        while minute < until:
            known.setdefault(minute, 0)
            minute += timedelta(seconds=MINUTE_S)
    return [MetricPoint(at=at, value=known[at]) for at in sorted(known)]
