"""The keys of messages (`clientMessageId`): a person's key means one message for a day, and may be used again then."""

from __future__ import annotations

from datetime import timedelta

from gshop_studio.server.chat.repository import MessageRepository
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database

KEPT = timedelta(hours=24)
FORGET_EVERY_S = 3600.0
_AT_ONCE = 1000
"""Keys forgotten in one transaction: the chat waits for it on SQLite."""


class MessageKeys:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def forget_old(self) -> None:
        """Forget the keys that were kept long enough: a job."""
        before = self._clock() - KEPT
        is_done = False
        while not is_done:
            async with self._database.write() as transaction:
                is_done = await MessageRepository(transaction).forget_keys(before, _AT_ONCE) == 0
