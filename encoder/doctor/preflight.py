"""The engine's `preflight` command: the same doctor, asked over the local socket. On the event loop's thread.

{url?, key?, record_folder?, checks?: [CHECK]} -> DoctorReport; one at a time, `engine.busy` for another one
{cancel: true} ends the one that runs, which answers `doctor.cancelled`
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from encoder.clock import Clock
from encoder.doctor.doctor import Instruments, run_doctor
from encoder.doctor.in_use import InUse
from encoder.errors import EngineError
from encoder.sources.opener import SourceOpener
from gshop_studio.domain.doctor_report import Check, DoctorReport
from gshop_studio.engine_protocol import Fault

_MOST_TEXT = 4096


class Preflight:
    """One for the engine's process.

    Args:
        record_folder: whose room is looked at, where the request names none.
    """

    def __init__(self, clock: Clock, opener: SourceOpener, instruments: Instruments, record_folder: Path) -> None:
        self._clock = clock
        self._opener = opener
        self._instruments = instruments
        self._record_folder = record_folder
        self._running: asyncio.Task[DoctorReport] | None = None

    async def run(self, params: dict[str, Any], in_use: InUse) -> dict[str, Any]:
        """The report, as JSON's types.

        Raises:
            EngineError: `engine.bad_request`, `engine.busy`, `doctor.cancelled`.
        """
        if params.get("cancel") is True:
            self.cancel()
            return {}
        if self._running is not None:
            raise EngineError(Fault("engine.busy"))
        url, key, folder = (_text(params, name) for name in ("url", "key", "record_folder"))
        running = self._running = asyncio.ensure_future(
            run_doctor(
                clock=self._clock,
                opener=self._opener,
                instruments=self._instruments,
                record_folder=Path(folder) if folder else self._record_folder,
                url=url,
                key=key or "",
                in_use=in_use,
                only=_checks(params),
            )
        )
        try:
            await asyncio.wait([running])
            if running.cancelled():
                raise EngineError(Fault("doctor.cancelled"))
            return running.result().to_wire()
        finally:
            running.cancel()
            self._running = None

    def cancel(self) -> None:
        """End the one that runs, if any."""
        if self._running is not None:
            self._running.cancel()


def _checks(params: dict[str, Any]) -> set[Check] | None:
    names = params.get("checks")
    if names is None:
        return None
    if not isinstance(names, list):
        raise _bad("checks")
    try:
        return {Check(str(name)) for name in names}
    except ValueError:
        raise _bad("checks") from None


def _text(params: dict[str, Any], name: str) -> str | None:
    value = params.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > _MOST_TEXT or "\0" in value:
        raise _bad(name)
    return value


def _bad(reason: str) -> EngineError:
    return EngineError(Fault("engine.bad_request", {"reason": reason}))
