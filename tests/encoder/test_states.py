"""The table of a broadcast's states."""

from __future__ import annotations

import pytest

from encoder.states import ON_AIR_STATES, Trigger, next_state
from gshop_studio.engine_protocol import EngineState


def test_a_broadcast_goes_live_is_interrupted_and_comes_back() -> None:
    state = EngineState.IDLE
    for trigger, expected in [
        (Trigger.GO_LIVE, EngineState.CONNECTING),
        (Trigger.ACCEPTED, EngineState.LIVE),
        (Trigger.INTERRUPTED, EngineState.RECONNECTING),
        (Trigger.INTERRUPTED, EngineState.RECONNECTING),
        (Trigger.ACCEPTED, EngineState.LIVE),
        (Trigger.STOP, EngineState.STOPPING),
        (Trigger.STOPPED, EngineState.IDLE),
    ]:
        following = next_state(state, trigger)
        assert following is expected
        state = expected


@pytest.mark.parametrize("state", [EngineState.CONNECTING, EngineState.LIVE, EngineState.RECONNECTING])
def test_a_stop_and_a_refusal_end_every_state_on_air(state: EngineState) -> None:
    assert next_state(state, Trigger.STOP) is EngineState.STOPPING
    assert next_state(state, Trigger.GAVE_UP) is EngineState.FAILED


@pytest.mark.parametrize("trigger", [Trigger.ACCEPTED, Trigger.INTERRUPTED, Trigger.GAVE_UP])
def test_late_reports_change_nothing_after_a_stop(trigger: Trigger) -> None:
    assert next_state(EngineState.STOPPING, trigger) is None
    assert next_state(EngineState.IDLE, trigger) is None


def test_only_one_broadcast_at_a_time() -> None:
    assert all(next_state(state, Trigger.GO_LIVE) is None for state in ON_AIR_STATES)


def test_every_state_has_a_way_back_to_idle() -> None:
    for state in EngineState:
        seen, open_states = {state}, [state]
        while open_states:
            current = open_states.pop()
            following = {next_state(current, trigger) for trigger in Trigger} - {None}
            open_states += [one for one in following if one is not None and one not in seen]
            seen |= {one for one in following if one is not None}
        assert EngineState.IDLE in seen
