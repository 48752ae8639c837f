"""What tests on a whole broadcast ask of its pictures and sound: is anything missing, and what is to be seen now."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import av
import numpy as np

from encoder.picture import plane_rows
from tests.encoder.ingest import Ingest, Publication
from tests.encoder.media import time_code_of

TICK_MS = 1000 / 30


def missing_ticks(stamps_ms: Sequence[int]) -> int:
    """Ticks without a picture, between the first picture and the last; stamps that do not rise are an error."""
    steps = [later - earlier for earlier, later in pairwise(stamps_ms)]
    assert all(step > 0 for step in steps), "time stamps only rise"
    return sum(round(step / TICK_MS) - 1 for step in steps)


def assert_whole_sound(stamps_ms: Sequence[int]) -> None:
    """Each AAC frame follows the one before, 21 or 22 ms later."""
    gaps = [(earlier, later) for earlier, later in pairwise(stamps_ms) if not 20 <= later - earlier <= 23]
    assert not gaps, gaps


def stamps_ms(publications: Sequence[Publication]) -> list[int]:
    """Of all pictures, over all connections."""
    return [sample.timestamp_ms for publication in publications for sample in list(publication.pictures)]


def time_codes_ms(frames: Sequence[av.VideoFrame]) -> list[int]:
    """When each picture was captured, as it says itself; each must say it."""
    codes = [time_code_of(frame) for frame in frames]
    assert None not in codes
    return [code for code in codes if code is not None]


def newest_picture(ingest: Ingest) -> av.VideoFrame:
    """What a viewer sees now."""
    publication = ingest.publications[-1]
    samples = list(publication.pictures)
    start = max(index for index, sample in enumerate(samples) if sample.is_keyframe)
    decoder = av.VideoCodecContext.create("h264", "r")
    decoder.extradata = publication.avc_configs[-1]
    frames: list[av.VideoFrame] = []
    for sample in samples[start:]:
        frames += decoder.decode(av.Packet(sample.payload))
    return (frames + decoder.decode(None))[-1]


def brightness(
    frame: av.VideoFrame, left: float = 0.0, top: float = 0.0, right: float = 1.0, bottom: float = 1.0
) -> float:
    """The mean of luma in a part of the picture, whose sides are shares of it."""
    luma = plane_rows(frame.planes[0])[: frame.height, : frame.width]
    part = luma[
        int(top * frame.height) : int(bottom * frame.height), int(left * frame.width) : int(right * frame.width)
    ]
    return float(np.mean(part))
