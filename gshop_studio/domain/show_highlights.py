"""Which moments of a show are worth coming back to: products shown and bursts of reactions. Pure rules."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from enum import StrEnum

SHOWN_S = 5.0
"""A product shown at least so long was shown on purpose."""
SHOWN_AGAIN_S = 60.0
"""The same product shown again sooner is the same moment."""
BURST_WINDOW_S = 10.0
FEWEST_OF_A_BURST = 10
BURST_TIMES_MEDIAN = 3.0
BURST_AGAIN_S = 60.0
"""A burst that goes on is one moment."""


class HighlightType(StrEnum):
    PRODUCT_SHOW = "product_show"
    BIG_PURCHASE = "big_purchase"
    MILESTONE = "milestone"
    REACTION_BURST = "reaction_burst"


@dataclass(frozen=True, slots=True)
class Shown:
    """A product was on the screen. Moments are in seconds, of any one clock."""

    product_id: str
    from_s: float


@dataclass(slots=True)
class ProductShows:
    """Follows what is on the screen, one product at a time, and says when one has been there long enough."""

    showing: Shown | None = None
    is_told: bool = False
    """Of the one on the screen."""
    last_told_s: dict[str, float] = field(default_factory=dict)
    """By product: the start of its last moment told of."""

    def show(self, product_id: str, at_s: float) -> Shown | None:
        """A product comes onto the screen, in the place of another; that one's moment, if it is one."""
        if self.showing is not None and self.showing.product_id == product_id:
            return self.due(at_s)
        ended = self.hide(at_s)
        self.showing, self.is_told = Shown(product_id, at_s), False
        return ended

    def hide(self, at_s: float, product_id: str | None = None) -> Shown | None:
        """What is on the screen goes (only if it is `product_id`, where that is given); its moment, if it is one."""
        if self.showing is None or product_id not in (None, self.showing.product_id):
            return None
        ended = self.due(at_s)
        self.showing = None
        return ended

    def due(self, now_s: float) -> Shown | None:
        """What has been on the screen for long enough by now, once."""
        shown = self.showing
        if shown is None or self.is_told or now_s - shown.from_s < SHOWN_S:
            return None
        self.is_told = True
        last = self.last_told_s.get(shown.product_id)
        if last is not None and shown.from_s - last < SHOWN_AGAIN_S:
            return None
        self.last_told_s[shown.product_id] = shown.from_s
        return shown


@dataclass(slots=True)
class ReactionBursts:
    """Follows reactions by windows of 10 s: more than 10, and more than 3 times the running median, are a burst.

    The median is that of all windows before, silent ones included.
    """

    sorted_windows: list[int] = field(default_factory=list)
    last_burst_s: float | None = None

    @property
    def median(self) -> float:
        windows = self.sorted_windows
        if not windows:
            return 0.0
        middle = len(windows) // 2
        return float(windows[middle]) if len(windows) % 2 else (windows[middle - 1] + windows[middle]) / 2

    @property
    def threshold(self) -> float:
        """A window with more is a burst."""
        return max(float(FEWEST_OF_A_BURST), BURST_TIMES_MEDIAN * self.median)

    def window(self, count: int, at_s: float) -> bool:
        """A window that began at `at_s` had so many reactions; whether a burst begins with it."""
        is_burst = count > self.threshold
        insort(self.sorted_windows, max(count, 0))
        if not is_burst:
            return False
        goes_on = self.last_burst_s is not None and at_s - self.last_burst_s < BURST_AGAIN_S
        self.last_burst_s = at_s
        return not goes_on
