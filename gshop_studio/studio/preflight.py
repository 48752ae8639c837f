"""The check before the show: the engine's doctor, asked part by part so that results come as they are found."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from gshop_studio.client.errors import ClientError
from gshop_studio.domain.doctor_report import Check, CheckResult, DoctorReport, Verdict, in_order
from gshop_studio.domain.quality import Quality
from gshop_studio.domain.quality_advice import recommend
from gshop_studio.studio.engine_room import EngineRoom
from gshop_studio.studio.observable import Observable
from gshop_studio.studio.trial_show import TrialShowApi, running_trial_show
from gshop_studio.studio.trouble import Trouble

_log = logging.getLogger(__name__)

_AT_HAND = (Check.CAMERA, Check.MICROPHONE, Check.ENCODERS, Check.DISK, Check.MACHINE)
"""Quick, and nothing to do with the network."""
_ADVICE_OF_THE_COMMAND_LINE = "doctor.upload.give_one"


@dataclass(frozen=True, slots=True)
class PreflightSnapshot:
    is_running: bool = False
    results: tuple[CheckResult, ...] = ()
    recommended_quality: Quality | None = None
    """Once everything was looked at; None when nothing can be recommended."""
    trouble: Trouble | None = None
    """Why it could not be done to the end."""

    @property
    def report(self) -> DoctorReport:
        """What is known by now."""
        return DoctorReport(self.results, self.recommended_quality)


class Preflight:
    """At most one check at a time.

    Args:
        shop: the API of the shop one is signed in to; None where one is not.
    """

    def __init__(self, engine: EngineRoom, shop: Callable[[], TrialShowApi | None]) -> None:
        self.snapshot = Observable(PreflightSnapshot())
        self._engine = engine
        self._shop = shop
        self._running: asyncio.Task[None] | None = None

    async def run(self, trial_title: str) -> None:
        """Look at everything; how it goes is in the snapshot. Nothing to do while one runs.

        Args:
            trial_title: what the private show of the test publish is called, in the person's language.
        """
        before = self._running
        if before is not None:
            if not before.cancelling():
                return
            await asyncio.wait([before])
        running = self._running = asyncio.ensure_future(self._look(trial_title))
        self.snapshot.set(PreflightSnapshot(is_running=True))
        try:
            await asyncio.wait([running])
            if not running.cancelled():
                running.result()
        except ClientError as error:
            self._change(trouble=Trouble.of_error(error))
        finally:
            running.cancel()
            if self._running is running:
                self._running = None
                self._change(is_running=False)

    async def cancel(self) -> None:
        """Give it up; what was found stays."""
        running = self._running
        if running is None:
            return
        running.cancel()
        try:
            await self._engine.preflight(cancel=True)
        except ClientError as error:
            _log.info("the engine goes on looking for a while: %s", error.code)
        await asyncio.wait([running])

    async def _look(self, trial_title: str) -> None:
        await self._ask(_AT_HAND)
        await self._try_upload(trial_title)
        if not self._knows(Check.SPEED):
            await self._ask((Check.SPEED,))
        self._change(recommended_quality=recommend(self.snapshot.value.results))

    async def _try_upload(self, title: str) -> None:
        shop = self._shop()
        if shop is None or self._engine.snapshot.value.is_on_air:
            if not self._knows(Check.UPLOAD):
                await self._ask((Check.UPLOAD,))
            return
        try:
            async with running_trial_show(shop, title) as ingest:
                await self._ask((Check.UPLOAD,), url=ingest.url, key=ingest.key)
        except ClientError as error:
            if error.code == "engine.lost":
                raise
            self._change(trouble=Trouble.of_error(error))
            self._add([CheckResult(Check.UPLOAD, Verdict.NOT_CHECKED, "doctor.upload.no_address")])

    async def _ask(self, checks: Iterable[Check], **params: Any) -> None:
        answer = await self._engine.preflight(checks=[check.value for check in checks], **params)
        try:
            self._add(DoctorReport.from_wire(answer).results)
        except ValueError as error:
            raise ClientError("engine.bad_request", reason="preflight") from error

    def _knows(self, check: Check) -> bool:
        """An engine that looks at everything at once has told it already."""
        return any(one.check is check for one in self.snapshot.value.results)

    def _add(self, results: Iterable[CheckResult]) -> None:
        known = {one.check: one for one in self.snapshot.value.results}
        for one in results:
            is_for_a_terminal = one.advice == _ADVICE_OF_THE_COMMAND_LINE
            known[one.check] = replace(one, advice="doctor.upload.sign_in") if is_for_a_terminal else one
        self._change(results=in_order(list(known.values())))

    def _change(self, **changes: Any) -> None:
        self.snapshot.set(replace(self.snapshot.value, **changes))
