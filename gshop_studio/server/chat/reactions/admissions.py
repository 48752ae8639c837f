"""Who may react, remembered for a moment: hundreds of reactions a second shall not be hundreds of questions."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamRight, require
from gshop_studio.server.database import Database
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.lookup import StreamLookup

REMEMBER_S = 2.0
"""How late a ban or a time-out at another instance may be noticed."""
_PEOPLE_LIMIT = 50_000
"""The one let in longest ago is asked for again."""


class Admissions:
    def __init__(
        self, database: Database, lookup: StreamLookup, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._monotonic_s = monotonic_s
        self._let_in_s: OrderedDict[tuple[str, str], float] = OrderedDict()

    async def require(self, caller: Caller, stream_id: str) -> None:
        """Let pass who may write and react in this show.

        Raises:
            Refused: `stream.*`, `chat.timed_out`, or what rights say.
        """
        key, now_s = (stream_id, caller.user_id), self._monotonic_s()
        if now_s - self._let_in_s.get(key, float("-inf")) < REMEMBER_S:
            return
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
        require(caller, StreamRight.CHAT, stream)
        if stream.status in (StreamStatus.ENDED, StreamStatus.CANCELLED):
            raise Refused("stream.over")
        self._let_in_s[key] = now_s
        self._let_in_s.move_to_end(key)
        while len(self._let_in_s) > _PEOPLE_LIMIT:
            self._let_in_s.popitem(last=False)

    def forget(self, stream_id: str, user_id: str) -> None:
        """This person's standing has changed."""
        self._let_in_s.pop((stream_id, user_id), None)
