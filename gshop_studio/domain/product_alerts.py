"""When the host is alerted of a product on air: the rules, pure. Amounts of time are milliseconds of one clock.

- `low_stock`: what can be bought falls to 10 % of what it was when the product was added, then to 3, then to 0; each
  threshold once, and again after the stock has been above it.
- `hot_selling`: 5 or more sold within 5 min; at most once in 10 min.
- `no_interest`: highlighted for 3 min in all while 10 or more watched, with no click and nothing sold; once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

FEW = 3
SHARE_PERCENT = 10
HOT_SOLD = 5
HOT_WINDOW_MS = 5 * 60_000
HOT_PAUSE_MS = 10 * 60_000
SHOWN_MS = 3 * 60_000
WATCHING = 10
LOOK_EVERY_MS = 10_000
MOST_BETWEEN_LOOKS_MS = 3 * LOOK_EVERY_MS
"""Between two looks at a highlighted product no more than this counts as shown: nobody knows of the rest."""
_BUCKET_MS = 5_000


class AlertType(StrEnum):
    LOW_STOCK = "low_stock"
    HOT_SELLING = "hot_selling"
    NO_INTEREST = "no_interest"


@dataclass(frozen=True, slots=True)
class AlertMemory:
    """What is remembered of one product in one show."""

    stock_at_first: int
    level: int
    """The last stock threshold passed: 0 none, 1 the share, 2 few, 3 nothing left."""
    sales: tuple[tuple[int, int], ...] = ()
    """Of the last minutes: when (to 5 s), and how many."""
    hot_told_ms: int | None = None
    shown_ms: int = 0
    seen_ms: int | None = None
    """When it was last seen highlighted with enough people watching."""
    did_tell_no_interest: bool = False

    @classmethod
    def begin(cls, stock: int) -> AlertMemory:
        """Of a product just added: what is low from the start is no news."""
        return cls(stock_at_first=stock, level=stock_level(stock, stock))

    @classmethod
    def parse(cls, kept: Mapping[str, Any], stock: int) -> AlertMemory:
        """From what `to_json` made; begun anew where nothing was kept."""
        if not kept:
            return cls.begin(stock)
        return cls(**{**kept, "sales": tuple((int(at), int(number)) for at, number in kept["sales"])})

    def to_json(self) -> dict[str, Any]:
        return {
            "stock_at_first": self.stock_at_first,
            "level": self.level,
            "sales": [list(sale) for sale in self.sales],
            "hot_told_ms": self.hot_told_ms,
            "shown_ms": self.shown_ms,
            "seen_ms": self.seen_ms,
            "did_tell_no_interest": self.did_tell_no_interest,
        }


def stock_level(stock: int, stock_at_first: int) -> int:
    """The lowest threshold that `stock` has reached."""
    if stock <= 0:
        return 3
    if stock <= FEW:
        return 2
    return 1 if stock * 100 <= stock_at_first * SHARE_PERCENT else 0


def after_stock(memory: AlertMemory, stock: int) -> tuple[AlertMemory, AlertType | None]:
    """The stock is this now."""
    level = stock_level(stock, memory.stock_at_first)
    alert = AlertType.LOW_STOCK if level > memory.level else None
    return replace(memory, level=level), alert


def after_sale(memory: AlertMemory, number: int, now_ms: int) -> tuple[AlertMemory, AlertType | None]:
    """So many were sold now."""
    bucket = now_ms - now_ms % _BUCKET_MS
    sales = {at: count for at, count in memory.sales if now_ms - at <= HOT_WINDOW_MS}
    sales[bucket] = sales.get(bucket, 0) + number
    memory = replace(memory, sales=tuple(sorted(sales.items())))
    if sold_lately(memory, now_ms) < HOT_SOLD:
        return memory, None
    if memory.hot_told_ms is not None and 0 <= now_ms - memory.hot_told_ms < HOT_PAUSE_MS:
        return memory, None
    return replace(memory, hot_told_ms=now_ms), AlertType.HOT_SELLING


def sold_lately(memory: AlertMemory, now_ms: int) -> int:
    """How many were sold within the window."""
    return sum(number for at, number in memory.sales if now_ms - at <= HOT_WINDOW_MS)


def after_look(
    memory: AlertMemory, *, highlighted_at_ms: int | None, viewers: int, has_interest: bool, now_ms: int
) -> tuple[AlertMemory, AlertType | None]:
    """The product is looked at from time to time while the show runs. `highlighted_at_ms` is None where it is not
    highlighted; `has_interest`: somebody clicked or bought."""
    if memory.did_tell_no_interest or has_interest:
        return memory, None
    if highlighted_at_ms is None or viewers < WATCHING:
        return replace(memory, seen_ms=None), None
    seen_ms = now_ms if memory.seen_ms is None else memory.seen_ms
    is_new = memory.seen_ms is None and now_ms - highlighted_at_ms <= LOOK_EVERY_MS
    since_ms = highlighted_at_ms if is_new else max(highlighted_at_ms, seen_ms)
    shown_ms = memory.shown_ms + min(max(0, now_ms - since_ms), MOST_BETWEEN_LOOKS_MS)
    is_told = shown_ms >= SHOWN_MS
    memory = replace(memory, shown_ms=shown_ms, seen_ms=now_ms, did_tell_no_interest=is_told)
    return memory, AlertType.NO_INTEREST if is_told else None
