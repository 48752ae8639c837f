"""A show's reactions since they were last told. Pure: moments are handed in."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

RECENT_LIMIT = 20
"""How many of the latest are told one by one."""


@dataclass(frozen=True, slots=True)
class Reacted:
    user_id: str
    reaction: str
    at: datetime


@dataclass(slots=True)
class Tally:
    """By reaction, by minute and reaction, and by person."""

    counts: Counter[str] = field(default_factory=Counter)
    recent: deque[Reacted] = field(default_factory=lambda: deque(maxlen=RECENT_LIMIT))
    by_minute: Counter[tuple[datetime, str]] = field(default_factory=Counter)
    by_person: Counter[str] = field(default_factory=Counter)

    def add(self, reacted: Reacted) -> None:
        self.counts[reacted.reaction] += 1
        self.recent.append(reacted)
        self.by_minute[reacted.at.replace(second=0, microsecond=0), reacted.reaction] += 1
        self.by_person[reacted.user_id] += 1

    def merge(self, later: Tally) -> None:
        """Take in what came after this."""
        self.counts += later.counts
        self.recent.extend(later.recent)
        self.by_minute += later.by_minute
        self.by_person += later.by_person
