"""The rules messages of a show are judged by, remembered for a moment: they are asked for with every message."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from gshop_studio.contract.chat import LinksPolicy
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import Standing, StreamFacts, StreamRight, may
from gshop_studio.server.chat.settings.repository import ChatSettingsRepository
from gshop_studio.server.database import Database
from gshop_studio.server.streams.lookup import StreamLookup

REMEMBER_S = 1.0
"""How late a change made at another instance may be noticed. Rights and slow mode are never taken from here."""
_SHOWS_LIMIT = 1000
"""The one asked for longest ago is forgotten."""


@dataclass(frozen=True, slots=True)
class ChatRules:
    stream: StreamFacts
    """As read for nobody."""
    links: LinksPolicy
    blocked_words: tuple[str, ...]
    moderator_ids: frozenset[str]

    def are_lax_for(self, author: Caller) -> bool:
        """Who moderates may post links, repeat themselves and write in slow mode."""
        standing = Standing(is_moderator=author.user_id in self.moderator_ids)
        return may(author, StreamRight.MODERATE, replace(self.stream, standing=standing))


class RulesOfShows:
    def __init__(
        self, database: Database, lookup: StreamLookup, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._monotonic_s = monotonic_s
        self._known: OrderedDict[str, tuple[float, asyncio.Task[ChatRules]]] = OrderedDict()

    async def of(self, stream_id: str) -> ChatRules:
        """The rules of this show; many who ask at once share one reading.

        Raises:
            Refused: `stream.not_found`, `storage.*`.
        """
        now_s = self._monotonic_s()
        read_s, reading = self._known.get(stream_id, (float("-inf"), None))
        if reading is None or now_s - read_s > REMEMBER_S:
            reading = asyncio.create_task(self._read(stream_id), name="chat rules")
            self._known[stream_id] = (now_s, reading)
            self._known.move_to_end(stream_id)
            while len(self._known) > _SHOWS_LIMIT:
                self._known.popitem(last=False)
        try:
            return await asyncio.shield(reading)
        except BaseException:
            if reading.done():
                self.forget(stream_id)
            raise

    def forget(self, stream_id: str) -> None:
        """The rules have changed."""
        self._known.pop(stream_id, None)

    def forget_all(self) -> None:
        """The blocked words of a host have changed, who may have several shows."""
        self._known.clear()

    async def _read(self, stream_id: str) -> ChatRules:
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, None)
            repository = ChatSettingsRepository(transaction)
            settings = (await repository.settings([stream_id])).get(stream_id)
            return ChatRules(
                stream=stream,
                links=links_policy(settings.links) if settings else "allow",
                blocked_words=tuple(await repository.words(stream.host_id, stream.language)),
                moderator_ids=frozenset(await repository.moderator_ids(stream_id)),
            )


def links_policy(text: str) -> LinksPolicy:
    """As the table keeps it."""
    match text:
        case "hold" | "block":
            return text
        case _:
            return "allow"
