"""What Prometheus is told of recommendations: how the refresh goes, what people get, and what they open of it, by the
reason that counts most.

Only who is signed in is counted: what anonymous people open, nobody tells us, and their answers are kept ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from gshop_studio.domain.recommendation import Reason
from gshop_studio.server.operation.metrics import Metrics


class RecommendationNumbers:
    def __init__(self) -> None:
        self.refresh_s = 0.0
        """How long the last refresh took here."""
        self.refreshed_at_s = 0.0
        """When, in seconds of the epoch; 0 where another server does it."""
        self.people_count = 0
        """Of how many people's it was."""
        self.answers: Counter[str] = Counter({"known": 0, "newcomer": 0})
        self.served: Counter[str] = Counter({reason.value: 0 for reason in Reason})
        self.clicked: Counter[str] = Counter({reason.value: 0 for reason in Reason})

    def refreshed(self, seconds: float, people: int, now: datetime) -> None:
        self.refresh_s, self.people_count, self.refreshed_at_s = seconds, people, now.timestamp()

    def answered(self, reasons: Iterable[str], *, is_known: bool) -> None:
        """Somebody got a list of shows. `reasons`: the first of each."""
        self.answers["known" if is_known else "newcomer"] += 1
        self.served.update(reasons)

    def opened(self, reason: str) -> None:
        """Somebody opened a show that was recommended to them, for the first time."""
        self.clicked[reason] += 1

    def tell(self, metrics: Metrics) -> None:
        name = "gshop_recommendations"
        metrics.read_gauge(
            f"{name}_refresh_seconds", "How long the last refresh of recommendations took.", lambda: self.refresh_s
        )
        metrics.read_gauge(
            f"{name}_refreshed_timestamp_seconds", "When they were last refreshed here.", lambda: self.refreshed_at_s
        )
        metrics.read_gauge(f"{name}_people", "Whose recommendations that were.", lambda: self.people_count)
        metrics.read_counters(
            f"{name}_answers", "Lists of recommended shows given to people signed in.", "person", lambda: self.answers
        )
        metrics.read_counters(f"{name}_served", "Shows in those lists.", "reason", lambda: self.served)
        metrics.read_counters(f"{name}_clicked", "Those that were opened.", "reason", lambda: self.clicked)
