"""What a recommendation is made of, and what it says. The taste behind it is in `recommendation_taste`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a show is recommended to somebody."""

    FOLLOWS_SELLER = "follows_seller"
    VIEWED_CATEGORY = "viewed_category"
    WISHLIST_PRODUCT = "wishlist_product"
    WATCHED_TOGETHER = "watched_together"
    """People who watched what they did watch this, too."""
    POPULAR = "popular"


@dataclass(frozen=True, slots=True)
class Watch:
    """That somebody watched a show."""

    user_id: str
    stream_id: str
    host_id: str
    category: str | None
    watched_s: float
    purchases: int
    days_ago: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A show on air, which may be recommended."""

    stream_id: str
    host_id: str
    category: str | None
    language: str
    popularity: float
    """Its trending score: 0 or more."""
    product_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of somebody besides what they watched. Of a newcomer nothing but the language."""

    user_id: str
    language: str | None = None
    follows: Collection[str] = frozenset()
    """Ids of hosts."""
    wishes: Collection[str] = frozenset()
    """Ids of products."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    stream_id: str
    score: float
    """0 to 100: a typical show on air, for somebody of whom nothing is known, has 50."""
    reasons: tuple[Reason, ...]
    """The strongest first; never empty."""


@dataclass(frozen=True, slots=True)
class Leanings:
    """How much more than others somebody leans to a show, as weighted logarithms of ratios: 0 is as everybody."""

    category: float = 0.0
    together: float = 0.0
    """By what people of the same taste watch."""
    host: float = 0.0
    """To its host, beyond what the other two say."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the score counts. Found on the histories of `tests/benchmarks/recommendations.py`, but for
    the last three, of which those say little or nothing."""

    popularity: float = 1.0
    usual: float = 0.4
    """What the host draws at other times."""
    category: float = 1.15
    host: float = 1.15
    audience: float = 4.0
    """Who else watches this host."""
    watching: float = 1.0
    """Who watches this show now."""
    follows: float = 0.5
    wishes: float = 0.8
    other_language: float = -1.5

    category_prior: float = 3.0
    """Watched shows by which it counts that somebody watches as everybody does, until their own outweigh it."""
    host_prior: float = 1.0
    pair_prior: float = 4.0
    """The same of two hosts, in people who watch both."""
    person_prior: float = 3.0
    """Of how many watched shows a history must be for half of what it says of people of the same taste to count."""


NO_LEANINGS = Leanings()
DEFAULT_WEIGHTS = Weights()
