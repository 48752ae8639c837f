"""A person's inbox: what they were told, and what of it they have read."""

from __future__ import annotations

from gshop_studio.contract.notifications import (
    Notification,
    NotificationKind,
    NotificationList,
    NotificationsRead,
    NotificationsReadAnswer,
)
from gshop_studio.domain.money import Money
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_account
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.notifications.repository import NotificationRepository
from gshop_studio.server.notifications.wording import word
from gshop_studio.server.tables import NotificationRow
from gshop_studio.server.urls import PublicUrls

_TO_WATCH = frozenset({NotificationKind.LIVE, NotificationKind.REMINDER, NotificationKind.MOVED})


class Inbox:
    def __init__(self, database: Database, urls: PublicUrls, shop_zone: str, clock: Clock) -> None:
        self._database = database
        self._urls = urls
        self._shop_zone = shop_zone
        self._clock = clock

    async def page(
        self, caller: Caller | None, language: str, *, is_unread_only: bool, limit: int, offset: int
    ) -> NotificationList:
        """What the caller was told, newest first, in `language`."""
        caller = require_account(caller)
        async with self._database.read() as transaction:
            repository = NotificationRepository(transaction)
            rows, total = await repository.inbox(
                caller.user_id, is_unread_only=is_unread_only, limit=limit, offset=offset
            )
            unread = await repository.unread([caller.user_id])
            people = await repository.addressees([caller.user_id])
        zone = next((person.wishes.time_zone for person in people), None) or self._shop_zone
        return NotificationList(
            notifications=[notification_of(row, language, zone, self._urls) for row in rows],
            total=total,
            unread_count=unread.get(caller.user_id, 0),
        )

    async def read(self, caller: Caller | None, wish: NotificationsRead) -> NotificationsReadAnswer:
        """These have been read, or all; those of others are passed over."""
        caller = require_account(caller)
        async with self._database.write() as transaction:
            repository = NotificationRepository(transaction)
            await repository.read(caller.user_id, wish.notification_ids, self._clock())
            unread = await repository.unread([caller.user_id])
        return NotificationsReadAnswer(unread_count=unread.get(caller.user_id, 0))


def notification_of(row: NotificationRow, language: str, zone: str, urls: PublicUrls) -> Notification:
    """As the wire has it, for a reader of this language and clock."""
    kind = NotificationKind(row.kind)
    wording = word(kind, row.facts, language, zone)
    return Notification(
        id=row.id,
        kind=kind,
        title=wording.title,
        body=wording.body,
        fields=_fields(row.facts),
        stream_id=row.stream_id,
        order_id=row.order_id,
        url=url_of(row, urls),
        is_read=row.read_at is not None,
        created_at=row.created_at,
    )


def url_of(row: NotificationRow, urls: PublicUrls) -> str | None:
    """Where a notification leads: to the show, where there is one to watch."""
    if row.stream_id is None or NotificationKind(row.kind) not in _TO_WATCH:
        return None
    return urls.watch_page(row.stream_id)


def _fields(facts: dict[str, str]) -> dict[str, str]:
    """Amounts as the wire has them."""
    fields = {name: value for name, value in facts.items() if name != "amountMinor"}
    if "amountMinor" in facts:
        fields["amount"] = str(Money(int(facts["amountMinor"]), facts["currency"]).to_wire())
    return fields
