"""Real processes of ours in tests: started, waited for by a condition, surely ended with all their children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
START_TIMEOUT_S = 60.0


def wait_until(condition: Callable[[], T], *, timeout_s: float = 30.0, what: str = "", every_s: float = 0.05) -> T:
    """The first true value of `condition`, asked again and again.

    Raises:
        TimeoutError: it did not become true in time; says `what` was waited for.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s} s in vain for {what or condition}")
        time.sleep(every_s)


def our_environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This environment with a home of its own, in English unless `extra` says otherwise."""
    return {**os.environ, "GSHOP_HOME": str(home), "GSHOP_LANGUAGE": "en", **(extra or {})}


def end_group(process: subprocess.Popen[bytes], *, grace_s: float = 10.0) -> int:
    """End a process that leads its own group: politely, then with all its children by force."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


@contextlib.contextmanager
def our_process(
    arguments: Sequence[str],
    *,
    home: Path,
    log: Path,
    extra_env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    module: str = "gshop_studio",
) -> Iterator[subprocess.Popen[bytes]]:
    """`gshop-studio ARGUMENTS` as a process with piped stdout; its stderr goes to the file `log`. `module`: one
    that does something to the program, and runs it."""
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=our_environment(home, extra_env),
            cwd=cwd,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end_group(process)
        assert process.stdout is not None
        process.stdout.close()
