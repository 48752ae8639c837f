"""When a host is alerted of a product."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gshop_studio.domain.product_alerts import (
    HOT_PAUSE_MS,
    HOT_SOLD,
    HOT_WINDOW_MS,
    LOOK_EVERY_MS,
    SHOWN_MS,
    WATCHING,
    AlertMemory,
    AlertType,
    after_look,
    after_sale,
    after_stock,
    sold_lately,
    stock_level,
)

NOW = 1_800_000_000_000


def stock_alerts(first: int, stocks: list[int]) -> list[int]:
    """The stocks that were alerted of."""
    memory, told = AlertMemory.begin(first), []
    for stock in stocks:
        memory, alert = after_stock(memory, stock)
        if alert is not None:
            assert alert is AlertType.LOW_STOCK
            told.append(stock)
    return told


@pytest.mark.parametrize(
    ("first", "stocks", "told"),
    [
        (100, list(range(99, -1, -1)), [10, 3, 0]),
        (20, list(range(19, -1, -1)), [3, 0]),
        (2, [1, 0], [0]),
        (0, [0, 5, 0], [0]),
        (100, [50, 0], [0]),
        (100, [9, 50, 9], [9, 9]),
        (100, [9, 8, 9, 8], [9]),
    ],
)
def test_each_threshold_is_told_once_until_the_stock_was_above_it(
    first: int, stocks: list[int], told: list[int]
) -> None:
    assert stock_alerts(first, stocks) == told


@given(first=st.integers(0, 1000), stocks=st.lists(st.integers(0, 1000), max_size=50))
def test_a_rising_stock_is_never_told_and_a_falling_one_three_times_at_most(first: int, stocks: list[int]) -> None:
    assert stock_alerts(first, sorted(stock for stock in stocks if stock >= first)) == []
    falling = stock_alerts(first, sorted((stock for stock in stocks if stock <= first), reverse=True))
    assert len(falling) <= 3 and falling == sorted(falling, reverse=True)


@given(stock=st.integers(-5, 2000), first=st.integers(0, 2000))
def test_less_stock_is_never_a_better_level(stock: int, first: int) -> None:
    assert stock_level(stock - 1, first) >= stock_level(stock, first)


def test_five_sold_in_five_minutes_is_hot_and_told_again_after_ten() -> None:
    memory, alerts = AlertMemory.begin(1000), []
    for minute in range(26):
        memory, alert = after_sale(memory, 2, NOW + minute * 60_000)
        if alert is not None:
            alerts.append(minute)
    assert alerts == [2, 12, 22]


def test_slow_sales_are_not_hot() -> None:
    memory = AlertMemory.begin(1000)
    for number in range(20):
        memory, alert = after_sale(memory, 1, NOW + number * HOT_WINDOW_MS // 4 + number * 6000)
        assert alert is None


def test_three_minutes_shown_to_ten_without_a_click_is_no_interest_once() -> None:
    memory, told = AlertMemory.begin(5), []
    for look in range(60):
        now = NOW + look * LOOK_EVERY_MS
        memory, alert = after_look(memory, highlighted_at_ms=NOW, viewers=WATCHING, has_interest=False, now_ms=now)
        if alert is not None:
            told.append(look * LOOK_EVERY_MS)
    assert told == [SHOWN_MS]


@pytest.mark.parametrize(
    ("viewers", "has_interest", "is_shown"), [(WATCHING - 1, False, True), (500, True, True), (500, False, False)]
)
def test_few_viewers_a_click_or_no_card_are_no_reason(viewers: int, has_interest: bool, is_shown: bool) -> None:
    memory = AlertMemory.begin(5)
    for look in range(100):
        memory, alert = after_look(
            memory,
            highlighted_at_ms=NOW if is_shown else None,
            viewers=viewers,
            has_interest=has_interest,
            now_ms=NOW + look * LOOK_EVERY_MS,
        )
        assert alert is None


def test_while_nobody_looked_little_counts_as_shown() -> None:
    """The server was down: what it did not see is not held against the product."""
    memory = AlertMemory.begin(5)
    for now in (NOW, NOW + 3_600_000):
        memory, alert = after_look(memory, highlighted_at_ms=NOW, viewers=50, has_interest=False, now_ms=now)
        assert alert is None


class Evening(RuleBasedStateMachine):
    """A product in any evening: the memory stays small and comes back from JSON as it was."""

    @initialize(stock=st.integers(0, 500))
    def begin(self, stock: int) -> None:
        self.now = NOW
        self.stock = stock
        self.memory = AlertMemory.begin(stock)
        self.last_hot: int | None = None
        self.no_interest = 0

    @rule(ms=st.integers(0, 15 * 60_000))
    def wait(self, ms: int) -> None:
        self.now += ms

    @rule(stock=st.integers(0, 500))
    def restock(self, stock: int) -> None:
        before = stock_level(self.stock, self.memory.stock_at_first)
        self.stock = stock
        self.memory, alert = after_stock(self.memory, stock)
        assert (alert is not None) == (self.memory.level > before)

    @rule(number=st.integers(1, 9))
    def sell(self, number: int) -> None:
        self.memory, alert = after_sale(self.memory, number, self.now)
        if alert is not None:
            assert sold_lately(self.memory, self.now) >= HOT_SOLD
            assert self.last_hot is None or self.now - self.last_hot >= HOT_PAUSE_MS
            self.last_hot = self.now

    @rule(is_shown=st.booleans(), viewers=st.integers(0, 30), has_interest=st.booleans())
    def look(self, is_shown: bool, viewers: int, has_interest: bool) -> None:
        since = self.now - 5000 if is_shown else None
        before = self.memory.shown_ms
        self.memory, alert = after_look(
            self.memory, highlighted_at_ms=since, viewers=viewers, has_interest=has_interest, now_ms=self.now
        )
        assert 0 <= self.memory.shown_ms - before <= 3 * LOOK_EVERY_MS
        self.no_interest += alert is AlertType.NO_INTEREST
        assert self.no_interest <= 1

    @invariant()
    def is_kept_whole(self) -> None:
        kept = json.loads(json.dumps(self.memory.to_json()))
        assert AlertMemory.parse(kept, 0) == self.memory
        assert len(self.memory.sales) <= HOT_WINDOW_MS // 5_000 + 2


TestEvening = Evening.TestCase


def test_nothing_kept_begins_anew() -> None:
    assert AlertMemory.parse({}, 7) == AlertMemory.begin(7) == replace(AlertMemory.begin(7), sales=())
