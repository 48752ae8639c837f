"""How measures stand to their goals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.contract.analytics import KpiCode, KpiResult
from gshop_studio.server.analytics.report.kpis import GOALS, result_of

ORDER = [KpiResult.BELOW, KpiResult.REACHED, KpiResult.EXCEEDED]


@pytest.mark.parametrize(
    ("code", "value", "result"),
    [
        (KpiCode.CONCURRENT_VIEWERS, 49, "below"),
        (KpiCode.CONCURRENT_VIEWERS, 50, "reached"),
        (KpiCode.CONCURRENT_VIEWERS, 201, "exceeded"),
        (KpiCode.AVERAGE_WATCH_TIME, 9999, "reached"),
        (KpiCode.CONVERSION_RATE, 0.06, "exceeded"),
        (KpiCode.LATENCY, 0.4, "reached"),
        (KpiCode.LATENCY, 3.5, "below"),
        (KpiCode.LATENCY, None, "unknown"),
        (KpiCode.UPTIME, 0.9989, "below"),
        (KpiCode.START_TIME, 1.9, "reached"),
        (KpiCode.BUFFERING, 0.02, "below"),
        (KpiCode.CLICK_TO_PURCHASE, 121, "below"),
    ],
)
def test_the_plans_goals(code: KpiCode, value: float | None, result: str) -> None:
    assert result_of(GOALS[code], value) == result


@given(
    st.sampled_from(sorted(code for code, goal in GOALS.items() if goal.least is not None)),
    st.floats(0, 1e7),
    st.floats(0, 1e7),
)
def test_more_is_never_worse(code: KpiCode, value: float, more: float) -> None:
    assert ORDER.index(result_of(GOALS[code], value + more)) >= ORDER.index(result_of(GOALS[code], value))
