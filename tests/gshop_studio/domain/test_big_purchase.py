"""Which orders stand out."""

from __future__ import annotations

import pytest

from gshop_studio.domain.big_purchase import is_big_purchase


@pytest.mark.parametrize(
    ("total", "earlier", "is_big"),
    [(3000, [1000] * 5, True), (2999, [1000] * 5, False), (9000, [1000] * 4, False), (0, [0] * 9, False)],
)
def test_which_purchase_is_big(total: int, earlier: list[int], is_big: bool) -> None:
    assert is_big_purchase(total, earlier) is is_big
