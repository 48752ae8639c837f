"""Composition of recommendations."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.jobs import Jobs
from gshop_studio.server.operation.metrics import Metrics
from gshop_studio.server.recommendations.numbers import RecommendationNumbers
from gshop_studio.server.recommendations.refresher import REFRESH_EVERY_S, RecommendationRefresher
from gshop_studio.server.recommendations.service import RecommendationService
from gshop_studio.server.streams.answers import StreamAnswers
from gshop_studio.server.streams.lookup import StreamLookup


@dataclass(frozen=True, slots=True)
class RecommendationParts:
    recommendations: RecommendationService
    refresher: RecommendationRefresher
    numbers: RecommendationNumbers

    def register(self, jobs: Jobs) -> None:
        """What one instance does from time to time."""
        jobs.every(REFRESH_EVERY_S, "recommendations", self.refresher.refresh)

    def tell(self, metrics: Metrics) -> None:
        self.numbers.tell(metrics)


def recommendation_parts(
    database: Database, lookup: StreamLookup, answers: StreamAnswers, clock: Clock
) -> RecommendationParts:
    numbers = RecommendationNumbers()
    return RecommendationParts(
        RecommendationService(database, lookup, answers, numbers, clock),
        RecommendationRefresher(database, numbers, clock),
        numbers,
    )
