"""What goes over the bus is data."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.contract.events import Room
from gshop_studio.server.realtime.outgoing import Outgoing, decode, encode

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=5
)


@given(st.text(), st.dictionaries(st.text(), values), st.sampled_from(Room), st.none() | st.text(), st.booleans())
def test_an_event_comes_as_it_went(text: str, data: dict[str, Any], room: Room, person: str | None, last: bool) -> None:
    outgoing = Outgoing(text, "live:message", data, room, person, last)
    assert decode(encode(outgoing, "here").encode()) == ("here", outgoing)


@pytest.mark.parametrize(
    "payload",
    [
        pickle.dumps({"method": "emit", "event": "x"}),
        b"\x80\x04cos\nsystem\n(S'true'\ntR.",
        b"",
        b"[]",
        b"null",
        b'{"from":1}',
        b'{"from":"a","stream":"s","event":"e","data":[],"room":"everybody","person":null,"last":false}',
        b'{"from":"a","stream":"s","event":"e","data":{},"room":"kitchen","person":null,"last":false}',
        b'{"from":"a","stream":"s","event":"e","data":{},"room":"staff","person":5,"last":false}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_none_of_ours_is_refused(payload: bytes) -> None:
    """case 10: a pickle from Redis is bytes that are not JSON, no more."""
    with pytest.raises(ValueError):
        decode(payload)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_whatever_comes_is_an_event_or_refused(payload: bytes | str) -> None:
    try:
        decode(payload)
    except ValueError:
        return
