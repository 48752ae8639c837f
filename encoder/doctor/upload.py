"""A real test publish to the ingest: how much it takes in a second, and how far away it is. On the event loop's thread.

It goes the way of a broadcast, so a wrong key, a host that cannot be reached and a bad certificate are told alike.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from encoder.clock import US_PER_S, Clock
from encoder.daemon_call import call_in_daemon_thread
from encoder.doctor.test_signal import TestSignal, make_test_signal
from encoder.errors import EngineError
from encoder.outputs.packet_queue import PacketQueue
from encoder.outputs.rtmp import RtmpOutput, RtmpTimings
from encoder.outputs.target import RtmpTarget
from encoder.packets import MediaPacket
from gshop_studio.domain.doctor_report import Check, CheckResult, Facts, Verdict
from gshop_studio.domain.quality import DEFAULT_QUALITY, Quality
from gshop_studio.domain.quality_advice import fits_upload, needed_kbps

PUBLISH_S = 5.0
_WARM_UP_S = 1.0
"""Of that, not counted: TCP begins slowly."""
_WHOLE_S = 13.0
"""From the address to the result."""
_TIMINGS = RtmpTimings(connect_s=3.0, publish_s=4.0, silence_s=4.0, ping_s=0.5)
_MOST_WAITING_MS = 400.0
"""More is not handed over: nothing is dropped, the uplink sets the pace."""
_LOOK_S = 0.01
_KEPT_UP = 0.97
"""Share of what was to be sent from which on the uplink was not the limit."""
_FAR_MS = 250.0


@dataclass(frozen=True, slots=True)
class Upload:
    """What a test publish measured."""

    kbps: float
    is_limit_reached: bool
    """False: the uplink took everything, it may take more."""
    round_trip_ms: float | None
    """The shortest; None where the ingest answers no pings."""
    is_unconfirmed: bool
    """The ingest itself never said what it took; TCP did."""


async def check_upload(
    url: str | None, key: str, clock: Clock, *, publish_s: float = PUBLISH_S, whole_s: float = _WHOLE_S
) -> CheckResult:
    """Publish for some seconds, or say that there is no address to publish to."""
    if not url:
        return CheckResult(Check.UPLOAD, Verdict.NOT_CHECKED, "doctor.upload.no_address", {}, "doctor.upload.give_one")
    facts: Facts = {}
    try:
        target = RtmpTarget.parse(url)
        facts |= {"host": target.host, "port": str(target.port)}
        async with asyncio.timeout(whole_s):
            upload = await measure_upload(target, key, clock, publish_s=publish_s)
    except TimeoutError:
        return CheckResult(Check.UPLOAD, Verdict.BAD, "ingest.timeout", facts)
    except EngineError as error:
        return CheckResult(Check.UPLOAD, Verdict.BAD, error.fault.code, {**facts, **error.fault.params})
    return judge_upload(upload, facts)


def judge_upload(upload: Upload, facts: Facts) -> CheckResult:
    """What the numbers mean for a show."""
    facts = facts | {"upload_kbps": round(upload.kbps), "upload_mbps": round(upload.kbps / 1000, 1)}
    if upload.round_trip_ms is not None:
        facts["round_trip_ms"] = float(round(upload.round_trip_ms))
    if upload.is_unconfirmed:
        facts["confirmed_by"] = "tcp"
    carried = [quality for quality in Quality if fits_upload(quality, upload.kbps)]
    if not carried:
        facts["needed_kbps"] = float(needed_kbps(Quality.P360))
        return CheckResult(Check.UPLOAD, Verdict.BAD, "doctor.upload.too_slow", facts, "doctor.upload.use_cable")
    facts["quality"] = carried[-1].value
    if DEFAULT_QUALITY not in carried:
        return CheckResult(Check.UPLOAD, Verdict.WARN, "doctor.upload.slow", facts, "doctor.upload.use_cable")
    if upload.round_trip_ms is not None and upload.round_trip_ms > _FAR_MS and not upload.is_limit_reached:
        return CheckResult(Check.UPLOAD, Verdict.WARN, "doctor.upload.far", facts, "doctor.upload.nearer")
    finding = "doctor.upload.good" if upload.is_limit_reached else "doctor.upload.plenty"
    return CheckResult(Check.UPLOAD, Verdict.GOOD, finding, facts)


async def measure_upload(target: RtmpTarget, key: str, clock: Clock, *, publish_s: float = PUBLISH_S) -> Upload:
    """Publish, and say goodbye.

    Raises:
        OutputError: any `ingest.*` fault.
        EncoderError: `encoder.failed`.
    """
    signal = await call_in_daemon_thread(make_test_signal)
    queue = PacketQueue()
    base_us = clock.now_us()
    output = RtmpOutput(target, key, signal.stream, queue, base_us=base_us, timings=_TIMINGS)
    accepted = asyncio.Event()
    publishing = asyncio.ensure_future(output.publish(accepted.set))
    measuring = asyncio.ensure_future(_measure(output, queue, signal, base_us, accepted, publish_s))
    try:
        await asyncio.wait([publishing, measuring], return_when=asyncio.FIRST_COMPLETED)
        if publishing.done():
            publishing.result()  # raises why it ended
        upload = await measuring
        output.finish()
        await publishing
        return upload
    finally:
        for task in (measuring, publishing):
            task.cancel()
        await asyncio.gather(measuring, publishing, return_exceptions=True)
        output.close()


async def _measure(
    output: RtmpOutput,
    queue: PacketQueue,
    signal: TestSignal,
    base_us: int,
    accepted: asyncio.Event,
    publish_s: float,
) -> Upload:
    """Feed the queue in real time, or as fast as the uplink takes it where that is slower."""
    await accepted.wait()
    began_s = time.monotonic()
    packets = _endlessly(signal, base_us)
    waiting = next(packets)
    trips: list[float] = []
    warm_s, warm_bytes = 0.0, 0
    while (elapsed_s := time.monotonic() - began_s) < publish_s:
        while waiting.at_us - base_us <= elapsed_s * US_PER_S and queue.queued_ms < _MOST_WAITING_MS:
            queue.offer(waiting)
            waiting = next(packets)
        if output.round_trip_ms is not None:
            trips.append(output.round_trip_ms)
        if not warm_s and elapsed_s >= min(_WARM_UP_S, publish_s / 2):
            warm_s, warm_bytes = elapsed_s, output.acknowledged_bytes
        await asyncio.sleep(_LOOK_S)
    took_s = time.monotonic() - began_s - warm_s
    kbps = (output.acknowledged_bytes - warm_bytes) * 8 / 1000 / took_s
    behind_s = (time.monotonic() - began_s) - (waiting.at_us - base_us) / US_PER_S
    is_limit_reached = kbps < signal.kbps * _KEPT_UP or behind_s > 1 - _KEPT_UP
    return Upload(kbps, is_limit_reached, min(trips, default=None), output.is_unconfirmed)


def _endlessly(signal: TestSignal, base_us: int) -> Iterator[MediaPacket]:
    second = 0
    while True:
        for packet in signal.packets:
            yield replace(packet, at_us=base_us + second * US_PER_S + packet.at_us)
        second += 1
