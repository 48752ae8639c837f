"""Reads of people by id, for who is asking: those that come while others are read wait, and are read together.

Each request asks who its caller is. In a rush one query serves hundreds of them; alone, a request waits for nobody.
"""

from __future__ import annotations

import asyncio

from gshop_studio.server.accounts.repository import AccountRepository
from gshop_studio.server.database import Database
from gshop_studio.server.tables import UserRow

_AT_ONCE = 500


class UserReads:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[str, asyncio.Future[UserRow | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def user(self, user_id: str) -> UserRow | None:
        """This person as they are now: read after this was called. Not to be changed.

        Raises:
            Refused: `storage.*`.
        """
        answer: asyncio.Future[UserRow | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((user_id, answer))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="reads of people")
        return await answer

    async def _run(self) -> None:
        """Until nobody waits."""
        while self._waiting:
            group, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            try:
                async with self._database.read() as transaction:
                    rows = await AccountRepository(transaction).users(user_id for user_id, _ in group)
            except BaseException as error:  # each of those who wait is told, and raises it
                for _, answer in group:
                    if not answer.done():
                        answer.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                continue
            found = {row.id: row for row in rows}
            for user_id, answer in group:
                if not answer.done():
                    answer.set_result(found.get(user_id))
