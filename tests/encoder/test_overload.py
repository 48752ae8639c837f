"""CPU overload is noticed before pictures are lost, answered step by step, and not answered to and fro."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from encoder.overload import (
    CALM_LOOKS,
    FULL_PREVIEW_FPS,
    LOW_PREVIEW_FPS,
    OVERLOAD_CPU,
    TRANSITIONS,
    OverloadDecision,
    OverloadMonitor,
    Pressure,
    Relief,
)


@dataclass(frozen=True, slots=True)
class Look:
    busy_share: float
    lateness_p99_us: int = 20_000
    late_ticks: int = 0


CALM, MIDDLING, STRAINED = Look(0.4), Look(0.7), Look(0.85)


def after(*looks: Look) -> OverloadDecision:
    monitor = OverloadMonitor()
    decision = OverloadDecision()
    for look in looks:
        decision = monitor.look(look)
    return decision


def test_ordinary_work_is_left_alone() -> None:
    assert after(*[CALM] * 100) == after(*[MIDDLING] * 100) == OverloadDecision(Relief.NONE, "")


def test_one_bad_second_is_not_an_overload() -> None:
    assert after(CALM, STRAINED, CALM, STRAINED, CALM) == OverloadDecision(Relief.NONE, "")


def test_a_busy_processor_is_named_and_relieved_before_a_picture_is_late() -> None:
    decision = after(CALM, STRAINED, STRAINED)
    assert decision == OverloadDecision(Relief.CHEAPER_ENCODER, OVERLOAD_CPU)
    assert (decision.effort, decision.preview_fps) == (1, FULL_PREVIEW_FPS)


def test_lateness_alone_counts_too() -> None:
    assert after(*[Look(0.5, lateness_p99_us=60_000)] * 2).relief is Relief.CHEAPER_ENCODER


def test_lost_pictures_are_answered_at_once() -> None:
    assert after(CALM, Look(1.3, 90_000, late_ticks=8)).relief is Relief.CHEAPER_ENCODER


def test_what_does_not_suffice_is_followed_by_more_after_it_had_time_to_work() -> None:
    monitor = OverloadMonitor()
    reliefs = [monitor.look(STRAINED).relief for _ in range(20)]
    steps = [index for index, (before, now) in enumerate(pairwise(reliefs), 1) if before is not now]
    assert steps == [1, 5, 9]
    last = monitor.look(STRAINED)
    assert (last.relief, last.effort, last.preview_fps) == (Relief.CHEAPEST_ENCODER, 2, LOW_PREVIEW_FPS)


def test_work_is_taken_up_again_after_half_a_minute_of_calm_step_by_step() -> None:
    monitor = OverloadMonitor()
    for _ in range(20):
        monitor.look(STRAINED)
    reliefs = [monitor.look(CALM).relief for _ in range(3 * CALM_LOOKS)]
    assert reliefs[CALM_LOOKS - 2] is Relief.CHEAPEST_ENCODER
    assert reliefs[CALM_LOOKS - 1] is Relief.LOW_PREVIEW
    assert reliefs[-2] is Relief.CHEAPER_ENCODER and reliefs[-1] is Relief.NONE
    assert monitor.look(CALM).overload == ""


def test_middling_load_keeps_the_relief() -> None:
    assert after(STRAINED, STRAINED, *[MIDDLING] * 500) == OverloadDecision(Relief.CHEAPER_ENCODER, OVERLOAD_CPU)


def test_a_load_that_is_too_much_only_at_full_effort_is_tried_less_and_less_often() -> None:
    """No flapping: an hour of it changes effort a dozen times, not twice a minute."""
    monitor, relief, steps = OverloadMonitor(), Relief.NONE, 0
    for _ in range(3600):
        before = relief
        relief = monitor.look(STRAINED if relief is Relief.NONE else CALM).relief
        steps += before is not relief
    assert steps <= 2 * 12


LOOKS = st.builds(
    Look,
    st.floats(0, 3, allow_nan=False),
    st.integers(0, 500_000),
    st.integers(0, 30),
)


@given(st.lists(LOOKS, max_size=300))
def test_whatever_comes_it_moves_one_step_at_a_time_and_not_every_second(looks: list[Look]) -> None:
    monitor = OverloadMonitor()
    reliefs = [Relief.NONE, *(monitor.look(look).relief for look in looks)]
    steps = [index for index, (before, now) in enumerate(pairwise(reliefs)) if before is not now]
    assert all(abs(before - now) <= 1 for before, now in pairwise(reliefs))
    assert all(after - before > 3 for before, after in pairwise(steps))
    for before, index in pairwise([-1, *steps]):
        is_easing = reliefs[index + 1] < reliefs[index]
        assert not is_easing or index - before >= CALM_LOOKS


@given(st.sampled_from(list(Relief)), st.sampled_from(list(Pressure)))
def test_pressure_never_lessens_the_relief_and_calm_never_adds_to_it(relief: Relief, pressure: Pressure) -> None:
    change = TRANSITIONS.get((relief, pressure), relief) - relief
    assert change in ((0, 1) if pressure is Pressure.STRAINED else (0, -1))
