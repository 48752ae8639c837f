"""Counting in memory: as the library counts, without its price."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from limits import parse
from limits.aio.strategies import MovingWindowRateLimiter

from gshop_studio.server.rate_memory import SWEEP_EVERY_S, RateMemory


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@given(st.lists(st.floats(0.01, 4), min_size=1, max_size=60), st.integers(1, 5))
async def test_never_more_than_allowed_in_any_window(gaps: list[float], amount: int) -> None:
    clock = Clock()
    limiter, item = MovingWindowRateLimiter(RateMemory(clock)), parse(f"{amount}/5 seconds")
    taken: list[float] = []
    for gap in gaps:
        clock.now_s += gap
        within = [moment for moment in taken if moment > clock.now_s - 5]
        assert await limiter.test(item, "who") is (len(within) < amount)
        assert await limiter.hit(item, "who") is (len(within) < amount)
        if len(within) < amount:
            taken.append(clock.now_s)
        reset = (await limiter.get_window_stats(item, "who")).reset_time
        assert clock.now_s < reset <= clock.now_s + 5
    assert await limiter.hit(item, "another")


async def test_a_clock_set_back_locks_nobody_out() -> None:
    clock = Clock()
    memory = RateMemory(clock)
    limiter, item = MovingWindowRateLimiter(memory), parse("2/10 seconds")
    for _ in range(3):
        await limiter.hit(item, "who")
    await limiter.hit(item, "another")
    clock.now_s -= 500
    assert [await limiter.hit(item, "who") for _ in range(3)] == [True, True, False]
    assert (await limiter.get_window_stats(item, "who")).reset_time <= clock.now_s + 10
    assert memory.key_count == 1, "what another did is in the future, and means nothing"


async def test_who_does_not_come_back_is_forgotten() -> None:
    clock = Clock()
    memory = RateMemory(clock)
    limiter, item = MovingWindowRateLimiter(memory), parse("2/10 seconds")
    for number in range(500):
        await limiter.hit(item, f"address {number}")
    assert memory.key_count == 500
    clock.now_s += SWEEP_EVERY_S
    await limiter.hit(item, "one more")
    assert memory.key_count == 1
