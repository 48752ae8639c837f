"""What people are told outside a show, put together: a branch of the composition root."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gshop_studio.contract.notifications import Channel
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.clock import Clock
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.jobs import Jobs
from gshop_studio.server.notifications.announcer import LOOK_EVERY_S, Announcer
from gshop_studio.server.notifications.backlog import COUNT_EVERY_S, Backlog
from gshop_studio.server.notifications.channels import Sender
from gshop_studio.server.notifications.courier import SEND_EVERY_S, Courier
from gshop_studio.server.notifications.devices import DeviceService
from gshop_studio.server.notifications.fcm_account import ServiceAccount
from gshop_studio.server.notifications.inbox import Inbox
from gshop_studio.server.notifications.mail import MailSender, MailServer
from gshop_studio.server.notifications.notices import Notices
from gshop_studio.server.notifications.preferences import PreferenceService
from gshop_studio.server.notifications.push import PushSender
from gshop_studio.server.notifications.unsubscribing import Unsubscribing
from gshop_studio.server.operation.metrics import Metrics
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.urls import PublicUrls


@dataclass(frozen=True, slots=True)
class NotificationParts:
    """What the routes, and whoever has something to tell, use."""

    inbox: Inbox
    preferences: PreferenceService
    devices: DeviceService
    notices: Notices
    announcer: Announcer
    couriers: tuple[Courier, ...]
    unsubscribing: Unsubscribing
    backlog: Backlog

    def tell(self, metrics: Metrics) -> None:
        """What is counted here, by the channel."""

        def of_each(read: Callable[[Courier], int]) -> Callable[[], Mapping[str, float]]:
            return lambda: {courier.channel.value: read(courier) for courier in self.couriers}

        by = "channel"
        metrics.read_counters(
            "gshop_notifications_sent",
            "E-mails and push messages handed over.",
            by,
            of_each(lambda each: each.sent_count),
        )
        metrics.read_counters(
            "gshop_notifications_put_off",
            "Those that are tried again later.",
            by,
            of_each(lambda each: each.put_off_count),
        )
        metrics.read_counters(
            "gshop_notifications_failed", "Those that were given up.", by, of_each(lambda each: each.failed_count)
        )
        metrics.read_gauges(
            "gshop_notifications_waiting", "Those that are to be sent, now or later.", by, self.backlog.waiting
        )
        metrics.read_gauges(
            "gshop_notifications_overdue_seconds",
            "How long the one that is due longest has been so.",
            by,
            self.backlog.overdue_s,
        )

    def register(self, jobs: Jobs) -> None:
        """What one instance does from time to time."""
        jobs.every(COUNT_EVERY_S, "numbers of notifications", self.backlog.count)
        jobs.every(LOOK_EVERY_S, "announcements", self.announcer.look)
        for courier in self.couriers:
            jobs.every(SEND_EVERY_S, f"notifications by {courier.channel.value}", courier.deliver)

    async def close(self) -> None:
        for courier in self.couriers:
            await courier.close()


def notification_parts(
    config: ServerConfig,
    database: Database,
    accounts: AccountService,
    gateway: Gateway,
    urls: PublicUrls,
    unsubscribe_key: bytes,
    clock: Clock,
) -> NotificationParts:
    senders = _senders(config, clock)
    unsubscribing = Unsubscribing(database, unsubscribe_key, urls, clock)
    notices = Notices(gateway, urls, config.time_zone, senders, clock)
    couriers = [
        Courier(database, channel, sender, urls, unsubscribing.url, config.time_zone, clock, random.random)
        for channel, sender in senders.items()
    ]
    return NotificationParts(
        inbox=Inbox(database, urls, config.time_zone, clock),
        preferences=PreferenceService(database, clock),
        devices=DeviceService(database, clock),
        notices=notices,
        announcer=Announcer(database, accounts, notices, clock),
        couriers=tuple(couriers),
        unsubscribing=unsubscribing,
        backlog=Backlog(database, senders, clock),
    )


def _senders(config: ServerConfig, clock: Clock) -> dict[Channel, Sender]:
    """The ways out of the house that are set up."""
    senders: dict[Channel, Sender] = {}
    if config.smtp_url is not None and config.mail_from is not None:
        senders[Channel.EMAIL] = MailSender(MailServer.parse(config.smtp_url), config.mail_from, clock)
    if config.fcm_credentials_file is not None:
        account = ServiceAccount.read(config.fcm_credentials_file)
        senders[Channel.PUSH] = PushSender(account, clock, url=config.fcm_url)
    return senders
