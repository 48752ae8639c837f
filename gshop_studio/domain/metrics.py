"""What a show's numbers mean: rates, the engagement score and the score of a fan (docs/analytics.md). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

BOUNCE_S = 10.0
"""Who has watched less when gone has bounced."""

HALF_MESSAGES_PER_VIEWER_MINUTE = 0.1
HALF_REACTIONS_PER_VIEWER_MINUTE = 0.5
HALF_WATCH_S = 300.0
"""The plan's goal for the average watch time."""
HALF_CONVERSION = 0.04
"""The middle of the plan's goal of 3 to 5 %."""

CHAT_WEIGHT = 0.30
REACTIONS_WEIGHT = 0.25
RETENTION_WEIGHT = 0.30
BUYING_WEIGHT = 0.15

POINTS_A_MESSAGE = 2.0
POINTS_A_REACTION = 0.2
POINTS_A_PURCHASE = 20.0
MESSAGES_A_MINUTE_COUNTED = 5.0
REACTIONS_A_MINUTE_COUNTED = 10.0
FEWEST_POINTS_OF_A_TOP_FAN = 30.0
"""Half an hour watched, or as much in other ways: in front of a small audience not everybody is a top fan."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a show's audience did, at one moment."""

    viewer_count: int
    """Watching now."""
    messages_per_minute: float
    reactions_per_minute: float
    average_watch_s: float
    bounce_rate: float
    conversion_rate: float


def engagement_score(activity: Activity) -> float:
    """How much an audience takes part: 0 to 100.

    `100 * (0.30 chat + 0.25 reactions + 0.30 retention + 0.15 buying)`; each part is 0 to 1 and rises by
    `x / (x + half)`, which is a half at `half` and never full: messages a viewer a minute (half 0.1), reactions a
    viewer a minute (0.5), seconds watched on average (300) times the share of those who did not bounce, buyers a view
    (0.04). Chat and reactions are taken a viewer, so that a small show may score as high as a large one.
    """
    viewers = max(activity.viewer_count, 1)
    chat = _saturating(activity.messages_per_minute / viewers, HALF_MESSAGES_PER_VIEWER_MINUTE)
    reactions = _saturating(activity.reactions_per_minute / viewers, HALF_REACTIONS_PER_VIEWER_MINUTE)
    stayed = 1.0 - min(max(activity.bounce_rate, 0.0), 1.0)
    retention = _saturating(activity.average_watch_s, HALF_WATCH_S) * stayed
    buying = _saturating(activity.conversion_rate, HALF_CONVERSION)
    parts = CHAT_WEIGHT * chat + REACTIONS_WEIGHT * reactions + RETENTION_WEIGHT * retention + BUYING_WEIGHT * buying
    return min(max(100.0 * parts, 0.0), 100.0)


def fan_score(watched_s: float, messages: int, reactions: int, purchases: int) -> float:
    """How much of a fan somebody is: a point a minute watched, 2 a message, 0.2 a reaction, 20 a purchase.

    At most 5 messages and 10 reactions count for each minute watched, so that nobody becomes a fan by flooding.
    """
    minutes = max(watched_s, 0.0) / 60.0
    counted_messages = min(messages, MESSAGES_A_MINUTE_COUNTED * minutes)
    counted_reactions = min(reactions, REACTIONS_A_MINUTE_COUNTED * minutes)
    return (
        minutes
        + POINTS_A_MESSAGE * counted_messages
        + POINTS_A_REACTION * counted_reactions
        + POINTS_A_PURCHASE * purchases
    )


def median_s(seconds: Sequence[float]) -> float | None:
    """The middle one, to a tenth; None of none."""
    return round(median(seconds), 1) if seconds else None


def share(part: int, whole: int) -> float:
    """A fraction 0 to 1; 0 of nothing."""
    return min(max(part / whole, 0.0), 1.0) if whole > 0 else 0.0


def last_minute(in_minute_before: int, in_this_minute: int, into_this_minute_s: float) -> float:
    """How much came within the last 60 s, of what is counted by the minutes of the clock.

    What came in the minute before is taken to be spread evenly over it.
    """
    still_counts = 1.0 - min(max(into_this_minute_s / 60.0, 0.0), 1.0)
    return in_this_minute + in_minute_before * still_counts


def _saturating(value: float, half: float) -> float:
    """0 at 0, a half at `half`, towards 1 beyond."""
    value = max(value, 0.0)
    return value / (value + half)
