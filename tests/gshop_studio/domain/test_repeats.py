"""Dates that come again each week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.repeats import WEEK, moment_of, next_week, wall_clock_of

ZONES = ["UTC", "America/Lima", "America/New_York", "America/Santiago", "Europe/Madrid", "Australia/Lord_Howe",
         "Asia/Kathmandu", "Pacific/Apia"]  # fmt: skip
EARLIEST, LATEST = datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2032-01-01")
zones = st.sampled_from(ZONES)
clocks = st.datetimes(EARLIEST, LATEST).map(lambda it: it.replace(second=0, microsecond=0))


@given(clocks, zones, st.integers(0, 120 * 24 * 7))
def test_the_next_one_is_the_first_after_now_at_the_same_time_of_day(wall: datetime, zone: str, late_h: int) -> None:
    after = moment_of(wall, zone) + timedelta(hours=late_h)
    following = next_week(wall, zone, after)
    assert following.time() == wall.time() and following.weekday() == wall.weekday()
    assert moment_of(following, zone) > after and following > wall
    earlier = following - WEEK
    assert earlier == wall or moment_of(earlier, zone) <= after


@given(clocks, zones)
def test_a_clock_shows_what_was_wished_wherever_that_hour_exists(wall: datetime, zone: str) -> None:
    shown = wall_clock_of(moment_of(wall, zone), zone)
    exists = any(
        wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        == wall
        for fold in (0, 1)
    )
    assert shown == wall if exists else shown > wall


@given(clocks, zones)
def test_a_year_of_repeats_keeps_to_the_clock(wall: datetime, zone: str) -> None:
    """A gap on the way moves that one show alone."""
    clock = wall
    for _ in range(60):
        clock = next_week(clock, zone, moment_of(clock, zone))
    assert clock == wall + 60 * WEEK


@pytest.mark.parametrize(
    ("wall", "zone", "moments"),
    [
        # Sunday 20:00 in New York, over the end of summer time on 1 November 2026
        ("2026-10-25T20:00", "America/New_York", ["2026-10-26T00:00", "2026-11-02T01:00"]),
        # 02:30 in Madrid, which 28 March 2027 does not have
        ("2027-03-21T02:30", "Europe/Madrid", ["2027-03-21T01:30", "2027-03-28T01:30", "2027-04-04T00:30"]),
        # 02:30 in Madrid, which 25 October 2026 has twice: the first
        ("2026-10-18T02:30", "Europe/Madrid", ["2026-10-18T00:30", "2026-10-25T00:30", "2026-11-01T01:30"]),
    ],
)
def test_over_the_days_when_the_clock_is_changed(wall: str, zone: str, moments: list[str]) -> None:
    clock = datetime.fromisoformat(wall)
    found = []
    for _ in moments:
        found.append(moment_of(clock, zone))
        clock = next_week(clock, zone, found[-1])
    assert found == [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in moments]
