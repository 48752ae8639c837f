"""How the report writes figures: KPIs and their goals, in the caller's language. Pure."""

from __future__ import annotations

from gshop_studio.contract.analytics import Kpi, KpiResult, KpiUnit
from gshop_studio.domain.money import Money, minor_digits
from gshop_studio.server.words import format_duration, format_money, format_number, format_percent, say, translatable

NOTHING = "–"
RESULTS = {
    KpiResult.BELOW: translatable("Below the goal"),
    KpiResult.REACHED: translatable("Goal reached"),
    KpiResult.EXCEEDED: translatable("Above the goal"),
    KpiResult.UNKNOWN: translatable("Not measured"),
}


def money(amount: float, currency: str | None, language: str) -> str:
    """An amount of the wire, or an average with more decimals; a show without products has no currency."""
    if currency is None:
        return format_number(0, language)
    return format_money(Money.from_wire(round(amount, minor_digits(currency)), currency), language)


def value_of(kpi: Kpi, currency: str | None, language: str) -> str:
    return _said(kpi.value, kpi.unit, currency, language) if kpi.value is not None else NOTHING


def goal_of(kpi: Kpi, language: str) -> str:
    """50 to 200; at least 5 min; at most 3 s."""
    least = _said(kpi.goal_from, kpi.unit, kpi.goal_currency, language) if kpi.goal_from is not None else None
    most = _said(kpi.goal_to, kpi.unit, kpi.goal_currency, language) if kpi.goal_to is not None else None
    if least is not None and most is not None:
        return say("{least} to {most}", language, least=least, most=most)
    if least is not None:
        return say("at least {least}", language, least=least)
    return say("at most {most}", language, most=most)


def result_of(kpi: Kpi, language: str) -> str:
    if kpi.result is KpiResult.UNKNOWN and kpi.value is not None:
        return say("The goal is in another currency", language)
    return say(RESULTS[kpi.result], language)


def _said(value: float, unit: KpiUnit, currency: str | None, language: str) -> str:
    match unit:
        case KpiUnit.FRACTION:
            return format_percent(value, language)
        case KpiUnit.SECONDS:
            return format_duration(value, language)
        case KpiUnit.MONEY:
            return money(value, currency, language)
        case KpiUnit.MESSAGES_PER_MINUTE:
            return say("{count} a minute", language, count=format_number(round(value, 1), language))
        case KpiUnit.VIEWERS:
            return format_number(round(value), language)
