"""The publisher's states on its way to being on air, as one pure table."""

from __future__ import annotations

from enum import StrEnum

from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode


class PublisherState(StrEnum):
    IDLE = "idle"
    HANDSHAKING = "handshaking"
    CONNECTING = "connecting"
    CREATING_STREAM = "creating_stream"
    AWAITING_START = "awaiting_start"
    PUBLISHING = "publishing"
    REFUSED = "refused"
    FINISHED = "finished"


class PublisherStep(StrEnum):
    START = "start"
    SHAKEN = "shaken"
    CONNECTED = "connected"
    CREATED = "created"
    STARTED = "started"
    REFUSED = "refused"
    FINISHED = "finished"


_NEXT: dict[tuple[PublisherState, PublisherStep], PublisherState] = {
    (PublisherState.IDLE, PublisherStep.START): PublisherState.HANDSHAKING,
    (PublisherState.HANDSHAKING, PublisherStep.SHAKEN): PublisherState.CONNECTING,
    (PublisherState.CONNECTING, PublisherStep.CONNECTED): PublisherState.CREATING_STREAM,
    (PublisherState.CREATING_STREAM, PublisherStep.CREATED): PublisherState.AWAITING_START,
    (PublisherState.AWAITING_START, PublisherStep.STARTED): PublisherState.PUBLISHING,
    **{
        (state, PublisherStep.REFUSED): PublisherState.REFUSED
        for state in PublisherState
        if state not in (PublisherState.REFUSED, PublisherState.FINISHED)
    },
    **{(state, PublisherStep.FINISHED): PublisherState.FINISHED for state in PublisherState},
}


def next_state(state: PublisherState, step: PublisherStep) -> PublisherState:
    """The state after a step.

    Raises:
        RtmpError: `wrong_state`, where the step is not allowed.
    """
    following = _NEXT.get((state, step))
    if following is None:
        raise RtmpError(RtmpErrorCode.WRONG_STATE, f"{step} while {state}")
    return following
