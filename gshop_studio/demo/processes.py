"""The demo's processes: server, broadcast and viewer, each leading a process group, so that none is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

STOP_GRACE_S = 6.0


class DemoFailed(Exception):
    """The show did not happen as it should; the text says what was missing."""


class DemoProcesses:
    """Starts `gshop-studio` commands and surely ends them: first politely, then by force."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._started: dict[str, Process] = {}

    async def __aenter__(self) -> DemoProcesses:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._started.values():
            _signal_group(process, signal.SIGKILL)
            await process.wait()

    async def start(self, name: str, arguments: Sequence[str], extra_env: Mapping[str, str] | None = None) -> Process:
        """Start `gshop-studio ARGUMENTS`; its stderr is kept in `NAME.log` for `log_tail`."""
        with (self._directory / f"{name}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gshop_studio",
                *arguments,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=log,
                env={**os.environ, "GSHOP_HOME": str(self._directory / "home"), **(extra_env or {})},
                start_new_session=True,
            )
        self._started[name] = process
        return process

    async def first_line(self, name: str, *, timeout_s: float) -> str:
        """The first line that a process writes to stdout.

        Raises:
            DemoFailed: it said nothing in time, or ended.
        """
        stdout = self._started[name].stdout
        assert stdout is not None
        try:
            line = await asyncio.wait_for(stdout.readline(), timeout_s)
        except TimeoutError as error:
            raise DemoFailed(f"{name} said nothing for {timeout_s:.0f} s") from error
        if not line:
            raise DemoFailed(f"{name} ended: {self.log_tail(name)}")
        return line.decode().strip()

    async def stop(self, name: str, *, timeout_s: float = STOP_GRACE_S) -> int:
        """End a process politely and give its exit status.

        Raises:
            DemoFailed: it did not end in time (it is killed then).
        """
        process = self._started[name]
        if process.returncode is None:
            process.terminate()
        return await self.wait(name, timeout_s=timeout_s)

    async def wait(self, name: str, *, timeout_s: float) -> int:
        """Wait for a process to end by itself and give its exit status.

        Raises:
            DemoFailed: it did not end in time (it is killed then).
        """
        process = self._started[name]
        try:
            return await asyncio.wait_for(process.wait(), timeout_s)
        except TimeoutError as error:
            _signal_group(process, signal.SIGKILL)
            raise DemoFailed(f"{name} did not stop within {timeout_s:.0f} s") from error

    def left_behind(self) -> list[str]:
        """The names of processes of which something still runs, children included."""
        return [name for name, process in self._started.items() if _signal_group(process, 0)]

    def log_tail(self, name: str) -> str:
        """The last lines of what a process logged."""
        lines = (self._directory / f"{name}.log").read_text(errors="replace").splitlines()
        return " / ".join(lines[-3:]) or "it gave no reason"


def _signal_group(process: Process, number: int) -> bool:
    """Signal a process and its children; whether there was any to signal."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return False
    return True
