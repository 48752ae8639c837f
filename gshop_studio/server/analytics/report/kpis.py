"""The plan's measures of success of one show, each beside its goal. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.contract.analytics import Analytics, Kpi, KpiCode, KpiResult, KpiUnit
from gshop_studio.server.words import say, translatable

GOAL_CURRENCY = "USD"
"""The plan's goals are in dollars: a show in another currency is not judged by them."""


@dataclass(frozen=True, slots=True)
class Goal:
    """From a least to a most; where there is only one of them, it is a bound."""

    label: str
    unit: KpiUnit
    least: float | None = None
    most: float | None = None


GOALS: dict[KpiCode, Goal] = {
    KpiCode.CONCURRENT_VIEWERS: Goal(translatable("Most viewers at once"), KpiUnit.VIEWERS, 50, 200),
    KpiCode.AVERAGE_WATCH_TIME: Goal(translatable("Average watch time"), KpiUnit.SECONDS, 300),
    KpiCode.CHAT_ACTIVITY: Goal(translatable("Chat at its peak"), KpiUnit.MESSAGES_PER_MINUTE, 10),
    KpiCode.REACTION_RATE: Goal(translatable("Viewers who reacted"), KpiUnit.FRACTION, 0.5),
    KpiCode.CONVERSION_RATE: Goal(translatable("Viewers who bought"), KpiUnit.FRACTION, 0.03, 0.05),
    KpiCode.AVERAGE_ORDER_VALUE: Goal(translatable("Average order"), KpiUnit.MONEY, 50, 100),
    KpiCode.GMV: Goal(translatable("Sales"), KpiUnit.MONEY, 1000, 5000),
    KpiCode.CLICK_TO_PURCHASE: Goal(translatable("From click to purchase"), KpiUnit.SECONDS, None, 120),
    KpiCode.LATENCY: Goal(translatable("Delay of the picture"), KpiUnit.SECONDS, None, 3),
    KpiCode.UPTIME: Goal(translatable("Availability of the server"), KpiUnit.FRACTION, 0.999),
    KpiCode.START_TIME: Goal(translatable("Until the picture starts"), KpiUnit.SECONDS, None, 2),
    KpiCode.BUFFERING: Goal(translatable("Time the picture stood still"), KpiUnit.FRACTION, None, 0.01),
}


def kpis_of(analytics: Analytics, language: str) -> list[Kpi]:
    """All of them; what was not measured has no value."""
    orders = analytics.purchases
    values: dict[KpiCode, float | None] = {
        KpiCode.CONCURRENT_VIEWERS: float(analytics.peak_viewers),
        KpiCode.AVERAGE_WATCH_TIME: analytics.avg_watch_time if analytics.total_views else None,
        KpiCode.CHAT_ACTIVITY: max((point.value for point in analytics.messages_by_minute), default=0.0),
        KpiCode.REACTION_RATE: analytics.reaction_rate if analytics.total_views else None,
        KpiCode.CONVERSION_RATE: analytics.conversion_rate if analytics.total_views else None,
        KpiCode.AVERAGE_ORDER_VALUE: round(analytics.revenue / orders, 3) if orders else None,
        KpiCode.GMV: analytics.revenue,
        KpiCode.CLICK_TO_PURCHASE: analytics.click_to_purchase,
    }
    return [_kpi(code, goal, values.get(code), analytics.currency, language) for code, goal in GOALS.items()]


def result_of(goal: Goal, value: float | None) -> KpiResult:
    """How a value stands to its goal."""
    if value is None:
        return KpiResult.UNKNOWN
    if goal.least is None:
        assert goal.most is not None
        return KpiResult.REACHED if value <= goal.most else KpiResult.BELOW
    if value < goal.least:
        return KpiResult.BELOW
    return KpiResult.EXCEEDED if goal.most is not None and value > goal.most else KpiResult.REACHED


def _kpi(code: KpiCode, goal: Goal, value: float | None, currency: str | None, language: str) -> Kpi:
    is_money = goal.unit is KpiUnit.MONEY
    is_comparable = not is_money or currency in (None, GOAL_CURRENCY)
    return Kpi(
        code=code,
        label=say(goal.label, language),
        unit=goal.unit,
        value=value,
        goal_from=goal.least,
        goal_to=goal.most,
        goal_currency=GOAL_CURRENCY if is_money else None,
        result=result_of(goal, value) if is_comparable else KpiResult.UNKNOWN,
    )
