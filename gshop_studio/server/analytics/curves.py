"""Curves from what was measured: points gathered by the minutes and hours of the clock. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from gshop_studio.contract.analytics import MetricPoint

Aggregate = Callable[[list[float]], float]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def by_minute(values: Iterable[tuple[datetime, float]], aggregate: Aggregate) -> list[MetricPoint]:
    """One point for each minute something was measured in, in their order."""
    return _gathered(values, lambda at: at.replace(second=0, microsecond=0), aggregate)


def by_hour(values: Iterable[tuple[datetime, float]], aggregate: Aggregate) -> list[MetricPoint]:
    """As `by_minute`, for hours."""
    return _gathered(values, lambda at: at.replace(minute=0, second=0, microsecond=0), aggregate)


def _gathered(
    values: Iterable[tuple[datetime, float]], start_of: Callable[[datetime], datetime], aggregate: Aggregate
) -> list[MetricPoint]:
    gathered: dict[datetime, list[float]] = {}
    for at, value in values:
        gathered.setdefault(start_of(at), []).append(value)
    return [MetricPoint(at=at, value=round(aggregate(gathered[at]), 2)) for at in sorted(gathered)]
