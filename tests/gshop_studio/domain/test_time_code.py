"""The burned-in time code, as bits and as blocks of a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain import time_code
from gshop_studio.domain.quality import QUALITY_TABLE

times = st.integers(0, 2**44 - 1)


@given(times)
def test_what_was_encoded_is_read_back(utc_ms: int) -> None:
    assert time_code.decode(time_code.encode(utc_ms)) == utc_ms


@given(times, st.integers(0, time_code.BIT_COUNT - 1))
def test_one_wrong_block_is_noticed(utc_ms: int, index: int) -> None:
    bits = list(time_code.encode(utc_ms))
    bits[index] ^= 1
    assert time_code.decode(bits) is None


@pytest.mark.parametrize("size", [(s.width, s.height) for s in QUALITY_TABLE.values()] + [(720, 1280), (360, 640)])
def test_the_blocks_fit_every_picture(size: tuple[int, int]) -> None:
    layout = time_code.layout_for(*size)
    assert layout.block >= 4 and layout.block % 2 == 0
    assert layout.strip_width <= size[0] and layout.strip_height <= size[1]


@given(times)
def test_a_picture_is_read_by_the_middle_of_each_block(utc_ms: int) -> None:
    width, height = 640, 360
    layout = time_code.layout_for(width, height)
    bits = time_code.encode(utc_ms)

    def luma_at(x: int, y: int) -> int:
        assert layout.top <= y < layout.top + layout.block
        return 235 if bits[(x - layout.left) // layout.block] else 16

    assert time_code.read(luma_at, width, height) == utc_ms


def test_a_dark_picture_has_no_time_code() -> None:
    assert time_code.read(lambda _x, _y: 16, 1280, 720) is None


@pytest.mark.parametrize("utc_ms", [-1, 2**44])
def test_a_moment_out_of_range_is_refused(utc_ms: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        time_code.encode(utc_ms)
