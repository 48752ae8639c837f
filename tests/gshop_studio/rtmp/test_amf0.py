"""AMF0: every type there and back, and a budget for what a peer may ask."""

from __future__ import annotations

import contextlib
import math
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gshop_studio.rtmp import AmfLimits, RtmpError, RtmpErrorCode
from gshop_studio.rtmp.amf0 import UNDEFINED, AmfDate, EcmaArray, decode, encode
from gshop_studio.rtmp.limits import DEFAULT_AMF_LIMITS

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | _TEXT
    | st.just(UNDEFINED)
    | st.builds(AmfDate, st.floats(allow_nan=False), st.integers(-720, 720))
)
_KEYS = _TEXT.filter(bool)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_KEYS, inner, max_size=4)
        | st.dictionaries(_KEYS, inner, max_size=4).map(EcmaArray)
    ),
    max_leaves=12,
)


def _code_of(data: bytes, limits: AmfLimits = DEFAULT_AMF_LIMITS) -> RtmpErrorCode:
    with pytest.raises(RtmpError) as caught:
        decode(data, limits)
    return caught.value.code


@settings(deadline=None, max_examples=200)
@given(st.lists(_VALUES, max_size=4))
def test_what_is_written_is_read(values: list[Any]) -> None:
    read = decode(encode(*values))
    assert read == values
    assert [type(value) for value in read] == [type(value) for value in values]


def test_numbers_may_be_anything_a_double_is() -> None:
    nan, infinite, whole = decode(encode(math.nan, -math.inf, 3))
    assert math.isnan(nan) and infinite == -math.inf and whole == 3.0


def test_long_strings_have_a_form_of_their_own() -> None:
    text = "é" * 40_000
    assert encode(text)[0] == 0x0C
    assert decode(encode(text), AmfLimits(max_string_bytes=80_000)) == [text]


def test_types_that_old_peers_send_are_understood() -> None:
    typed = b"\x10\x00\x04Name\x00\x01a\x05\x00\x00\x09"
    xml = b"\x0f\x00\x00\x00\x04<a/>"
    assert decode(typed + xml + b"\x0d") == [{"a": None}, "<a/>", UNDEFINED]


def test_an_ecma_arrays_count_is_only_a_hint() -> None:
    assert decode(b"\x08\xff\xff\xff\xff\x00\x01a\x01\x01\x00\x00\x09") == [{"a": True}]


def test_broken_text_is_replaced_not_fatal() -> None:
    assert decode(b"\x02\x00\x02a\xff") == ["a\ufffd"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00",
        b"\x01",
        b"\x02\x00\x05abc",
        b"\x03\x00\x01a",
        b"\x03\x00\x00",
        b"\x0a\x00\x00\x00\x02\x05",
        b"\x0b\x00",
        b"\x07\x00\x00",
        b"\x11\x00",
        b"\xff",
    ],
)
def test_cut_short_or_unknown(data: bytes) -> None:
    """case 52"""
    assert _code_of(data) is RtmpErrorCode.BAD_AMF


@pytest.mark.parametrize("level", [b"\x03\x00\x01a", b"\x08\x00\x00\x00\x01\x00\x01a", b"\x0a\x00\x00\x00\x01"])
def test_depth_has_a_budget(level: bytes) -> None:
    """case 52"""
    assert _code_of(level * 10_000) is RtmpErrorCode.AMF_BUDGET
    assert decode(encode([[[]]]), AmfLimits(max_depth=3)) == [[[[]]]]
    assert _code_of(encode([[[[]]]]), AmfLimits(max_depth=3)) is RtmpErrorCode.AMF_BUDGET


def test_huge_counts_are_refused_before_anything_is_made() -> None:
    """case 52"""
    assert _code_of(b"\x0a\xff\xff\xff\xff") is RtmpErrorCode.AMF_BUDGET
    assert _code_of(b"\x05" * 2000) is RtmpErrorCode.AMF_BUDGET
    assert decode(b"\x05" * 10, AmfLimits(max_values=10)) == [None] * 10
    assert _code_of(b"\x05" * 11, AmfLimits(max_values=10)) is RtmpErrorCode.AMF_BUDGET
    assert _code_of(encode([None] * 10), AmfLimits(max_values=10)) is RtmpErrorCode.AMF_BUDGET


def test_text_has_a_budget_keys_included() -> None:
    """case 52"""
    limits = AmfLimits(max_string_bytes=10)
    assert decode(encode("x" * 10), limits) == ["x" * 10]
    assert _code_of(encode("x" * 11), limits) is RtmpErrorCode.AMF_BUDGET
    assert _code_of(encode({"k" * 6: "x" * 5}), limits) is RtmpErrorCode.AMF_BUDGET
    assert _code_of(b"\x0c\xff\xff\xff\xff") is RtmpErrorCode.AMF_BUDGET


def test_what_has_no_form_is_the_callers_mistake() -> None:
    with pytest.raises(TypeError):
        encode(object())
    with pytest.raises(ValueError):
        encode({"k" * 65_536: 1})
    with pytest.raises(struct.error):
        encode(AmfDate(0.0, 1 << 20))


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_are_values_or_an_rtmp_error(data: bytes) -> None:
    """case 52"""
    with contextlib.suppress(RtmpError):
        decode(data)
