"""The link by which who reads an e-mail gets no more of its kind, without signing in; and by which their mail program
does so for them (RFC 8058).

It holds the person's id, the kind, and a signature of both: it can do nothing else, and nobody makes one up. Following
it changes nothing yet, because mail servers follow links to look at them: a button does.
"""

from __future__ import annotations

import hmac

from gshop_studio.contract.notifications import Channel, NotificationKind
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.notifications.preferences import preferences_row
from gshop_studio.server.notifications.repository import NotificationRepository
from gshop_studio.server.refusals import Refused
from gshop_studio.server.secret_key import keyed_hash
from gshop_studio.server.urls import PublicUrls


class Unsubscribing:
    def __init__(self, database: Database, key: bytes, urls: PublicUrls, clock: Clock) -> None:
        self._database = database
        self._key = key
        self._urls = urls
        self._clock = clock

    def url(self, user_id: str, kind: str) -> str:
        """Of a person, for one kind."""
        return f"{self._urls.http}/unsubscribe/{user_id}.{kind}.{self._signature(user_id, kind)}"

    def require(self, ticket: str) -> tuple[str, NotificationKind]:
        """Whose it is, and for what.

        Raises:
            Refused: `request.not_found`: it is none of ours.
        """
        user_id, _, rest = ticket.partition(".")
        kind, _, signature = rest.partition(".")
        expected = self._signature(user_id, kind)
        if kind not in set(NotificationKind) or not hmac.compare_digest(expected.encode(), signature.encode()):
            raise Refused("request.not_found")
        return user_id, NotificationKind(kind)

    async def unsubscribe(self, ticket: str) -> None:
        """No more e-mails of this kind; again is the same. Of who has no account any more nothing is kept."""
        user_id, kind = self.require(ticket)
        async with self._database.write() as transaction:
            if not await NotificationRepository(transaction).addressees([user_id]):
                return
            row = await preferences_row(transaction, user_id, self._clock)
            chosen = {**row.choices.get(kind.value, {}), Channel.EMAIL.value: False}
            row.choices, row.updated_at = {**row.choices, kind.value: chosen}, self._clock()

    def _signature(self, user_id: str, kind: str) -> str:
        return keyed_hash(self._key, f"{user_id}.{kind}")
