"""The hours in which nobody is woken: from one time of the clock on a wall to another, mostly over midnight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from gshop_studio.domain.repeats import moment_of, wall_clock_of

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """`begin` is quiet, `end` is not any more. Where they are the same, no hour is quiet."""

    begin: time
    end: time

    def covers(self, clock: time) -> bool:
        """Whether this time of day is quiet."""
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end

    def quiet_until(self, now: datetime, zone: str) -> datetime | None:
        """When it is over, as a moment after `now`; None where it is not quiet now. A night is as long as the clock
        makes it: when summer time begins or ends, an hour less or more."""
        here = wall_clock_of(now, zone)
        if not self.covers(here.time()):
            return None
        end = datetime.combine(here.date(), self.end)
        if end <= here:
            end += _A_DAY
        until = moment_of(end, zone)
        # The clock was put back over the end: it shows it a second time.
        return until if until > now else until + (now - moment_of(here, zone))
