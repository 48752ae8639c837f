"""The hours in which nobody is woken."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gshop_studio.domain.quiet_hours import QuietHours
from gshop_studio.domain.repeats import moment_of, wall_clock_of
from tests.gshop_studio.domain.test_repeats import EARLIEST, LATEST, zones

times = st.times().map(lambda it: it.replace(second=0, microsecond=0))
moments = st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC))
NIGHT = QuietHours(time(23), time(7))


@given(times, times, moments, zones)
def test_who_waits_until_then_wakes_nobody(begin: time, end: time, now: datetime, zone: str) -> None:
    hours = QuietHours(begin, end)
    until = hours.quiet_until(now, zone)
    here = wall_clock_of(now, zone)
    assert (until is not None) == hours.covers(here.time())
    if until is None:
        return
    assert now < until <= now + timedelta(hours=25)
    wished = datetime.combine(here.date() + timedelta(days=end <= here.time()), end)
    assume(wall_clock_of(moment_of(wished, zone), zone) == wished)  # a time that day does not have is later
    assert not hours.covers(wall_clock_of(until, zone).time())


@given(times, times, st.times())
def test_a_night_and_the_day_that_is_left_are_the_whole_of_it(begin: time, end: time, clock: time) -> None:
    assume(begin != end)
    assert QuietHours(begin, end).covers(clock) != QuietHours(end, begin).covers(clock)


@given(times, moments, zones)
def test_from_a_time_to_the_same_time_is_never(clock: time, now: datetime, zone: str) -> None:
    assert QuietHours(clock, clock).quiet_until(now, zone) is None


@pytest.mark.parametrize(
    ("now", "zone", "until"),
    [
        ("2026-11-24T04:30", "America/Lima", "2026-11-24T12:00"),  # 23:30 there
        ("2026-11-24T11:59", "America/Lima", "2026-11-24T12:00"),
        ("2026-11-24T12:00", "America/Lima", None),
        ("2026-11-24T12:00", "Asia/Tokyo", None),  # 21:00 there
        ("2026-11-24T14:00", "Asia/Tokyo", "2026-11-24T22:00"),
        ("2026-10-24T22:00", "Europe/Madrid", "2026-10-25T06:00"),  # the night that is an hour longer
        ("2027-03-27T23:00", "Europe/Madrid", "2027-03-28T05:00"),  # and the one that is shorter
    ],
)
def test_by_the_clock_of_the_person(now: str, zone: str, until: str | None) -> None:
    expected = datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None
    assert NIGHT.quiet_until(datetime.fromisoformat(now).replace(tzinfo=UTC), zone) == expected
