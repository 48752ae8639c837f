"""Reactions: everybody hears of them together, once a second, and they are written as often.

Each instance counts and tells what came to it; the clients add up what they are told.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from gshop_studio.contract.chat import HEART, REACTIONS, ReactionAnswer, ReactionsEvent, RecentReaction, as_emoji
from gshop_studio.contract.events import ServerEvent
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import require_signed_in
from gshop_studio.server.chat.reactions.admissions import Admissions
from gshop_studio.server.chat.reactions.repository import ReactionRepository
from gshop_studio.server.chat.reactions.tally import Reacted, Tally
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Clash, Database
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.refusals import FieldRefusal, Refused

log = logging.getLogger(__name__)
TELL_EVERY_S = 1.0


class ReactionService:
    def __init__(
        self, database: Database, admissions: Admissions, gateway: Gateway, limit: RateLimit, clock: Clock
    ) -> None:
        """`limit` counts the reactions of a person in a show."""
        self._database = database
        self._admissions = admissions
        self._gateway = gateway
        self._limit = limit
        self._clock = clock
        self._untold: dict[str, Tally] = {}
        self._unwritten: dict[str, Tally] = {}
        self._is_closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="reactions")

    async def close(self) -> None:
        """Write what was counted and stop. What is being written is written to its end."""
        self._is_closing.set()
        if self._task is not None:
            await self._task
            self._task = None
        await self.flush()

    async def react(self, caller: Caller | None, stream_id: str, reaction: str) -> ReactionAnswer:
        """Count a reaction.

        Raises:
            Refused: `request.invalid`: it is none of ours; `chat.rate_limited`, `stream.*`, or what rights say.
        """
        author = require_signed_in(caller)
        reaction = as_emoji(reaction)
        if reaction not in REACTIONS:
            choices = (("choices", ", ".join(REACTIONS)),)
            raise Refused("request.invalid", errors=(FieldRefusal("message", "field.not_a_choice", choices),))
        await self._admissions.require(author, stream_id)
        await self._limit.hit(author.user_id, stream_id)
        self._untold.setdefault(stream_id, Tally()).add(Reacted(author.user_id, reaction, self._clock()))
        return ReactionAnswer(stream_id=stream_id, reaction=reaction)

    async def flush(self) -> None:
        """Tell and write what came since the last time."""
        untold, self._untold = self._untold, {}
        for stream_id, tally in untold.items():
            self._gateway.send_passing(stream_id, ServerEvent.REACTIONS, _event(stream_id, tally))
            self._unwritten.setdefault(stream_id, Tally()).merge(tally)
        if self._unwritten:
            unwritten, self._unwritten = self._unwritten, {}
            await self._write(unwritten)

    async def _write(self, tallies: Mapping[str, Tally]) -> None:
        """What cannot be written now is kept for the next time; what belongs to a show that is gone is dropped."""
        try:
            async with self._database.write() as transaction:
                repository = ReactionRepository(transaction)
                for stream_id in sorted(tallies):
                    tally = tallies[stream_id]
                    await repository.add_likes(stream_id, tally.counts[HEART])
                    await repository.add_counts(stream_id, tally.by_minute)
                    await repository.count_for_viewers(stream_id, tally.by_person)
        except Refused as refusal:
            log.warning("reactions not written yet: %s", refusal.code)
            for stream_id, tally in tallies.items():
                tally.merge(self._unwritten.get(stream_id, Tally()))
                self._unwritten[stream_id] = tally
        except Clash:
            if len(tallies) == 1:
                log.warning("reactions dropped: their show is gone")
            else:
                for stream_id, tally in tallies.items():
                    await self._write({stream_id: tally})

    async def _run(self) -> None:
        while not self._is_closing.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_closing.wait(), TELL_EVERY_S)
            try:
                await self.flush()
            except Exception:  # the outermost frame of the task: the next second comes
                log.exception("reactions were not written")


def _event(stream_id: str, tally: Tally) -> ReactionsEvent:
    return ReactionsEvent(
        stream_id=stream_id,
        reactions=dict(tally.counts),
        recent_reactions=[
            RecentReaction(user_id=each.user_id, reaction=each.reaction, timestamp=each.at) for each in tally.recent
        ],
    )
