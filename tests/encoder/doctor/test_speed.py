"""How quickly this machine encodes, and what that means."""

from __future__ import annotations

import pytest

from encoder.doctor.speed import check_speed, measure_speed
from encoder.errors import EncoderError
from gshop_studio.domain.doctor_report import Verdict
from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import Fault


def test_a_real_second_is_encoded() -> None:
    speed = measure_speed(Quality.P360)
    assert 0 < speed < 1000


def test_a_machine_that_is_too_slow_is_not_waited_for() -> None:
    now_s = 0.0

    def slow() -> float:
        nonlocal now_s
        now_s += 0.25
        return now_s

    assert measure_speed(Quality.P360, stopwatch=slow, longest_s=1.0) < 0.2


@pytest.mark.parametrize(
    ("speeds", "verdict", "finding", "quality"),
    [
        ((9.0, 5.0, 3.0, 2.0), Verdict.GOOD, "doctor.speed.good", "1080p"),
        ((9.0, 5.0, 3.0, 1.0), Verdict.GOOD, "doctor.speed.good", "720p"),
        ((9.0, 5.0, 1.5, 0.0), Verdict.WARN, "doctor.speed.slow", "480p"),
        ((1.2, 0.0, 0.0, 0.0), Verdict.BAD, "doctor.speed.too_slow", None),
    ],
)
def test_the_best_quality_with_room_is_told(
    speeds: tuple[float, ...], verdict: Verdict, finding: str, quality: str | None
) -> None:
    measured: list[Quality] = []

    def measure(one: Quality) -> float:
        measured.append(one)
        return speeds[list(Quality).index(one)]

    result = check_speed(measure)
    assert (result.verdict, result.finding, result.facts.get("quality")) == (verdict, finding, quality)
    slow_ones = [one for one in measured if speeds[list(Quality).index(one)] < 1.6]
    assert len(slow_ones) <= 1, "beyond the first that is too slow none is tried"


def test_an_encoder_that_fails_is_told_as_a_broadcast_tells_it() -> None:
    def measure(one: Quality) -> float:
        raise EncoderError(Fault("encoder.failed", {"reason": "no x264"}))

    result = check_speed(measure)
    assert (result.verdict, result.finding, result.facts["reason"]) == (Verdict.BAD, "encoder.failed", "no x264")
