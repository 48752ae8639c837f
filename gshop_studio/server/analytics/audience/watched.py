"""What the audience of a show adds up to."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.domain.metrics import share


@dataclass(frozen=True, slots=True)
class Watched:
    """What the viewers' rows of a show add up to."""

    views: int = 0
    watched_s: float = 0.0
    bounced: int = 0
    buyers: int = 0
    reacted: int = 0

    @property
    def average_s(self) -> float:
        return self.watched_s / self.views if self.views else 0.0

    @property
    def bounce_rate(self) -> float:
        return share(self.bounced, self.views)


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody who has watched a show; views by device and by country, most first."""

    watched: Watched
    devices: dict[str, int]
    countries: dict[str, int]


@dataclass(frozen=True, slots=True)
class Fan:
    user_id: str
    score: float
    watched_s: float
    messages: int
    reactions: int
    purchases: int
