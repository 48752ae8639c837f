"""Which quality a machine and its connection can carry: a pure function of what the doctor measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gshop_studio.domain.doctor_report import Check, CheckResult, Verdict
from gshop_studio.domain.quality import QUALITY_TABLE, Quality

UPLOAD_SHARE = 0.7
"""Of a measured upload this much may be used: other programs and bad moments need the rest."""
NEEDED_SPEED = 1.6
"""So many times faster than real time must the encoder be alone: capture, composing and the window come on top."""
HOT_C = 90.0
LOW_BATTERY_PERCENT = 20.0


def needed_kbps(quality: Quality) -> int:
    """Picture and sound together."""
    settings = QUALITY_TABLE[quality]
    return settings.video_kbps + settings.audio_kbps


def fits_upload(quality: Quality, upload_kbps: float) -> bool:
    """Whether an upload carries it with room to spare."""
    return needed_kbps(quality) <= UPLOAD_SHARE * upload_kbps


def advise_quality(
    *,
    upload_kbps: float | None,
    speeds: Mapping[Quality, float],
    temperature_c: float | None = None,
    battery_percent: float | None = None,
    is_plugged: bool | None = None,
) -> Quality | None:
    """The best quality that everything measured can carry; None when not even the lowest fits.

    Args:
        upload_kbps: None when it was not measured: then it has no say.
        speeds: how many times faster than real time each quality is encoded; one that is missing was not reached in
            time. Empty when it was not measured: then it has no say.
    """
    fitting = [
        quality
        for quality in Quality
        if (upload_kbps is None or fits_upload(quality, upload_kbps))
        and (not speeds or speeds.get(quality, 0.0) >= NEEDED_SPEED)
    ]
    if not fitting:
        return None
    is_hot = temperature_c is not None and temperature_c >= HOT_C
    is_low = is_plugged is False and battery_percent is not None and battery_percent <= LOW_BATTERY_PERCENT
    if (is_hot or is_low) and len(fitting) > 1:
        return fitting[-2]  # less work: cooler, and the battery lasts longer
    return fitting[-1]


def speed_fact(quality: Quality) -> str:
    """The name of the fact that tells how fast a quality is encoded."""
    return f"speed_{quality.value}"


def recommend(results: Iterable[CheckResult]) -> Quality | None:
    """The same, of what the doctor found. None, too, when neither speed nor upload is known or the upload failed."""
    done = {result.check: result for result in results}
    speed, upload, machine = (done.get(check) for check in (Check.SPEED, Check.UPLOAD, Check.MACHINE))
    upload_kbps = upload.number("upload_kbps") if upload else None
    found = {quality: speed.number(speed_fact(quality)) if speed else None for quality in Quality}
    speeds = {quality: value for quality, value in found.items() if value is not None}
    has_failed = any(one and one.verdict is Verdict.BAD for one in (upload, speed))
    if has_failed or (upload_kbps is None and not speeds):
        return None
    return advise_quality(
        upload_kbps=upload_kbps,
        speeds=speeds,
        temperature_c=machine.number("temperature_c") if machine else None,
        battery_percent=machine.number("battery_percent") if machine else None,
        is_plugged=machine.facts.get("power") != "battery" if machine else None,
    )
