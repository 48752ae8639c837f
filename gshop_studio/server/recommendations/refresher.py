"""Recommendations made anew from time to time, for all who have a history, off the path of requests: a job.

The taste is learnt, and shows are ranked, in a thread; people are written in groups, so that no transaction is long.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from gshop_studio.domain.recommendation import Candidate, Person, Recommendation, Watch
from gshop_studio.domain.recommendation_ranking import Ranking
from gshop_studio.domain.recommendation_taste import Taste
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Clash, Database
from gshop_studio.server.recommendations.numbers import RecommendationNumbers
from gshop_studio.server.recommendations.repository import RecommendationRepository, RecommendationSources

log = logging.getLogger(__name__)

REFRESH_EVERY_S = 300.0
HISTORY_DAYS = 90
"""How far back a taste is learnt from."""
LASTS = timedelta(hours=1)
"""How long a recommendation counts that is not made anew."""
MOST_FOR_A_PERSON = 50
UNTOUCHED_KEPT = timedelta(days=1)
KEPT = timedelta(days=90)
_PEOPLE_AT_ONCE = 100


class RecommendationRefresher:
    def __init__(
        self,
        database: Database,
        numbers: RecommendationNumbers,
        clock: Clock,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._numbers = numbers
        self._clock = clock
        self._monotonic_s = monotonic_s

    async def refresh(self) -> None:
        """Recommend anew what is on air now.

        Raises:
            Refused: `storage.*`. Who had their turn before has the new ones.
        """
        now, start_s, people_count = self._clock(), self._monotonic_s(), 0
        async with self._database.read() as transaction:
            sources = RecommendationSources(transaction)
            candidates = await sources.candidates(now)
            watches = await sources.watches(now - timedelta(days=HISTORY_DAYS), now) if candidates else []
            known = {watch.user_id for watch in watches} | (await sources.people_with_signs() if candidates else set())
        if candidates:
            ranking = await asyncio.to_thread(_learn, candidates, watches)
            for user_ids in _groups(sorted(known)):
                people_count += await self._recommend(ranking, user_ids)
        async with self._database.write() as transaction:
            repository = RecommendationRepository(transaction)
            await repository.settle(now - LASTS)
            await repository.expire_over(now)
            await repository.forget(now - UNTOUCHED_KEPT, now - KEPT)
        self._numbers.refreshed(self._monotonic_s() - start_s, people_count, self._clock())

    async def _recommend(self, ranking: Ranking, user_ids: Sequence[str]) -> int:
        """Write the recommendations of these people; of how many."""
        async with self._database.read() as transaction:
            people = await RecommendationSources(transaction).people(user_ids)
        chosen = await asyncio.to_thread(_rank, ranking, people)
        now = self._clock()
        try:
            async with self._database.write() as transaction:
                await RecommendationRepository(transaction).replace(chosen, now, now + LASTS)
        except Clash:
            log.info("a show or a person has just gone: %d people have their turn next time", len(people))
            return 0
        return len(people)


def _learn(candidates: Sequence[Candidate], watches: Sequence[Watch]) -> Ranking:
    return Ranking(candidates, Taste(watches))


def _rank(ranking: Ranking, people: Sequence[Person]) -> dict[str, list[Recommendation]]:
    return {person.user_id: ranking.for_person(person)[:MOST_FOR_A_PERSON] for person in people}


def _groups(user_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (user_ids[start : start + _PEOPLE_AT_ONCE] for start in range(0, len(user_ids), _PEOPLE_AT_ONCE))
