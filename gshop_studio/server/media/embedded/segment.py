"""What the packager hands over: one segment of media, ready to be served."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.server.media.embedded.init_segment import InitSegment


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment (fMP4 fragment) and what a playlist says about it."""

    init: InitSegment
    data: bytes
    duration_s: float
    program_time_ms: int
    """UTC of the segment's earliest sample."""
    starts_with_keyframe: bool
    is_discontinuity: bool
    """Whether time stamps or configuration do not follow on from the segment before it."""
