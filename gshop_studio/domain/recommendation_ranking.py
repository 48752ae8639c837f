"""The shows on air in the order in which they suit somebody: popularity and taste in one score, with its reasons.

The score's logarithm is a weighted sum: popularity, what the taste leans to (`recommendation_taste`), hosts followed,
products wished for, the language. A newcomer has only the first and the last.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from gshop_studio.domain.recommendation import (
    DEFAULT_WEIGHTS,
    NO_LEANINGS,
    Candidate,
    Leanings,
    Person,
    Reason,
    Recommendation,
    Weights,
)
from gshop_studio.domain.recommendation_taste import Taste

WORTH_SAYING = math.log(1.25)
"""From how much more than everybody somebody leans to a show because of something, that is a reason."""


class Ranking:
    """Of the shows on air at one moment; `for_person` is asked for each person."""

    def __init__(self, candidates: Sequence[Candidate], taste: Taste, weights: Weights = DEFAULT_WEIGHTS) -> None:
        self._candidates = candidates
        self._taste = taste
        self._weights = weights
        self._audiences = taste.audiences(candidates)
        self._popularity = {
            each.stream_id: weights.popularity * math.log1p(each.popularity) + weights.usual * taste.usual(each.host_id)
            for each in candidates
        }
        self._typical = statistics.median(self._popularity.values()) if candidates else 0.0

    def for_person(self, person: Person) -> list[Recommendation]:
        """All shows but their own, the best first."""
        is_known = self._taste.knows(person.user_id)
        found = [
            self._judge(person, each, is_known=is_known) for each in self._candidates if each.host_id != person.user_id
        ]
        return sorted(found, key=lambda each: (-each.score, each.stream_id))

    def _judge(self, person: Person, candidate: Candidate, *, is_known: bool) -> Recommendation:
        weights, popularity = self._weights, self._popularity[candidate.stream_id]
        audiences = self._audiences[candidate.stream_id]
        leanings = self._taste.leanings(person, candidate, audiences) if is_known else NO_LEANINGS
        follows = candidate.host_id in person.follows
        wishes = not candidate.product_ids.isdisjoint(person.wishes)
        is_other_language = person.language is not None and candidate.language != person.language
        total = (
            popularity
            + leanings.category
            + leanings.together
            + leanings.host
            + weights.follows * follows
            + weights.wishes * wishes
            + weights.other_language * is_other_language
        )
        reasons = self._reasons(candidate, leanings, popularity, follows=follows, wishes=wishes)
        return Recommendation(candidate.stream_id, 100.0 / (1.0 + math.exp(self._typical - total)), reasons)

    def _reasons(
        self, candidate: Candidate, leanings: Leanings, popularity: float, *, follows: bool, wishes: bool
    ) -> tuple[Reason, ...]:
        weights = self._weights
        counts = {
            Reason.FOLLOWS_SELLER: weights.follows * follows,
            Reason.WISHLIST_PRODUCT: weights.wishes * wishes,
            Reason.VIEWED_CATEGORY: leanings.category,
            Reason.WATCHED_TOGETHER: leanings.together + max(0.0, leanings.host),
        }
        said = [reason for reason, count in counts.items() if count >= WORTH_SAYING]
        said.sort(key=lambda reason: -counts[reason])
        if (popularity >= self._typical and candidate.popularity > 0) or not said:
            said.append(Reason.POPULAR)
        return tuple(said)
