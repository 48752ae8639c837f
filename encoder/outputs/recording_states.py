"""The states of a recording, and what moves it from one to another. Pure."""

from __future__ import annotations

from enum import Enum, auto


class RecordingState(Enum):
    NEW = auto()
    RUNNING = auto()
    FINISHING = auto()
    """No more packets; the file is being made whole."""
    ENDED = auto()


class RecordingTrigger(Enum):
    OPENED = auto()
    STOPPED = auto()
    BROKE = auto()
    """The disk is full or broken, or the encoders have failed."""
    FINISHED = auto()


TRANSITIONS: dict[tuple[RecordingState, RecordingTrigger], RecordingState] = {
    (RecordingState.NEW, RecordingTrigger.OPENED): RecordingState.RUNNING,
    (RecordingState.NEW, RecordingTrigger.BROKE): RecordingState.ENDED,
    (RecordingState.RUNNING, RecordingTrigger.STOPPED): RecordingState.FINISHING,
    (RecordingState.RUNNING, RecordingTrigger.BROKE): RecordingState.FINISHING,
    (RecordingState.FINISHING, RecordingTrigger.FINISHED): RecordingState.ENDED,
}
"""Every other trigger changes nothing: the first reason to end is the one that counts."""
