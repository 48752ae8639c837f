"""What is recommended to somebody, and what they make of it.

Who has a history gets what the last refresh chose, and, behind and between it by its score, what has come on air since.
A newcomer, a guest or somebody anonymous gets what is popular, in their language first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gshop_studio.contract.discovery import ForYouList, RecommendedList, TrackAnswer, TrackRequest
from gshop_studio.contract.rest import Role, Stream
from gshop_studio.domain.recommendation import Person, Reason
from gshop_studio.domain.recommendation_ranking import Ranking
from gshop_studio.domain.recommendation_taste import Taste
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, require, require_owner, require_signed_in
from gshop_studio.server.clock import Clock, to_ms
from gshop_studio.server.database import Clash, Database, Transaction
from gshop_studio.server.recommendations.repository import (
    RecommendationRepository,
    RecommendationSources,
    Recommended,
)
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.answers import StreamAnswers
from gshop_studio.server.streams.lookup import StreamLookup

_NOBODY = ""


class RecommendationService:
    def __init__(self, database: Database, lookup: StreamLookup, answers: StreamAnswers, clock: Clock) -> None:
        self._database = database
        self._lookup = lookup
        self._answers = answers
        self._clock = clock

    async def for_you(self, caller: Caller | None, language: str, *, limit: int, offset: int) -> ForYouList:
        """All that is on air, in the order in which it suits the caller. `language` is of who is anonymous."""
        async with self._database.read() as transaction:
            chosen = await self._chosen(transaction, caller, language)
            page = chosen[offset : offset + limit]
            streams = await self._streams(transaction, caller, page)
        return ForYouList(
            streams=streams,
            reasons={each.stream_id: [Reason(reason) for reason in each.reasons] for each in page},
            scores={each.stream_id: round(each.score, 1) for each in page},
            total=len(chosen),
        )

    async def recommended(self, caller: Caller | None, language: str, *, limit: int) -> RecommendedList:
        """The best of `for_you`, each with the reason that counts most."""
        async with self._database.read() as transaction:
            chosen = await self._chosen(transaction, caller, language)
            page = chosen[:limit]
            streams = await self._streams(transaction, caller, page)
        return RecommendedList(streams=streams, reasons=[Reason(each.reasons[0]) for each in page], total=len(chosen))

    async def track(self, caller: Caller | None, wish: TrackRequest) -> TrackAnswer:
        """Note what somebody made of a recommendation. A purchase counts where we know of it, and a show was watched no
        longer than it has been on air.

        Raises:
            Refused: `auth.required`, `stream.not_found`, and what rights say.
        """
        caller = require_signed_in(caller)
        now = self._clock()
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, wish.stream_id, caller)
            require(caller, StreamRight.WATCH, stream)
            watched_s, purchases = await RecommendationSources(transaction).watched(caller.user_id, wish.stream_id)
            chosen = await self._chosen(transaction, caller, caller.language)
        values: dict[str, Any] = {"viewed": True}
        match wish.action:
            case "purchased" if purchases == 0:
                return TrackAnswer(is_counted=False)
            case "viewed":
                pass
            case action:
                values[action] = True
        is_watched = wish.action == "watched"
        seconds = max(watched_s, _claimed_s(wish, stream, now)) if is_watched else None
        recommended = next(
            (each for each in chosen if each.stream_id == wish.stream_id), Recommended(wish.stream_id, 0.0, (), 0)
        )
        try:
            async with self._database.write() as transaction:
                repository = RecommendationRepository(transaction)
                if not await repository.track(caller.user_id, wish.stream_id, values, seconds):
                    given = {**values, "watch_duration_s": seconds} if is_watched else values
                    await repository.add(caller.user_id, recommended, now, given)
        except Clash as error:
            raise Refused("stream.not_found") from error
        return TrackAnswer(is_counted=True)

    async def ended(self, stream_id: str) -> None:
        """A show is over: nobody is recommended it any more."""
        async with self._database.write() as transaction:
            await RecommendationRepository(transaction).expire(stream_id, self._clock())

    async def _chosen(self, transaction: Transaction, caller: Caller | None, language: str) -> list[Recommended]:
        now, sources = self._clock(), RecommendationSources(transaction)
        candidates = await sources.candidates(now)
        kept: dict[str, Recommended] = {}
        banned: set[str] = set()
        if caller is not None:
            banned = await sources.shows_that_banned(caller.user_id)
            if caller.role is not Role.GUEST:
                kept = await RecommendationRepository(transaction).of_person(caller.user_id, now)
        newcomer = Person(caller.user_id if caller else _NOBODY, caller.language if caller else language)
        popular = [
            Recommended(each.stream_id, each.score, tuple(each.reasons), position)
            for position, each in enumerate(Ranking(candidates, Taste(())).for_person(newcomer), 1)
            if each.stream_id not in banned
        ]
        found = (kept.get(each.stream_id, each) for each in popular)
        return sorted(found, key=lambda each: (-each.score, each.stream_id))

    async def _streams(
        self, transaction: Transaction, caller: Caller | None, page: Sequence[Recommended]
    ) -> list[Stream]:
        rows = await RecommendationSources(transaction).shows([each.stream_id for each in page])
        return await self._answers.many(transaction, caller, rows)


def require_own(caller: Caller | None, user_id: str | None) -> None:
    """What is recommended to a person is that person's.

    Raises:
        Refused: `auth.required`, `auth.forbidden`.
    """
    if user_id is not None:
        require_owner(caller, user_id)


def _claimed_s(wish: TrackRequest, stream: StreamFacts, now: datetime) -> float:
    claimed = wish.metadata.watch_duration if wish.metadata is not None else None
    if claimed is None or stream.started_at_ms is None:
        return 0.0
    return max(0.0, min(claimed, (to_ms(now) - stream.started_at_ms) / 1000.0))
