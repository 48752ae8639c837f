"""A channel's last second."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from encoder.sound.history import SampleHistory
from tests.encoder.sound.sources import numbered


@given(st.lists(st.integers(1, 900), min_size=1, max_size=40), st.integers(0, 500), st.integers(1, 400))
def test_what_is_kept_is_found_in_its_place(counts: list[int], age: int, count: int) -> None:
    history = SampleHistory(1000)
    history.restart(5000)
    for step in counts:
        history.append(numbered(history.end, step))
    start = history.end - age - count
    got = history.get(start, count)
    expected = numbered(start, count)
    expected[:, : max(0, 5000 - start)] = 0
    np.testing.assert_array_equal(got, expected)


def test_outside_of_it_is_silence() -> None:
    history = SampleHistory(100)
    history.restart(1000)
    history.append(np.ones((2, 50), np.float32))
    got = history.get(990, 70)
    assert got[0].tolist() == [0.0] * 10 + [1.0] * 50 + [0.0] * 10
    history.append(np.full((2, 300), 2, np.float32))
    assert history.end == 1350
    assert history.get(1250, 100)[1].tolist() == [2.0] * 100
