"""Who signed out everywhere a moment ago: asked for twice a second, so that their sockets are closed, too, where
another server of the database has them, or let them in while it happened."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from gshop_studio.server.accounts.repository import AccountRepository
from gshop_studio.server.accounts.service import SignedOutListener
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.database import Database
from gshop_studio.server.refusals import Refused
from gshop_studio.server.stopping import stop

log = logging.getLogger(__name__)
_ASK_S = 0.5
_LOOK_BACK = timedelta(seconds=30)
"""Sign-outs are told again for so long: clocks of servers differ, and a database may be away for a moment."""


class SignOutWatch:
    def __init__(self, database: Database, listener: SignedOutListener, clock: Clock) -> None:
        self._database = database
        self._listener = listener
        self._clock = clock
        self._is_failing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="sign-outs")

    async def close(self) -> None:
        await stop(self._task)
        self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_ASK_S)
            try:
                async with self._database.read() as transaction:
                    found = await AccountRepository(transaction).signed_out_since(self._clock() - _LOOK_BACK)
            except Refused as refusal:
                level = logging.DEBUG if self._is_failing else logging.WARNING  # once, not twice a second of an outage
                log.log(level, "sign-outs not asked for: %s", refusal.code)
                self._is_failing = True
                continue
            self._is_failing = False
            for user_id, moment in found:
                await self._listener(user_id, to_ms(moment))
