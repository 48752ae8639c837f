"""A channel's settings on the wire."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.errors import EngineError
from encoder.sound.settings import ChannelSettings


def test_what_is_sent_comes_back() -> None:
    settings = ChannelSettings(gain_db=-3.5, is_muted=True, delay_ms=120, noise_suppression=True, gate_threshold_db=-50)
    assert ChannelSettings.from_wire(json.loads(json.dumps(settings.to_wire()))) == settings


def test_a_part_changes_only_that_part() -> None:
    before = ChannelSettings(gain_db=6, compressor=True)
    assert ChannelSettings.from_wire({"is_muted": True}, before) == ChannelSettings(
        gain_db=6, compressor=True, is_muted=True
    )


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"gain_db": 31}, "gain_db"),
        ({"gain_db": True}, "gain_db"),
        ({"gain_db": math.nan}, "gain_db"),
        ({"gain_db": "3"}, "gain_db"),
        ({"delay_ms": -1}, "delay_ms"),
        ({"delay_ms": 1001}, "delay_ms"),
        ({"is_muted": 1}, "is_muted"),
        ({"limiter": None}, "limiter"),
        ({"reverb": True}, "reverb"),
        ([], "channel"),
        (None, "channel"),
    ],
)
def test_nonsense_is_refused_by_name(data: Any, field: str) -> None:
    with pytest.raises(EngineError) as raised:
        ChannelSettings.from_wire(data)
    assert raised.value.fault.code == "engine.bad_request"
    assert raised.value.fault.params == {"reason": field}


_JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([1])


@given(st.dictionaries(st.sampled_from([*ChannelSettings().to_wire(), "other"]), _JSON))
def test_anything_is_taken_whole_or_refused(data: dict[str, Any]) -> None:
    try:
        settings = ChannelSettings.from_wire(data)
    except EngineError:
        return
    assert -120 <= settings.gain_db <= 30
    assert 0 <= settings.delay_ms <= 1000
    assert all(isinstance(settings.to_wire()[name], type(value)) for name, value in ChannelSettings().to_wire().items())
