"""The meaning of a show's numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.metrics import Activity, engagement_score, fan_score, last_minute, median_s, share

activities = st.builds(
    Activity,
    viewer_count=st.integers(0, 100_000),
    messages_per_minute=st.floats(0, 1e6),
    reactions_per_minute=st.floats(0, 1e6),
    average_watch_s=st.floats(0, 1e6),
    bounce_rate=st.floats(0, 1),
    conversion_rate=st.floats(0, 1),
)
SILENT = Activity(0, 0, 0, 0, 0, 0)


@given(activities)
def test_the_engagement_score_is_0_to_100(activity: Activity) -> None:
    assert 0 <= engagement_score(activity) <= 100


@given(
    activities,
    st.sampled_from(["messages_per_minute", "reactions_per_minute", "average_watch_s", "conversion_rate"]),
    st.floats(0, 1e6),
)
def test_more_activity_never_lowers_the_score(activity: Activity, name: str, more: float) -> None:
    livelier = replace(activity, **{name: getattr(activity, name) + more})
    assert engagement_score(livelier) >= engagement_score(activity) - 1e-9


@given(activities, st.floats(0, 1))
def test_more_who_leave_at_once_never_raise_the_score(activity: Activity, rate: float) -> None:
    worse = replace(activity, bounce_rate=max(rate, activity.bounce_rate))
    assert engagement_score(worse) <= engagement_score(activity) + 1e-9


def test_a_show_at_the_goals_scores_a_half() -> None:
    at_goals = Activity(
        viewer_count=100,
        messages_per_minute=10,
        reactions_per_minute=50,
        average_watch_s=300,
        bounce_rate=0,
        conversion_rate=0.04,
    )
    assert engagement_score(at_goals) == pytest.approx(50)
    assert engagement_score(SILENT) == 0


def test_the_score_is_the_same_for_a_small_and_a_large_show_alike() -> None:
    small = Activity(10, 2, 10, 120, 0.1, 0.02)
    large = Activity(1000, 200, 1000, 120, 0.1, 0.02)
    assert engagement_score(small) == pytest.approx(engagement_score(large))


counts = st.integers(0, 1_000_000)


@given(st.floats(0, 1e6), counts, counts, counts, counts)
def test_a_fans_score_never_falls_by_doing_more(
    watched_s: float, messages: int, reactions: int, purchases: int, more: int
) -> None:
    score = fan_score(watched_s, messages, reactions, purchases)
    assert score >= 0
    assert fan_score(watched_s + more, messages, reactions, purchases) >= score
    assert fan_score(watched_s, messages + more, reactions, purchases) >= score
    assert fan_score(watched_s, messages, reactions + more, purchases) >= score
    assert fan_score(watched_s, messages, reactions, purchases + more) >= score


def test_flooding_makes_no_fan() -> None:
    assert fan_score(60, 10_000, 100_000, 0) == 1 + 2 * 5 + 0.2 * 10
    assert fan_score(0, 10_000, 100_000, 0) == 0
    assert fan_score(600, 12, 40, 1) == 10 + 24 + 8 + 20


@given(st.integers(-5, 1000), st.integers(-5, 1000))
def test_a_share_is_a_fraction(part: int, whole: int) -> None:
    assert 0 <= share(part, whole) <= 1


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.floats(-10, 100))
def test_the_last_minute_lies_between_this_one_and_both(before: int, now: int, into_s: float) -> None:
    assert now <= last_minute(before, now, into_s) <= before + now


def test_the_minute_before_fades_away() -> None:
    assert last_minute(60, 0, 0) == 60
    assert last_minute(60, 0, 30) == 30
    assert last_minute(60, 7, 60) == 7


@pytest.mark.parametrize(
    ("seconds", "middle"), [([], None), ([3.0], 3.0), ([400.0, 1.0, 2.04], 2.0), ([1.0, 2.0], 1.5)]
)
def test_the_middle_of_many_times(seconds: list[float], middle: float | None) -> None:
    assert median_s(seconds) == middle
