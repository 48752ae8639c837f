from __future__ import annotations

import pytest

from gshop_studio.domain.trending import trending_score


def test_purchases_weigh_more_than_viewers_and_likes_less() -> None:
    assert trending_score(10, 0, 0, 0) == 10
    assert trending_score(0, 10, 0, 0) == 5
    assert trending_score(0, 0, 10, 0) == 20


def test_it_is_halved_every_six_hours() -> None:
    assert trending_score(100, 0, 0, 6) == pytest.approx(50)
    assert trending_score(100, 0, 0, 24) == pytest.approx(6.25)


def test_what_starts_in_the_future_by_a_clock_set_back_starts_now() -> None:
    assert trending_score(100, 0, 0, -12) == 100
