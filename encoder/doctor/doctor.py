"""All checks, as one report: some side by side, each bounded in time, told as they come. Lives on the event loop's
thread; what can hang runs in daemon threads and is left behind.

Everything is looked at side by side, for at most the 13 s of the upload; how quickly this machine encodes comes last,
with the processor to itself, for at most 5 s.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from encoder.clock import Clock
from encoder.daemon_call import call_in_daemon_thread
from encoder.doctor.devices import check_camera, check_microphone
from encoder.doctor.disk import check_disk
from encoder.doctor.encoders import FoundEncoder, check_encoders
from encoder.doctor.in_use import InUse
from encoder.doctor.machine import judge_machine
from encoder.doctor.speed import check_speed, measure_speed
from encoder.doctor.upload import check_upload
from encoder.machine_health import MachineHealth
from encoder.sources.opener import SourceOpener
from gshop_studio.domain.doctor_report import Check, CheckResult, DoctorReport, Verdict, in_order
from gshop_studio.domain.quality import Quality
from gshop_studio.domain.quality_advice import recommend
from gshop_studio.engine_protocol import Device

T = TypeVar("T")

_LIST_S = 4.0
_DISK_S = 4.0
_MACHINE_S = 3.0
_ENCODERS_S = 12.0
_SPEED_S = 5.0
_NOTHING_TO_SAY = CheckResult(Check.MACHINE, Verdict.NOT_CHECKED, "doctor.machine.unknown")


@dataclass(frozen=True, slots=True)
class Instruments:
    """What the doctor looks with. All of it blocks, and is called in daemon threads."""

    list_devices: Callable[[], tuple[Sequence[Device], Sequence[Device]]]
    """Cameras and microphones."""
    find_encoders: Callable[[], Sequence[FoundEncoder]]
    read_health: Callable[[], MachineHealth]
    """Of the processors, what other programs take."""
    measure_speed: Callable[[Quality], float] = measure_speed


async def run_doctor(
    *,
    clock: Clock,
    opener: SourceOpener,
    instruments: Instruments,
    record_folder: Path,
    url: str | None = None,
    key: str = "",
    camera: str | None = None,
    microphone: str | None = None,
    in_use: InUse | None = None,
    only: Collection[Check] | None = None,
    on_progress: Callable[[CheckResult], None] = lambda _result: None,
) -> DoctorReport:
    """Look at everything, within 20 s. Cancelled, it lets go of the ingest at once and of devices soon.

    Args:
        url, key: an ingest for a test publish of some seconds; without them the upload is not checked.
        camera, microphone: ids; without them the one in use, or the first.
        in_use: what the engine that asks holds open itself.
        only: these checks; all without it. The advised quality then rests on them alone.
        on_progress: told each result as it comes, on the event loop's thread.
    """
    visit = _Visit(clock, opener, instruments, record_folder, in_use or InUse(), on_progress)
    wanted = set(Check if only is None else only)
    together: list[Coroutine[Any, Any, None]] = []
    if wanted & {Check.CAMERA, Check.MICROPHONE}:
        together.append(visit.look_at_devices(wanted, camera, microphone))
    if Check.UPLOAD in wanted:
        together.append(visit.look_at_upload(url, key))
    if Check.ENCODERS in wanted:
        together.append(visit.look_at_encoders())
    if Check.DISK in wanted:
        together.append(visit.look_at_disk())
    if Check.MACHINE in wanted:
        together.append(visit.look_at_machine())
    async with asyncio.TaskGroup() as group:
        for work in together:
            group.create_task(work)
    if Check.SPEED in wanted:
        await visit.measure_speed()
    return visit.report()


class _Visit:
    """One run."""

    def __init__(
        self,
        clock: Clock,
        opener: SourceOpener,
        instruments: Instruments,
        record_folder: Path,
        in_use: InUse,
        on_progress: Callable[[CheckResult], None],
    ) -> None:
        self._clock = clock
        self._opener = opener
        self._instruments = instruments
        self._record_folder = record_folder
        self._in_use = in_use
        self._on_progress = on_progress
        self._results: list[CheckResult] = []

    def report(self) -> DoctorReport:
        results = in_order(self._results)
        return DoctorReport(results, recommend(results))

    async def look_at_devices(self, wanted: Collection[Check], camera: str | None, microphone: str | None) -> None:
        cameras: Sequence[Device] | None = None
        microphones: Sequence[Device] | None = None
        with contextlib.suppress(TimeoutError):
            cameras, microphones = await _within(_LIST_S, self._instruments.list_devices)
        looks: list[Awaitable[None]] = []
        if Check.CAMERA in wanted:
            looks.append(self._add_when_known(check_camera(self._opener, self._clock, cameras, camera, self._in_use)))
        if Check.MICROPHONE in wanted:
            listen = check_microphone(self._opener, self._clock, microphones, microphone, self._in_use)
            looks.append(self._add_when_known(listen))
        await asyncio.gather(*looks)

    async def look_at_upload(self, url: str | None, key: str) -> None:
        if self._in_use.is_on_air:
            self._add(CheckResult(Check.UPLOAD, Verdict.NOT_CHECKED, "doctor.on_air"))
        else:
            self._add(await check_upload(url, key, self._clock))

    async def look_at_disk(self) -> None:
        try:
            self._add(await _within(_DISK_S, check_disk, self._record_folder))
        except TimeoutError:
            facts: dict[str, str | float] = {"path": str(self._record_folder)}
            advice = "doctor.disk.other_folder"
            self._add(CheckResult(Check.DISK, Verdict.BAD, "doctor.disk.hangs", facts, advice))

    async def look_at_machine(self) -> None:
        try:
            self._add(judge_machine(await _within(_MACHINE_S, self._instruments.read_health)))
        except TimeoutError:
            self._add(_NOTHING_TO_SAY)

    async def look_at_encoders(self) -> None:
        try:
            self._add(await _within(_ENCODERS_S, check_encoders, self._instruments.find_encoders))
        except TimeoutError:
            self._add(CheckResult(Check.ENCODERS, Verdict.WARN, "doctor.encoders.hang", {}, "doctor.encoders.driver"))

    async def measure_speed(self) -> None:
        if self._in_use.is_on_air:
            self._add(CheckResult(Check.SPEED, Verdict.NOT_CHECKED, "doctor.on_air"))
            return
        try:
            self._add(await _within(_SPEED_S, check_speed, self._instruments.measure_speed))
        except TimeoutError:
            advice = "doctor.speed.close_programs"
            self._add(CheckResult(Check.SPEED, Verdict.BAD, "doctor.speed.too_slow", {"speed": 0.0}, advice))

    async def _add_when_known(self, check: Awaitable[CheckResult]) -> None:
        self._add(await check)

    def _add(self, result: CheckResult) -> None:
        self._results.append(result)
        self._on_progress(result)


async def _within(limit_s: float, function: Callable[..., T], *args: Any) -> T:
    """Raises TimeoutError: the thread is left to end by itself."""
    async with asyncio.timeout(limit_s):
        return await call_in_daemon_thread(function, *args)
