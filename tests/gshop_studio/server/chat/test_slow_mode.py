"""Slow mode keeps its distance, whatever the order of attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.server.chat.slow_mode import SlowMode
from gshop_studio.server.refusals import Refused

START = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


@given(
    wait_s=st.integers(1, 3600),
    attempts=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5000)), max_size=30),
    last=st.none() | st.integers(-5000, 0),
)
def test_nobody_writes_twice_within_the_wait(wait_s: int, attempts: list[tuple[str, int]], last: int | None) -> None:
    known = {"a": START + timedelta(seconds=last)} if last is not None else {}
    slow_mode, passed = SlowMode(wait_s, known), {name: [moment] for name, moment in known.items()}
    for name, second in sorted(attempts, key=lambda attempt: attempt[1]):
        now = START + timedelta(seconds=second)
        refusal = refusal_of(slow_mode, name, now)
        if refusal is None:
            passed.setdefault(name, []).append(now)
            continue
        assert refusal.code == "chat.slow_mode" and refusal.retry_after_s is not None
        assert passed[name][-1] + timedelta(seconds=wait_s) <= now + timedelta(seconds=refusal.retry_after_s)
        assert 1 <= refusal.retry_after_s <= wait_s
    for moments in passed.values():
        gaps = [later - earlier for earlier, later in pairwise(moments)]
        assert all(gap >= timedelta(seconds=wait_s) for gap in gaps)


@pytest.mark.parametrize("ahead_s", [0, 3, 3600])
def test_a_moment_still_to_come_is_now(ahead_s: int) -> None:
    """case 59: nobody waits longer than the wait, whatever another server's clock says."""
    refusal = refusal_of(SlowMode(5, {"a": START + timedelta(seconds=ahead_s)}), "a", START)
    assert refusal is not None and refusal.retry_after_s == 5


def refusal_of(slow_mode: SlowMode, name: str, now: datetime) -> Refused | None:
    try:
        slow_mode.pass_by(name, now)
    except Refused as refusal:
        return refusal
    return None
