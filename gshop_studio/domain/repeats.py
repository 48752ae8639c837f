"""Dates that come again each week at the same time of the clock on the wall, also where summer time begins or ends.

A time that does not exist (the clock is put forward over it) or exists twice is read as iCalendar does (RFC 5545,
3.3.5): by the offset before the gap, so that 02:30 becomes 03:30 on that day alone, and as the first of the two.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)


def moment_of(wall_clock: datetime, zone: str) -> datetime:
    """The moment (UTC) at which the clock of `zone` shows `wall_clock`, which has no zone of its own."""
    return wall_clock.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def wall_clock_of(moment: datetime, zone: str) -> datetime:
    """What the clock of `zone` shows at a moment, without its zone."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def next_week(wall_clock: datetime, zone: str, after: datetime) -> datetime:
    """The wall clock of the first repeat later than the one given whose moment is after `after`. Count from the time
    first wished, not from a moment: a week that moved it leaves the next one alone."""
    weeks = max(1, (after - moment_of(wall_clock, zone)) // WEEK)
    while moment_of(wall_clock + weeks * WEEK, zone) <= after:
        weeks += 1
    return wall_clock + weeks * WEEK
