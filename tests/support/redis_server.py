"""A Redis for a test run: Debian's, with a password, on a free port; or the one that GSHOP_TEST_REDIS_URL names,
whose databases from the named one on the tests empty: one for each of the processes that run tests side by side.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from redis import Redis

from tests.support.nginx_rtmp import free_port
from tests.support.private_daemon import private_daemon, wait_for_daemon

SETTING = "GSHOP_TEST_REDIS_URL"
PASSWORD = "redis-of-a-test"


class RedisServer:
    def __init__(self, url: str, process: subprocess.Popen[bytes] | None = None) -> None:
        self.url = url
        self.process = process
        """Where it is ours."""

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2].partition("/")[0])

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """It stands still within the block: connections stay open, nothing is answered."""
        assert self.process is not None, f"{SETTING} names one that is not ours to stop"
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def empty(self) -> None:
        with Redis.from_url(self.url) as client:
            client.flushdb()


@contextlib.contextmanager
def running_redis() -> Iterator[RedisServer]:
    """One of our own; it keeps nothing on disk."""
    redis = shutil.which("redis-server")
    assert redis, f"redis-server is not installed: make setup-test installs it, or {SETTING} says where one runs"
    port = free_port()
    home = Path(tempfile.mkdtemp(prefix="gshop-redis-"))
    log = home / "redis.log"
    command = [redis, "--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", "",
               "--appendonly", "no", "--dir", str(home)]  # fmt: skip
    try:
        with private_daemon(command, log=log) as process:
            wait_for_daemon(process, lambda: listens(port), log, "Redis")
            yield RedisServer(f"redis://:{PASSWORD}@127.0.0.1:{port}/0", process)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def redis_for_tests() -> Iterator[RedisServer]:
    """The one a test run shares."""
    stated = os.environ.get(SETTING)
    if stated:
        base, _, number = stated.rpartition("/")
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        yield RedisServer(f"{base}/{int(number) + worker}" if number.isdigit() else stated)
        return
    with running_redis() as redis:
        yield redis


def listens(port: int) -> bool:
    """Whether something does, on this machine."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
