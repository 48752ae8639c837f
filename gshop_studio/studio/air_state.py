"""What the seller must know at a glance: on air or not. One pure function of the show and the engine."""

from __future__ import annotations

from enum import StrEnum

from gshop_studio.engine_protocol import EngineState
from gshop_studio.studio.engine_room import EngineSnapshot
from gshop_studio.studio.going_live import ShowPhase, ShowSnapshot
from gshop_studio.studio.trouble import Trouble


class AirState(StrEnum):
    OFF = "off"
    CONNECTING = "connecting"
    ON_AIR = "on_air"
    RECONNECTING = "reconnecting"
    FAILED = "failed"
    """A show is on, but the engine has given up sending."""
    ENDING = "ending"


_OF_ENGINE = {
    EngineState.LIVE: AirState.ON_AIR,
    EngineState.CONNECTING: AirState.CONNECTING,
    EngineState.RECONNECTING: AirState.RECONNECTING,
    EngineState.FAILED: AirState.FAILED,
    EngineState.STOPPING: AirState.ENDING,
    EngineState.IDLE: AirState.CONNECTING,
}


def air_state(show: ShowSnapshot, engine: EngineSnapshot) -> AirState:
    """The state of the show as its viewers feel it."""
    if show.phase is ShowPhase.STARTING:
        return AirState.CONNECTING
    if show.phase is ShowPhase.ENDING:
        return AirState.ENDING
    if show.phase is not ShowPhase.ON_AIR:
        return AirState.OFF
    return _OF_ENGINE[engine.status.state] if engine.status is not None else AirState.RECONNECTING


def air_trouble(show: ShowSnapshot, engine: EngineSnapshot) -> Trouble | None:
    """Why it is so: the show's own trouble first, then what the engine says."""
    if show.trouble is not None:
        return show.trouble
    if engine.status is not None and engine.status.fault is not None:
        return Trouble.of_fault(engine.status.fault)
    return engine.trouble
