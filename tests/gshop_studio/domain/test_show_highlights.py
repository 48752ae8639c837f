"""The rules that find a show's highlights."""

from __future__ import annotations

from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.show_highlights import (
    BURST_AGAIN_S,
    SHOWN_AGAIN_S,
    SHOWN_S,
    ProductShows,
    ReactionBursts,
    Shown,
)


def test_a_product_shown_for_five_seconds_is_a_moment_once() -> None:
    shows = ProductShows()
    assert shows.show("mug", 10) is None
    assert shows.due(14.9) is None
    assert shows.due(15) == Shown("mug", 10)
    assert shows.due(16) is None
    assert shows.hide(20) is None


def test_what_is_hidden_or_replaced_late_enough_was_a_moment_without_anyone_looking() -> None:
    shows = ProductShows()
    shows.show("mug", 0)
    assert shows.show("lamp", 7) == Shown("mug", 0)
    assert shows.hide(9) is None
    shows.show("lamp", 20)
    assert shows.hide(26) == Shown("lamp", 20)


def test_the_same_product_within_a_minute_is_the_same_moment() -> None:
    shows = ProductShows()
    shows.show("mug", 0)
    assert shows.hide(10) == Shown("mug", 0)
    shows.show("mug", 30)
    assert shows.hide(50) is None
    shows.show("mug", 70)
    assert shows.hide(80) == Shown("mug", 70)


def test_hiding_what_is_not_on_the_screen_changes_nothing() -> None:
    shows = ProductShows()
    shows.show("mug", 0)
    assert shows.hide(10, "lamp") is None
    assert shows.hide(10, "mug") == Shown("mug", 0)
    assert shows.hide(11) is None


steps = st.lists(st.tuples(st.sampled_from(["mug", "lamp", "bag", ""]), st.floats(0.1, 40)), max_size=60)


@given(steps)
def test_moments_of_a_product_lie_apart_and_were_long_enough(script: list[tuple[str, float]]) -> None:
    shows, now, found = ProductShows(), 0.0, []
    on_screen: list[tuple[str, float, float]] = []
    current: tuple[str, float] | None = None
    for product_id, wait_s in script:
        if current is not None and product_id != current[0]:
            on_screen.append((*current, now))
            current = None
        if product_id and current is None:
            current = (product_id, now)
        moment = shows.show(product_id, now) if product_id else shows.hide(now)
        found += [moment] if moment else []
        now += wait_s
    moment = shows.hide(now)
    found += [moment] if moment else []
    if current is not None:
        on_screen.append((*current, now))
    lengths = {(product_id, start): end - start for product_id, start, end in on_screen}
    last: dict[str, float] = {}
    for each in found:
        assert lengths[each.product_id, each.from_s] >= SHOWN_S
        assert each.from_s - last.get(each.product_id, float("-inf")) >= SHOWN_AGAIN_S
        last[each.product_id] = each.from_s


def test_a_burst_is_many_and_three_times_the_usual() -> None:
    bursts = ReactionBursts()
    assert not bursts.window(10, 0)
    quiet = ReactionBursts(sorted_windows=[0, 0, 3])
    assert not quiet.window(10, 0)
    assert quiet.window(11, 10)
    lively = ReactionBursts(sorted_windows=[20] * 30)
    assert not lively.window(60, 0)
    assert lively.window(61, 10)


def test_a_burst_that_goes_on_is_one() -> None:
    bursts = ReactionBursts()
    found = [bursts.window(500, at_s) for at_s in range(0, 50, 10)]
    assert found == [True, False, False, False, False]


@given(st.lists(st.integers(0, 400), max_size=80))
def test_no_two_bursts_begin_within_a_minute_and_none_below_the_threshold(windows: list[int]) -> None:
    bursts = ReactionBursts()
    last_s = float("-inf")
    for index, count in enumerate(windows):
        at_s = index * 10.0
        usual = median(windows[:index]) if index else 0.0
        assert bursts.median == usual
        if bursts.window(count, at_s):
            assert count > 10 and count > 3 * usual
            assert at_s - last_s >= BURST_AGAIN_S
            last_s = at_s
