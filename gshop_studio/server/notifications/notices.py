"""Telling people something outside a show: into their inbox and to their sockets at once, and onto the other ways.

Within the transaction of whoever has something to tell. A key says that it is the same thing: whoever was told is told
nothing by it again, so that what calls here may be repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gshop_studio.contract.events import ServerEvent
from gshop_studio.contract.notifications import Channel, NotificationEvent, NotificationKind
from gshop_studio.contract.wire import to_wire_time
from gshop_studio.domain.money import Money
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.notifications.inbox import notification_of
from gshop_studio.server.notifications.repository import WAITING, Addressee, NotificationRepository
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.tables import NotificationRow
from gshop_studio.server.urls import PublicUrls


@dataclass(frozen=True, slots=True)
class Sale:
    """What a seller is told of an order."""

    order_id: str
    seller_id: str
    stream_id: str | None
    buyer: str
    """Their display name."""
    items: str
    """Names of products, with commas between."""
    amount: Money


class Notices:
    def __init__(
        self, gateway: Gateway, urls: PublicUrls, shop_zone: str, outward: Collection[Channel], clock: Clock
    ) -> None:
        """`outward`: the ways out of the house that are set up here. `shop_zone`: whose clock counts for who has not
        said theirs."""
        self._gateway = gateway
        self._urls = urls
        self._shop_zone = shop_zone
        self._outward = frozenset(outward)
        self._clock = clock

    async def sale(self, transaction: Transaction, sale: Sale) -> None:
        """Tell a seller that something of theirs was sold; of one order once."""
        facts = {
            "buyer": sale.buyer,
            "items": sale.items,
            "amountMinor": str(sale.amount.minor),
            "currency": sale.amount.currency,
        }
        await self.tell(
            transaction,
            NotificationKind.SALE,
            f"sale:{sale.order_id}",
            [sale.seller_id],
            facts,
            stream_id=sale.stream_id,
            order_id=sale.order_id,
        )

    async def announce(
        self,
        transaction: Transaction,
        kind: NotificationKind,
        key: str,
        stream_id: str,
        *,
        at: datetime | None = None,
        valid_until: datetime | None = None,
    ) -> None:
        """Have all who are interested in a show told (`announcer`). `at`: the show's date."""
        await NotificationRepository(transaction).announce(
            {
                "id": new_id(),
                "key": key,
                "kind": kind.value,
                "stream_id": stream_id,
                "facts": {"at": to_wire_time(at)} if at is not None else {},
                "valid_until": valid_until,
                "after_user_id": "",
                "told_count": 0,
                "created_at": self._clock(),
                "done_at": None,
            }
        )

    async def tell(
        self,
        transaction: Transaction,
        kind: NotificationKind,
        key: str,
        user_ids: Collection[str],
        facts: Mapping[str, str],
        *,
        stream_id: str | None = None,
        order_id: str | None = None,
        valid_until: datetime | None = None,
    ) -> int:
        """Tell these people, each as they wish; guests have no inbox. How many were told who were not before."""
        repository = NotificationRepository(transaction)
        now = self._clock()
        people = {new_id(): person for person in await repository.addressees(user_ids) if self._ways(person, kind)}
        rows: list[dict[str, Any]] = [
            {
                "id": notification_id,
                "user_id": person.user_id,
                "key": key,
                "kind": kind.value,
                "stream_id": stream_id,
                "order_id": order_id,
                "facts": dict(facts),
                "is_in_inbox": person.wishes.wants(kind, Channel.IN_APP),
                "valid_until": valid_until,
                "created_at": now,
                "read_at": None,
            }
            for notification_id, person in people.items()
        ]
        new = await repository.add_all(rows)
        rows = [row for row in rows if row["id"] in new]
        await repository.add_deliveries([each for row in rows for each in self._deliveries(row, people[row["id"]])])
        in_app = [row for row in rows if row["is_in_inbox"]]
        unread = await repository.unread(row["user_id"] for row in in_app)
        for row in in_app:
            self._tell_sockets(transaction, row, people[row["id"]], unread.get(row["user_id"], 0))
        return len(rows)

    async def reaches(self, transaction: Transaction, user_id: str, kind: NotificationKind) -> bool:
        """Whether a person is told this kind at all."""
        people = await NotificationRepository(transaction).addressees([user_id])
        return any(self._ways(person, kind) for person in people)

    def _ways(self, person: Addressee, kind: NotificationKind) -> set[Channel]:
        """How this person is told this."""
        ways = {way for way in (Channel.IN_APP, *self._outward) if person.wishes.wants(kind, way)}
        return ways if person.device_ids else ways - {Channel.PUSH}

    def _deliveries(self, row: Mapping[str, Any], person: Addressee) -> list[dict[str, Any]]:
        ways = self._ways(person, NotificationKind(row["kind"]))
        targets = [(Channel.EMAIL, "")] if Channel.EMAIL in ways else []
        if Channel.PUSH in ways:
            targets += [(Channel.PUSH, device_id) for device_id in person.device_ids]
        return [
            {
                "id": new_id(),
                "notification_id": row["id"],
                "channel": channel.value,
                "target": target,
                "status": WAITING,
                "reason": None,
                "attempts": 0,
                "next_try_at": row["created_at"],
                "claimed_until": None,
                "sent_at": None,
                "created_at": row["created_at"],
            }
            for channel, target in targets
        ]

    def _tell_sockets(self, transaction: Transaction, row: Mapping[str, Any], person: Addressee, unread: int) -> None:
        zone = person.wishes.time_zone or self._shop_zone
        told = notification_of(NotificationRow(**row), person.language, zone, self._urls)
        event = NotificationEvent(**dict(told), unread_count=unread)
        self._gateway.send_to_sockets_of(transaction, person.user_id, ServerEvent.NOTIFICATION, event)
