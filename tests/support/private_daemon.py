"""Daemons of a test run's own: they end with the process that started them, however that ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.processes import wait_until


@contextlib.contextmanager
def private_daemon(
    command: Sequence[str], *, log: Path, stop: signal.Signals = signal.SIGTERM, user: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """`command`, as `user` where we are root; what it says goes to `log`. It gets `stop` when we end, or die."""
    setpriv = shutil.which("setpriv")
    assert setpriv, "setpriv is not installed: it is in Debian's util-linux"
    as_user = as_other_user(user)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [setpriv, *as_user, "--pdeathsig", stop.name.removeprefix("SIG"), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end_daemon(process, stop)


def end_daemon(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    """Ask it to stop; after a while make it."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(stop)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def as_other_user(user: str | None) -> list[str]:
    """What setpriv is told: only root can, and need, become another."""
    return ["--reuid", user, "--regid", user, "--clear-groups"] if user and os.getuid() == 0 else []


def wait_for_daemon(process: subprocess.Popen[bytes], is_ready: object, log: Path, what: str) -> None:
    """Until it answers.

    Raises:
        AssertionError: it ended; with what it said.
    """
    assert callable(is_ready)

    def looks() -> bool:
        assert process.poll() is None, f"{what} did not start:\n{log.read_text()[-2000:]}"
        return bool(is_ready())

    wait_until(looks, what=f"{what} to answer", every_s=0.02)
