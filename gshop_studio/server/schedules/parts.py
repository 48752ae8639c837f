"""Shows to come, put together: a branch of the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.catalog.images import ImageStore
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.jobs import Jobs
from gshop_studio.server.notifications.announcer import LOOK_EVERY_S as REMIND_EVERY_S
from gshop_studio.server.notifications.notices import Notices
from gshop_studio.server.schedules.agenda import Agenda
from gshop_studio.server.schedules.answers import ScheduleAnswers
from gshop_studio.server.schedules.reminders import Reminders
from gshop_studio.server.schedules.series import LOOK_EVERY_S, Series
from gshop_studio.server.schedules.service import ScheduleService
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.streams.service import StreamService
from gshop_studio.server.urls import PublicUrls


@dataclass(frozen=True, slots=True)
class ScheduleParts:
    schedules: ScheduleService
    reminders: Reminders
    series: Series

    def register(self, jobs: Jobs) -> None:
        """What one instance does from time to time."""
        jobs.every(REMIND_EVERY_S, "reminders", self.reminders.look)
        jobs.every(LOOK_EVERY_S, "schedules", self.series.look)


def schedule_parts(
    database: Database,
    lookup: StreamLookup,
    streams: StreamService,
    accounts: AccountService,
    images: ImageStore,
    notices: Notices,
    urls: PublicUrls,
    clock: Clock,
) -> ScheduleParts:
    """Joined to the shows, with whose changes the schedules keep up."""
    streams.subscribe_written(Agenda(lookup, notices, clock).keep)
    reminders = Reminders(database, lookup, accounts, notices, clock)
    return ScheduleParts(
        schedules=ScheduleService(
            database, lookup, streams, notices, reminders, ScheduleAnswers(accounts, urls, clock), clock
        ),
        reminders=reminders,
        series=Series(database, lookup, streams, accounts, images, clock),
    )
