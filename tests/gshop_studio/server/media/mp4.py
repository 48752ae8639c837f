"""Playing of init and media segments by PyAV, strictly: what decodes, when, and what the decoder complains of."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av
import av.container
import av.logging


@dataclass
class Decoded:
    video_pts_s: list[Fraction] = field(default_factory=list)
    audio_pts_s: list[Fraction] = field(default_factory=list)
    audio_samples: int = 0
    channels: int = 0
    width: int = 0
    height: int = 0
    complaints: list[str] = field(default_factory=list)


def decode(init: bytes, segments: Sequence[bytes]) -> Decoded:
    """Every frame of a run of segments with one init segment, in the order of presentation."""
    found = Decoded()
    level = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        _decode_into(found, io.BytesIO(init + b"".join(segments)))
    finally:
        av.logging.set_level(level)
    return found


def _decode_into(found: Decoded, file: io.BytesIO) -> None:
    with av.logging.Capture() as log, av.open(file, format="mp4") as container:
        assert isinstance(container, av.container.InputContainer)
        for frame in container.decode():
            assert frame.pts is not None and frame.time_base is not None
            at_s = frame.pts * frame.time_base
            if isinstance(frame, av.VideoFrame):
                found.video_pts_s.append(at_s)
                found.width, found.height = frame.width, frame.height
            elif isinstance(frame, av.AudioFrame):
                found.audio_pts_s.append(at_s)
                found.audio_samples += frame.samples
                found.channels = frame.layout.nb_channels
    found.complaints = [text for _, _, text in log]
