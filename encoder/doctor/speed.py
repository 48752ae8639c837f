"""How much faster than real time this machine encodes each quality: x264 on the test card with noise over it."""

from __future__ import annotations

import time
from collections.abc import Callable

import av
import numpy as np

from encoder.clock import US_PER_S
from encoder.encoders.video_encoder import VideoEncoder
from encoder.errors import EncoderError
from encoder.picture import PIXEL_FORMAT, PictureSize
from encoder.sources.source import ColourMatrix
from encoder.sources.test_card import TestCard
from gshop_studio.domain.doctor_report import Check, CheckResult, Facts, Verdict
from gshop_studio.domain.quality import FRAMES_PER_SECOND, QUALITY_TABLE, Quality
from gshop_studio.domain.quality_advice import NEEDED_SPEED, speed_fact

_PICTURES = 5
"""Different ones, over and over: so long that none resembles the one before."""
_NOISE = 6
_LONGEST_S = 1.2
"""For one quality: whoever is slower than that is too slow."""
_SEED = 1


def measure_speed(
    quality: Quality, *, stopwatch: Callable[[], float] = time.monotonic, longest_s: float = _LONGEST_S
) -> float:
    """Media seconds a second. Blocks for `longest_s` at most, and a while before for making the pictures.

    Raises:
        EncoderError: `encoder.failed`.
    """
    settings = QUALITY_TABLE[quality]
    pictures = _noisy_pictures(PictureSize(settings.width, settings.height))
    encoder = VideoEncoder(settings, ColourMatrix.BT601)
    try:
        began_s = stopwatch()
        done = 0
        while done < FRAMES_PER_SECOND and stopwatch() - began_s < longest_s:
            encoder.encode(pictures[done % _PICTURES], done)
            done += 1
        return done / FRAMES_PER_SECOND / max(stopwatch() - began_s, 1e-6)
    finally:
        encoder.close()


def check_speed(measure: Callable[[Quality], float] = measure_speed) -> CheckResult:
    """Measure every quality, from the lowest up, until one is too slow. Blocks."""
    facts: Facts = {}
    best: Quality | None = None
    for quality in Quality:
        try:
            speed = measure(quality)
        except EncoderError as error:
            return CheckResult(Check.SPEED, Verdict.BAD, error.fault.code, {**facts, **error.fault.params})
        facts[speed_fact(quality)] = round(speed, 2)
        facts["speed"] = round(speed, 1)
        if speed < NEEDED_SPEED:
            break
        best = quality
    if best is None:
        return CheckResult(Check.SPEED, Verdict.BAD, "doctor.speed.too_slow", facts, "doctor.speed.close_programs")
    facts |= {"quality": best.value, "speed": round(float(facts[speed_fact(best)]), 1)}
    if best in (Quality.P360, Quality.P480):
        return CheckResult(Check.SPEED, Verdict.WARN, "doctor.speed.slow", facts, "doctor.speed.close_programs")
    return CheckResult(Check.SPEED, Verdict.GOOD, "doctor.speed.good", facts)


def _noisy_pictures(size: PictureSize) -> list[av.VideoFrame]:
    """A bare card is too easy: real pictures have grain."""
    card, random = TestCard(size), np.random.default_rng(_SEED)
    made: list[av.VideoFrame] = []
    for index in range(_PICTURES):
        picture = card.picture_at(US_PER_S + index * US_PER_S // 3)
        assert picture is not None
        plain = picture.frame.to_ndarray()
        noise = random.integers(-_NOISE, _NOISE + 1, plain.shape, dtype=np.int8)
        grainy = np.clip(plain.astype(np.int16) + noise, 16, 235).astype(np.uint8)
        made.append(av.VideoFrame.from_ndarray(grainy, format=PIXEL_FORMAT))
    return made
