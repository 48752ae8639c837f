"""What is recommended to somebody, and what they make of it.

Who has a history gets what the last refresh chose, and, behind and between it by its score, what has come on air since.
A newcomer, a guest or somebody anonymous gets what is popular, in their language first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from gshop_studio.server.recommendations.numbers import RecommendationNumbers
from gshop_studio.server.recommendations.repository import (
    RecommendationRepository,
    RecommendationSources,
    Recommended,
)
from gshop_studio.server.refusals import Refused
from gshop_studio.server.streams.answers import StreamAnswers
from gshop_studio.server.streams.lookup import StreamLookup

_NOBODY = ""


@dataclass(frozen=True, slots=True)
class _Feed:
    shows: list[Recommended]
    """The best first."""
    is_known: bool
    """Whether the last refresh chose some of them for this person."""


class RecommendationService:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        answers: StreamAnswers,
        numbers: RecommendationNumbers,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._answers = answers
        self._numbers = numbers
        self._clock = clock

    async def for_you(self, caller: Caller | None, language: str, *, limit: int, offset: int) -> ForYouList:
        """All that is on air, in the order in which it suits the caller. `language` is of who is anonymous."""
        async with self._database.read() as transaction:
            feed = await self._feed(transaction, caller, language)
            page = feed.shows[offset : offset + limit]
            streams = await self._streams(transaction, caller, page)
        self._count(caller, feed, page)
        return ForYouList(
            streams=streams,
            reasons={each.stream_id: [Reason(reason) for reason in each.reasons] for each in page},
            scores={each.stream_id: round(each.score, 1) for each in page},
            total=len(feed.shows),
        )

    async def recommended(self, caller: Caller | None, language: str, *, limit: int) -> RecommendedList:
        """The best of `for_you`, each with the reason that counts most."""
        async with self._database.read() as transaction:
            feed = await self._feed(transaction, caller, language)
            page = feed.shows[:limit]
            streams = await self._streams(transaction, caller, page)
        self._count(caller, feed, page)
        reasons = [Reason(each.reasons[0]) for each in page]
        return RecommendedList(streams=streams, reasons=reasons, total=len(feed.shows))

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
            sources = RecommendationSources(transaction)
            if wish.action == "purchased" and not await sources.has_bought(caller.user_id, wish.stream_id):
                return TrackAnswer(is_counted=False)
            watched_s = await sources.watched_s(caller.user_id, wish.stream_id)
            feed = await self._feed(transaction, caller, caller.language)
        values: dict[str, Any] = {"viewed": True, wish.action: True}
        if wish.action == "watched":
            values["watch_duration_s"] = max(watched_s, _claimed_s(wish, stream, now))
        given = next(
            (each for each in feed.shows if each.stream_id == wish.stream_id), Recommended(wish.stream_id, 0.0, (), 0)
        )
        try:
            reason = await self._note(caller.user_id, given, now, values)
        except Clash as error:
            raise Refused("stream.not_found") from error
        if wish.action == "clicked" and reason is not None:
            self._numbers.opened(reason)
        return TrackAnswer(is_counted=True)

    async def ended(self, stream_id: str) -> None:
        """A show is over: nobody is recommended it any more."""
        async with self._database.write() as transaction:
            await RecommendationRepository(transaction).expire(stream_id, self._clock())

    async def _note(self, user_id: str, given: Recommended, now: datetime, values: dict[str, Any]) -> str | None:
        """Write what somebody made of what they were given; why they were given it, where they had not opened it."""
        async with self._database.write() as transaction:
            repository = RecommendationRepository(transaction)
            row = await repository.to_track(user_id, given.stream_id)
            if row is None:
                await repository.add(user_id, given, now, values)
                return given.reasons[0] if given.reasons else None
            reason = row.reasons[0] if row.reasons and not row.clicked else None
            if "watch_duration_s" in values:
                values = {**values, "watch_duration_s": max(values["watch_duration_s"], row.watch_duration_s or 0.0)}
            for name, value in values.items():
                setattr(row, name, value)
            return reason

    def _count(self, caller: Caller | None, feed: _Feed, page: Sequence[Recommended]) -> None:
        if caller is not None:
            self._numbers.answered([each.reasons[0] for each in page], is_known=feed.is_known)

    async def _feed(self, transaction: Transaction, caller: Caller | None, language: str) -> _Feed:
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
        return _Feed(sorted(found, key=lambda each: (-each.score, each.stream_id)), is_known=bool(kept))

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
