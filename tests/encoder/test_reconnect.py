"""When the next attempt is made, by what failed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.outputs.reached import Reached
from encoder.outputs.refusal import refusal_of
from encoder.outputs.target import RtmpTarget
from encoder.reconnect import (
    FIRST_DELAY_S,
    GROWTH,
    JITTER,
    LONGEST_DELAY_S,
    PROBE_TIMEOUT_S,
    RetryPlan,
    RetryPolicy,
    Setback,
    backoff_delay_s,
    setback_of,
)
from gshop_studio.engine_protocol import Fault

TARGET = RtmpTarget("host", 1935, "live", False)


@given(st.integers(0, 10**9), st.floats(0, 1))
def test_a_wait_lies_between_the_jittered_and_the_full_delay(attempt: int, chance: float) -> None:
    full = backoff_delay_s(attempt, lambda: 0.0)
    delay = backoff_delay_s(attempt, lambda: chance)
    assert full * (1 - JITTER) <= delay <= full <= LONGEST_DELAY_S
    assert delay > 0


@given(st.integers(0, 200))
def test_each_wait_is_half_as_long_again_up_to_the_cap(attempt: int) -> None:
    now, following = (backoff_delay_s(attempt + step, lambda: 0.0) for step in (0, 1))
    assert following == min(now * GROWTH, LONGEST_DELAY_S)


def test_the_first_wait_is_two_seconds() -> None:
    assert backoff_delay_s(0, lambda: 0.0) == FIRST_DELAY_S == 2.0


@given(st.lists(st.sampled_from([Setback.UNREACHABLE, Setback.BROKEN]), min_size=1), st.floats(0, 1))
def test_where_nobody_speaks_the_pace_never_slows(setbacks: list[Setback], chance: float) -> None:
    policy = RetryPolicy(lambda: chance)
    plans = [policy.plan(setback) for setback in setbacks]
    assert all(plan.probes and 0.8 <= plan.pause_s <= 1.0 for plan in plans)
    assert 0.8 <= policy.probe_interval_s() <= 1.0
    assert PROBE_TIMEOUT_S < 1.5


def test_a_silent_peer_is_asked_again_at_once() -> None:
    assert RetryPolicy(lambda: 0.5).plan(Setback.SILENT) == RetryPlan(0.3, probes=False)


def test_one_that_hangs_up_again_and_again_is_left_alone_for_longer_each_time() -> None:
    policy = RetryPolicy(lambda: 0.0)
    pauses = [policy.plan(Setback.DROPPED).pause_s for _ in range(4)]
    assert pauses == [1.0, 2.0, 3.0, 4.5]
    policy.plan(Setback.UNREACHABLE)
    assert policy.plan(Setback.DROPPED).pause_s == 6.75, "that it was away meanwhile changes nothing"
    policy.forget()
    assert policy.plan(Setback.DROPPED).pause_s == 1.0


def test_our_own_ghost_is_asked_for_twice_quickly_and_then_patiently() -> None:
    policy = RetryPolicy(lambda: 0.0)
    policy.plan(Setback.DROPPED)
    assert [policy.plan(Setback.OCCUPIED).pause_s for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 4.5]


def test_a_refusal_is_not_asked_about_by_probes() -> None:
    assert RetryPolicy(lambda: 0.0).plan(Setback.REFUSED) == RetryPlan(2.0, probes=False)


@pytest.mark.parametrize(
    ("code", "reached", "expected"),
    [
        ("ingest.unreachable", Reached.NOTHING, Setback.UNREACHABLE),
        ("ingest.timeout", Reached.NOTHING, Setback.UNREACHABLE),
        ("ingest.timeout", Reached.HOST, Setback.SILENT),
        ("ingest.lost", Reached.HOST, Setback.BROKEN),
        ("ingest.lost", Reached.ACCEPTED, Setback.DROPPED),
        ("ingest.lost", Reached.LIVE, Setback.DROPPED),
        ("ingest.too_slow", Reached.LIVE, Setback.DROPPED),
        ("ingest.closed", Reached.HOST, Setback.REFUSED),
        ("ingest.certificate", Reached.HOST, Setback.REFUSED),
        ("ingest.refused", Reached.HOST, Setback.REFUSED),
    ],
)
def test_what_failed_is_told_by_the_fault_and_how_far_it_came(code: str, reached: Reached, expected: Setback) -> None:
    assert setback_of(Fault(code), reached) is expected


@pytest.mark.parametrize(
    ("code", "words", "fault_code", "is_final", "setback"),
    [
        ("NetStream.Publish.BadName", "Already publishing", "ingest.refused", False, Setback.OCCUPIED),
        ("NetStream.Publish.BadName", "no such key", "ingest.refused_key", True, Setback.REFUSED),
        ("NetStream.Publish.Denied", "", "ingest.refused_key", True, Setback.REFUSED),
        ("NetConnection.Connect.Rejected", "no such app", "ingest.refused", True, Setback.REFUSED),
        ("NetConnection.Connect.Closed", "", "ingest.closed", False, Setback.REFUSED),
        ("NetConnection.Connect.Closed", "shutting down", "ingest.lost", False, Setback.BROKEN),
    ],
)
def test_what_a_server_says_is_understood(
    code: str, words: str, fault_code: str, is_final: bool, setback: Setback
) -> None:
    error = refusal_of(TARGET, code, words, was_accepted=False)
    assert (error.fault.code, error.is_final) == (fault_code, is_final)
    assert setback_of(error.fault, Reached.HOST) is setback


def test_closed_in_the_midst_is_a_loss() -> None:
    error = refusal_of(TARGET, "NetConnection.Connect.Closed", "", was_accepted=True)
    assert error.fault.code == "ingest.lost" and not error.is_final
