"""The advised quality: what upload, encoding speed and machine can all carry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.doctor_report import Check, CheckResult, Verdict
from gshop_studio.domain.quality import Quality
from gshop_studio.domain.quality_advice import NEEDED_SPEED, UPLOAD_SHARE, advise_quality, needed_kbps, recommend

FAST = dict.fromkeys(Quality, 10.0)
kbps = st.floats(0, 20_000)
speeds = st.dictionaries(st.sampled_from(Quality), st.floats(0, 20), min_size=1)


@pytest.mark.parametrize(
    ("upload_kbps", "quality"),
    [(940, None), (950, Quality.P360), (1570, Quality.P480), (3740, Quality.P480), (3760, Quality.P720),
     (6700, Quality.P720), (6710, Quality.P1080)],
)  # fmt: skip
def test_at_most_70_percent_of_the_upload_is_used(upload_kbps: float, quality: Quality | None) -> None:
    assert advise_quality(upload_kbps=upload_kbps, speeds=FAST) is quality


@pytest.mark.parametrize(
    ("speeds", "quality"),
    [
        ({Quality.P360: 9.0, Quality.P480: 5.0, Quality.P720: 3.0, Quality.P1080: 1.5}, Quality.P720),
        ({Quality.P360: 1.7, Quality.P480: 1.1}, Quality.P360),
        ({Quality.P360: 1.0}, None),
        ({}, Quality.P1080),
    ],
)
def test_the_encoder_must_be_faster_than_real_time_with_room(
    speeds: dict[Quality, float], quality: Quality | None
) -> None:
    assert advise_quality(upload_kbps=None, speeds=speeds) is quality


@pytest.mark.parametrize(
    ("temperature_c", "battery_percent", "is_plugged", "quality"),
    [
        (95.0, None, None, Quality.P720),
        (60.0, 10.0, False, Quality.P720),
        (60.0, 10.0, True, Quality.P1080),
        (60.0, 80.0, False, Quality.P1080),
        (None, None, None, Quality.P1080),
    ],
)
def test_a_hot_machine_or_a_low_battery_takes_one_step_less(
    temperature_c: float | None, battery_percent: float | None, is_plugged: bool | None, quality: Quality
) -> None:
    advised = advise_quality(
        upload_kbps=8000, speeds=FAST, temperature_c=temperature_c, battery_percent=battery_percent,
        is_plugged=is_plugged,
    )  # fmt: skip
    assert advised is quality


@given(kbps, speeds, st.none() | st.floats(0, 120))
def test_what_is_advised_fits_and_more_of_everything_never_advises_less(
    upload_kbps: float, measured: dict[Quality, float], temperature_c: float | None
) -> None:
    advised = advise_quality(upload_kbps=upload_kbps, speeds=measured, temperature_c=temperature_c)
    if advised is not None:
        assert needed_kbps(advised) <= UPLOAD_SHARE * upload_kbps and measured[advised] >= NEEDED_SPEED
    better = advise_quality(upload_kbps=upload_kbps * 2, speeds=measured, temperature_c=temperature_c)
    order = [None, *Quality]
    assert order.index(better) >= order.index(advised)


def test_without_a_measurement_nothing_is_recommended() -> None:
    disk = CheckResult(Check.DISK, Verdict.GOOD, "x")
    assert recommend([disk]) is None
    down = CheckResult(Check.UPLOAD, Verdict.BAD, "ingest.unreachable")
    speed = CheckResult(Check.SPEED, Verdict.GOOD, "x", {"speed_360p": 9.0, "speed_480p": 1.0})
    assert recommend([speed, down]) is None
    assert recommend([speed]) is Quality.P360
    plugged = CheckResult(Check.MACHINE, Verdict.GOOD, "x", {"battery_percent": 5.0, "power": "mains"})
    upload = CheckResult(Check.UPLOAD, Verdict.GOOD, "x", {"upload_kbps": 9000.0})
    assert recommend([upload, plugged]) is Quality.P1080
    low = CheckResult(Check.MACHINE, Verdict.BAD, "x", {"battery_percent": 5.0, "power": "battery"})
    assert recommend([upload, low]) is Quality.P720
