"""Axes and charts of the report."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.server.analytics.report.axes import clock_label, minute_ticks, value_ticks
from gshop_studio.server.analytics.report.charts import FULL, NARROW, Mark, curve, share_bar


@given(st.floats(0, 1e9))
def test_value_ticks_reach_the_most_in_few_even_whole_steps(most: float) -> None:
    ticks = value_ticks(most)
    assert ticks[0] == 0 and ticks[-1] >= most - 1e-6 * most and 2 <= len(ticks) <= 5
    step = ticks[1]
    assert step == int(step) and all(tick == pytest.approx(index * step) for index, tick in enumerate(ticks))
    assert ticks[-2] < max(most, 1)


@given(st.floats(60, 200 * 3600), st.integers(2, 12))
def test_minute_ticks_are_few_and_within_the_show(duration_s: float, number: int) -> None:
    ticks = minute_ticks(duration_s, number)
    assert ticks[0] == 0 and len(ticks) <= number + 1
    assert ticks[-1] * 60 <= duration_s


def test_a_moment_is_said_in_hours_and_minutes() -> None:
    assert [clock_label(seconds) for seconds in (0, 52, 540, 3900)] == ["0:00", "0:52", "9:00", "1:05:00"]


points = st.lists(st.tuples(st.floats(-100, 8000), st.floats(-5, 1e6)), max_size=50).map(sorted)


@given(points, st.floats(0, 7200), st.sampled_from([FULL, NARROW]))
def test_a_curve_is_well_formed_and_stays_within_its_frame(
    found: list[tuple[float, float]], duration_s: float, size: object
) -> None:
    assert size in (FULL, NARROW)
    chosen = FULL if size is FULL else NARROW
    svg = curve(found, duration_s, 'a "label" <&', "es", chosen, "viewers", [Mark(30, "<mark>"), Mark(1e6, "late")])
    root = ET.fromstring(svg)
    assert root.attrib["aria-label"] == 'a "label" <&'
    for path in root.iter("path"):
        numbers = [
            float(each) for each in path.attrib["d"].replace("M", " ").replace("L", " ").replace("Z", " ").split()
        ]
        assert all(0 <= x <= chosen.width for x in numbers[::2])
        assert all(0 <= y <= chosen.height for y in numbers[1::2])
    for text in root.iter("text"):
        assert 0 <= float(text.attrib["y"]) <= chosen.height


@given(st.floats(-1, 2))
def test_a_bar_is_full_at_most(share: float) -> None:
    fill = ET.fromstring(share_bar(share, "revenue"))[1]
    assert 0 <= float(fill.attrib["width"].rstrip("%")) <= 100
