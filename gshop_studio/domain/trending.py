"""How much a show draws people now, beside the other shows on air."""

from __future__ import annotations

LIKE_POINTS = 0.5
PURCHASE_POINTS = 2.0
HALF_LIFE_H = 6.0
LONGEST_AGE_H = 24.0
"""Shows that started earlier are not trending, whoever watches them."""


def draw(viewers: int, likes: int, purchases: int) -> float:
    """What a show has drawn, however old it is: a viewer is a point."""
    return viewers + likes * LIKE_POINTS + purchases * PURCHASE_POINTS


def trending_score(viewers: int, likes: int, purchases: int, age_h: float) -> float:
    """The contract's formula: `draw`, halved every six hours since the show's start. What lies ahead, for a clock was
    set back, starts now."""
    return float(draw(viewers, likes, purchases) * 0.5 ** (max(0.0, age_h) / HALF_LIFE_H))
