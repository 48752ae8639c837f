"""Whether a camera gives a picture and a microphone sound. Each is opened in a daemon thread, looked at, let go."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from encoder.clock import US_PER_S, Clock, us_to_sample
from encoder.daemon_call import call_in_daemon_thread
from encoder.doctor.in_use import InUse
from encoder.errors import SourceError
from encoder.picture import Picture, PictureSize, plane_rows
from encoder.sources.opener import SourceName, SourceOpener
from gshop_studio.domain.doctor_report import Check, CheckResult, Facts, Verdict
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ
from gshop_studio.engine_protocol import Device

_CAMERA_S = 8.0
_MICROPHONE_S = 7.0
_PICTURE_S = 3.0
_FIRST_SOUND_S = 3.0
_SETTLE_S = 1.5
"""Sound servers stutter at first."""
_LISTEN_S = 0.5
_BLOCK_SAMPLES = 480
_FULL_SHARE = 0.9
"""So much of the sound must have come; PortAudio is known to lose two thirds without a word."""
_SILENT_DBFS = -60.0
_FLAT_SPREAD = 1.5
"""Standard deviation of the brightness (0 to 255) below which a picture shows nothing."""
_SIZE = PictureSize(1280, 720)


async def check_camera(
    opener: SourceOpener, clock: Clock, listed: Sequence[Device] | None, wanted: str | None, in_use: InUse
) -> CheckResult:
    """Look at a camera: the wanted one, the one in use, or the first.

    Args:
        listed: the cameras of this machine; None where listing them took too long.
        wanted: its id.
    """
    return await _check(
        Check.CAMERA, "camera", listed, wanted, in_use, _CAMERA_S, lambda name: _look(opener, clock, name)
    )


async def check_microphone(
    opener: SourceOpener, clock: Clock, listed: Sequence[Device] | None, wanted: str | None, in_use: InUse
) -> CheckResult:
    """Listen to a microphone: the wanted one, the one in use, or the first."""
    return await _check(
        Check.MICROPHONE, "microphone", listed, wanted, in_use, _MICROPHONE_S, lambda name: _listen(opener, clock, name)
    )


async def _check(
    check: Check,
    kind: str,
    listed: Sequence[Device] | None,
    wanted: str | None,
    in_use: InUse,
    limit_s: float,
    examine: Callable[[str], CheckResult],
) -> CheckResult:
    chosen = wanted if wanted is not None else in_use.device(kind)
    facts: Facts = {"count": float(len(listed or ()))}
    if chosen is None and listed is not None and not listed:
        return CheckResult(check, Verdict.WARN, f"doctor.{kind}.none", facts, f"doctor.{kind}.plug_in")
    # The system has a microphone of choice, which need not be the first one; of cameras it knows no such thing.
    first = listed[0].id if listed and kind == "camera" else ""
    name = chosen or first
    facts["source"] = name
    spec = f"{kind}:{chosen}" if chosen else kind
    same_first = {kind, f"{kind}:{first}"} if name == first else {spec}
    if same_first & in_use.working:
        return CheckResult(check, Verdict.GOOD, f"doctor.{kind}.in_use", facts)
    if same_first & in_use.lost:
        return CheckResult(check, Verdict.BAD, "source.lost", facts)
    try:
        async with asyncio.timeout(limit_s):
            result = await call_in_daemon_thread(examine, name)
    except TimeoutError:  # the thread lets the device go when the driver lets it go
        return CheckResult(check, Verdict.BAD, f"doctor.{kind}.hangs", facts, "doctor.device.unplug")
    except SourceError as error:
        return CheckResult(check, Verdict.BAD, error.fault.code, {**facts, **error.fault.params})
    return CheckResult(check, result.verdict, result.finding, facts | result.facts, result.advice)


def _look(opener: SourceOpener, clock: Clock, name: str) -> CheckResult:
    """Blocks. Raises SourceError."""
    source, _ = opener.open(SourceName("camera", name), None, _SIZE)
    assert source is not None
    try:
        deadline_s = time.monotonic() + _PICTURE_S
        picture = None
        while picture is None and source.fault is None and time.monotonic() < deadline_s:
            picture = source.picture_at(clock.now_us())
            clock.sleep_until(clock.now_us() + US_PER_S // 50)
        if source.fault is not None:
            raise SourceError(source.fault)
    finally:
        source.close()
    if picture is None:
        return CheckResult(Check.CAMERA, Verdict.BAD, "doctor.camera.no_picture", {}, "doctor.device.unplug")
    if _is_flat(picture):
        return CheckResult(Check.CAMERA, Verdict.WARN, "doctor.camera.flat", {}, "doctor.camera.uncover")
    return CheckResult(Check.CAMERA, Verdict.GOOD, "doctor.camera.good")


def _is_flat(picture: Picture) -> bool:
    """Whether it is one brightness all over, as behind a closed lid."""
    frame = picture.frame
    if frame.format.name not in ("yuv420p", "yuvj420p", "nv12"):
        frame = frame.reformat(format="yuv420p")
    return float(plane_rows(frame.planes[0])[::4, ::4].std()) < _FLAT_SPREAD


def _listen(opener: SourceOpener, clock: Clock, name: str) -> CheckResult:
    """Blocks. Raises SourceError."""
    _, source = opener.open(None, SourceName("microphone", name), _SIZE)
    assert source is not None
    wanted = round(_LISTEN_S * AUDIO_SAMPLE_RATE_HZ)
    given, heard, peak = 0, 0, 0.0
    listens_from_us: int | None = None
    try:
        position = us_to_sample(clock.now_us()) - source.delay_samples
        first_by_us = clock.now_us() + round(_FIRST_SOUND_S * US_PER_S)
        while heard < wanted and source.fault is None:
            due_us = round((position + _BLOCK_SAMPLES + source.delay_samples) * US_PER_S / AUDIO_SAMPLE_RATE_HZ)
            clock.sleep_until(due_us)
            block = source.read(position, _BLOCK_SAMPLES)
            position += _BLOCK_SAMPLES
            came = _BLOCK_SAMPLES - block.silent_samples
            if listens_from_us is None:
                if came:
                    listens_from_us = clock.now_us() + round(_SETTLE_S * US_PER_S)
                elif clock.now_us() > first_by_us:
                    break
            if listens_from_us is None or clock.now_us() < listens_from_us:
                continue
            heard += _BLOCK_SAMPLES
            given += came
            peak = max(peak, float(np.abs(block.samples).max()))
        if source.fault is not None:
            raise SourceError(source.fault)
    finally:
        source.close()
    if not heard:
        return CheckResult(Check.MICROPHONE, Verdict.BAD, "doctor.microphone.no_sound", {}, "doctor.device.unplug")
    peak_dbfs = round(20 * math.log10(peak), 1) if peak > 1e-6 else -120.0
    facts: Facts = {"peak_dbfs": peak_dbfs, "given_percent": round(100 * given / heard, 1)}
    if given < _FULL_SHARE * heard:
        return CheckResult(Check.MICROPHONE, Verdict.BAD, "doctor.microphone.gaps", facts, "doctor.microphone.other")
    if peak_dbfs < _SILENT_DBFS:
        return CheckResult(Check.MICROPHONE, Verdict.WARN, "doctor.microphone.silent", facts, "doctor.microphone.speak")
    return CheckResult(Check.MICROPHONE, Verdict.GOOD, "doctor.microphone.good", facts)
