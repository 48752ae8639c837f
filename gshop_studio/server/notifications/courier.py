"""Sends what is to leave the house by one channel: claims what is due, sends it without a transaction, and writes down
what became of it. A job of the leader.

Who dies while sending leaves a claim that runs out; then it is sent again, under the same name, by which the other
side takes two for one (`mail`, `push`). At night it waits, where its person wants that; what is of no use any more when
they wake is left out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gshop_studio.contract.notifications import Channel, NotificationKind
from gshop_studio.domain.retries import ATTEMPTS, delay_s
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.notifications.channels import Fate, Outcome, Parcel, Sender
from gshop_studio.server.notifications.inbox import url_of
from gshop_studio.server.notifications.repository import Addressee, DeliveryRepository, NotificationRepository
from gshop_studio.server.notifications.wording import word
from gshop_studio.server.tables import NotificationDeliveryRow, NotificationRow, UserDeviceRow
from gshop_studio.server.urls import PublicUrls

log = logging.getLogger(__name__)

SEND_EVERY_S = 1.0
CLAIM = 20
CLAIM_FOR = timedelta(minutes=5)
"""Longer than sending so many takes, a time-out each."""
AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class _Sending:
    parcel: Parcel
    attempts: int
    target: str


@dataclass(frozen=True, slots=True)
class _Around:
    """What is known of those whose deliveries were claimed."""

    notifications: Mapping[str, NotificationRow]
    people: Mapping[str, Addressee]
    devices: Mapping[str, UserDeviceRow]
    streams: Mapping[str, StreamStatus]


class Courier:
    def __init__(
        self,
        database: Database,
        channel: Channel,
        sender: Sender,
        urls: PublicUrls,
        stop_url: Callable[[str, str], str],
        shop_zone: str,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        """`stop_url(user_id, kind)`: where somebody unsubscribes. `random` gives 0 to 1, for the waits between
        attempts."""
        self._database = database
        self.channel = channel
        self._sender = sender
        self._urls = urls
        self._stop_url = stop_url
        self._shop_zone = shop_zone
        self._clock = clock
        self._random = random
        self._done: list[tuple[_Sending, Outcome]] = []
        self._writing = asyncio.Lock()
        self.sent_count = 0
        self.failed_count = 0
        """Given up; not those whose address nobody has any more."""
        self.put_off_count = 0

    async def deliver(self) -> None:
        """Send all that is due."""
        while True:
            async with self._database.read() as transaction:
                if not await DeliveryRepository(transaction).is_due(self.channel.value, self._clock()):
                    return
            async with self._database.write() as transaction:
                claimed, sendings = await self._claim(transaction)
            if not claimed:
                return
            free = asyncio.Semaphore(AT_ONCE)
            await asyncio.gather(*(self._send(sending, free) for sending in sendings))

    async def close(self) -> None:
        await self._sender.close()

    # --- what is sent -------------------------------------------------------------------------------------------

    async def _claim(self, transaction: Transaction) -> tuple[int, list[_Sending]]:
        """How many were looked at, and those of them to be sent now."""
        repository = DeliveryRepository(transaction)
        now = self._clock()
        rows = await repository.claim(self.channel.value, now, CLAIM)
        around = await self._around(transaction, rows)
        sendings = []
        for row in rows:
            parcel = self._parcel(row, around, now)
            if parcel is not None:
                row.attempts += 1
                row.claimed_until = now + CLAIM_FOR
                sendings.append(_Sending(parcel, row.attempts, row.target))
        await NotificationRepository(transaction).flush()
        return len(rows), sendings

    async def _around(self, transaction: Transaction, rows: list[NotificationDeliveryRow]) -> _Around:
        repository = DeliveryRepository(transaction)
        notifications = await repository.notifications(row.notification_id for row in rows)
        user_ids = {row.user_id for row in notifications.values()}
        people = await NotificationRepository(transaction).addressees(user_ids)
        devices = await repository.devices(row.target for row in rows) if self.channel is Channel.PUSH else {}
        stream_ids = {row.stream_id for row in notifications.values() if row.stream_id is not None}
        streams = await repository.stream_statuses(stream_ids)
        return _Around(notifications, {person.user_id: person for person in people}, devices, streams)

    def _parcel(self, row: NotificationDeliveryRow, around: _Around, now: datetime) -> Parcel | None:
        """What to send; None where it waits or is left out, which the row says then."""
        told = around.notifications[row.notification_id]
        person = around.people.get(told.user_id)
        address = self._address(row, around, person)
        kind = NotificationKind(told.kind)
        if person is None or address is None:
            _skip(row, "gone")
        elif not person.wishes.wants(kind, self.channel):
            _skip(row, "unwanted")
        elif not _is_of_use(told, kind, around.streams) or (told.valid_until is not None and told.valid_until <= now):
            _skip(row, "too_late")
        elif (morning := person.wishes.wakes_at(now, self._shop_zone)) is not None:
            if kind is NotificationKind.LIVE or (told.valid_until is not None and told.valid_until <= morning):
                _skip(row, "night")
            else:
                row.next_try_at, row.claimed_until = morning, None
        else:
            zone = person.wishes.time_zone or self._shop_zone
            wording = word(kind, told.facts, person.language, zone)
            return Parcel(
                delivery_id=row.id,
                notification_id=told.id,
                kind=told.kind,
                address=address,
                language=person.language,
                title=wording.title,
                body=wording.body,
                url=url_of(told, self._urls),
                stream_id=told.stream_id,
                order_id=told.order_id,
                stop_url=self._stop_url(told.user_id, told.kind),
                valid_until=told.valid_until,
            )
        return None

    def _address(self, row: NotificationDeliveryRow, around: _Around, person: Addressee | None) -> str | None:
        if self.channel is Channel.EMAIL:
            return person.email if person is not None else None
        device = around.devices.get(row.target)
        if device is None or person is None or device.user_id != person.user_id:  # somebody else's by now
            return None
        return device.token

    # --- what became of it --------------------------------------------------------------------------------------

    async def _send(self, sending: _Sending, free: asyncio.Semaphore) -> None:
        async with free:
            outcome = await self._sender.send(sending.parcel)
        self._done.append((sending, outcome))
        async with self._writing:  # what others have sent meanwhile is written along
            done, self._done = self._done, []
            if done:
                async with self._database.write() as transaction:
                    for each, what in done:
                        await self._finish(DeliveryRepository(transaction), each, what)

    async def _finish(self, repository: DeliveryRepository, sending: _Sending, outcome: Outcome) -> None:
        parcel = sending.parcel
        now = self._clock()
        values: dict[str, Any] = {"claimed_until": None, "reason": outcome.reason or None}
        match outcome.fate:
            case Fate.SENT:
                values |= {"status": "sent", "sent_at": now}
                self.sent_count += 1
            case Fate.LATER:
                wait_s = delay_s(sending.attempts, self._random, outcome.after_s)
                again = now + timedelta(seconds=wait_s)
                is_in_vain = parcel.valid_until is not None and parcel.valid_until <= again
                if sending.attempts >= ATTEMPTS or is_in_vain:
                    self._give_up(values, outcome)
                else:
                    values["next_try_at"] = again
                    self.put_off_count += 1
            case Fate.GONE:
                values["status"] = "failed"
            case Fate.REFUSED:
                self._give_up(values, outcome)
        await repository.finish(parcel.delivery_id, sending.attempts, values)
        if outcome.fate is Fate.GONE and self.channel is Channel.PUSH:
            await repository.remove_device(sending.target, parcel.address)

    def _give_up(self, values: dict[str, Any], outcome: Outcome) -> None:
        self.failed_count += 1
        values["status"] = "failed"
        log.info("a notification was not delivered by %s: %s", self.channel.value, outcome.reason)


def _skip(row: NotificationDeliveryRow, reason: str) -> None:
    row.status, row.reason, row.claimed_until = "skipped", reason, None


def _is_of_use(told: NotificationRow, kind: NotificationKind, streams: Mapping[str, StreamStatus]) -> bool:
    """Whether it is still so: nobody is called to a show that is over."""
    status = streams.get(told.stream_id) if told.stream_id is not None else None
    match kind:
        case NotificationKind.LIVE:
            return status is StreamStatus.LIVE
        case NotificationKind.REMINDER:
            return status in (StreamStatus.SCHEDULED, StreamStatus.LIVE)
        case NotificationKind.MOVED:
            return status is StreamStatus.SCHEDULED
        case _:
            return True
