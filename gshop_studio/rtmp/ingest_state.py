"""The ingest's states: what a publisher has asked for so far, as one pure table."""

from __future__ import annotations

from enum import StrEnum

from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode


class IngestState(StrEnum):
    """What the peer has asked for so far, granted or not."""

    AWAITING_CONNECT = "awaiting_connect"
    CONNECTED = "connected"
    PUBLISHING = "publishing"
    REJECTED = "rejected"


class IngestStep(StrEnum):
    CONNECT = "connect"
    PUBLISH = "publish"
    FINISH = "finish"
    REJECT = "reject"


_NEXT: dict[tuple[IngestState, IngestStep], IngestState] = {
    (IngestState.AWAITING_CONNECT, IngestStep.CONNECT): IngestState.CONNECTED,
    (IngestState.CONNECTED, IngestStep.PUBLISH): IngestState.PUBLISHING,
    (IngestState.PUBLISHING, IngestStep.FINISH): IngestState.CONNECTED,
    **{(state, IngestStep.REJECT): IngestState.REJECTED for state in IngestState},
}


def next_state(state: IngestState, step: IngestStep) -> IngestState:
    """The state after a step.

    Raises:
        RtmpError: `wrong_state`, where the step is not allowed.
    """
    following = _NEXT.get((state, step))
    if following is None:
        raise RtmpError(RtmpErrorCode.WRONG_STATE, f"{step} while {state}")
    return following
