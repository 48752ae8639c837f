"""The life of a broadcast: what may follow what, as one pure table over `engine_protocol.EngineState`."""

from __future__ import annotations

from enum import StrEnum

from gshop_studio.engine_protocol import EngineState


class Trigger(StrEnum):
    """What moves a broadcast from one state to the next."""

    GO_LIVE = "go_live"
    ACCEPTED = "accepted"
    """Media of ours is known to have arrived. An accepted publish alone is not enough."""
    INTERRUPTED = "interrupted"
    """The attempt failed or the connection was lost; another attempt will be made."""
    GAVE_UP = "gave_up"
    """Refused for good, or the encoder failed: no further attempt."""
    STOP = "stop"
    STOPPED = "stopped"


_S = EngineState

_NEXT: dict[tuple[EngineState, Trigger], EngineState] = {
    (_S.IDLE, Trigger.GO_LIVE): _S.CONNECTING,
    (_S.FAILED, Trigger.GO_LIVE): _S.CONNECTING,
    (_S.CONNECTING, Trigger.ACCEPTED): _S.LIVE,
    (_S.RECONNECTING, Trigger.ACCEPTED): _S.LIVE,
    (_S.CONNECTING, Trigger.INTERRUPTED): _S.RECONNECTING,
    (_S.LIVE, Trigger.INTERRUPTED): _S.RECONNECTING,
    (_S.RECONNECTING, Trigger.INTERRUPTED): _S.RECONNECTING,
    (_S.CONNECTING, Trigger.GAVE_UP): _S.FAILED,
    (_S.LIVE, Trigger.GAVE_UP): _S.FAILED,
    (_S.RECONNECTING, Trigger.GAVE_UP): _S.FAILED,
    (_S.CONNECTING, Trigger.STOP): _S.STOPPING,
    (_S.LIVE, Trigger.STOP): _S.STOPPING,
    (_S.RECONNECTING, Trigger.STOP): _S.STOPPING,
    (_S.STOPPING, Trigger.STOPPED): _S.IDLE,
    (_S.FAILED, Trigger.STOPPED): _S.IDLE,
}

ON_AIR_STATES = frozenset({_S.CONNECTING, _S.LIVE, _S.RECONNECTING, _S.STOPPING})
"""States in which a broadcast exists: its sources' quality is fixed and another one cannot begin."""


def next_state(state: EngineState, trigger: Trigger) -> EngineState | None:
    """The state after a trigger, or None where it changes nothing (a late report after a stop, for example)."""
    return _NEXT.get((state, trigger))
