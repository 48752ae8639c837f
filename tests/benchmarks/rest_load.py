"""REST under the plan's load script: up to 200 viewers, as `tests/load/locustfile.py` has them, before one server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.benchmarks.host import cpu_times, stolen_share
from tests.support.server import RunningServer, running_server
from tests.support.show import Rest, start_show

ROOT = Path(__file__).resolve().parents[2]
SCALE = 0.25
"""105 s instead of the plan's 7 minutes."""
SHORT_SCALE, SHORT_WATCH_S = 0.015, 0.5
_LENIENT = {
    "GSHOP_RATE_LIMIT": "1000000/minute",
    "GSHOP_GUEST_RATE_LIMIT": "1000000/minute",
    "GSHOP_CHAT_RATE_LIMIT": "1000000/minute",
    "GSHOP_EVENT_RATE_LIMIT": "1000000/minute",
    "GSHOP_MAX_CONNECTIONS_PER_ADDRESS": "100000",
    "GSHOP_MEDIA_LOST_HOLD_S": "3600",
}


@dataclass(frozen=True)
class RestLoad:
    """Of all requests by REST, as the crowd measured them; steps of 10 ms above 100."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    requests: int
    failures: int
    """Anything but the answer wished for, on sockets too; a 5xx among them."""
    socket_p95_ms: float
    stolen: float


def run(scale: float = SCALE, watch_s: float | None = None) -> RestLoad:
    """One server on SQLite, a show on air, the crowd in another process; `watch_s` shortens each visit, too."""
    with (
        tempfile.TemporaryDirectory() as directory,
        running_server(Path(directory) / "data", extra_env=_LENIENT) as server,
    ):
        _put_on_air(server)
        command = [sys.executable, "-m", "locust", "-f", "tests/load/locustfile.py", "--headless", "--json",
                   "--only-summary", "--skip-log-setup", "-H", server.http]  # fmt: skip
        before = cpu_times()
        environment = {**os.environ, "LOAD_SCALE": str(scale), "PYTHONPATH": str(ROOT)}
        if watch_s is not None:
            environment["LOAD_WATCH_S"] = str(watch_s)
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.stdout, done.stderr[-2000:]
        return _measured(json.loads(done.stdout), stolen_share(before, cpu_times()))


def _put_on_air(server: RunningServer) -> None:
    """A show whose media has come, so that it is in the feed; it is held afterwards."""
    show = start_show(server, Rest(server, "seller"))
    source = "testsrc=size=320x180:rate=30"
    command = ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", source, "-t", "4", "-c:v", "libx264", "-g", "30",
               "-pix_fmt", "yuv420p", "-f", "flv", f"{show.rtmp_url}/{show.stream_key}"]  # fmt: skip
    with subprocess.Popen(command) as publisher:
        deadline_s = time.monotonic() + 20
        while not httpx.get(f"{server.http}/api/v1/live/streams/active").json()["streams"]:
            assert time.monotonic() < deadline_s, "the show did not come on air"
            time.sleep(0.2)
        publisher.wait()


def _measured(entries: list[dict[str, Any]], stolen: float) -> RestLoad:
    times: dict[bool, Counter[float]] = {True: Counter(), False: Counter()}
    for entry in entries:
        for milliseconds, count in entry["response_times"].items():
            times[entry["method"] == "socket"][float(milliseconds)] += count
    rest = times[False]
    return RestLoad(
        p50_ms=_percentile(rest, 0.50),
        p95_ms=_percentile(rest, 0.95),
        p99_ms=_percentile(rest, 0.99),
        requests=sum(rest.values()),
        failures=sum(entry["num_failures"] for entry in entries),
        socket_p95_ms=_percentile(times[True], 0.95),
        stolen=stolen,
    )


def _percentile(times: Counter[float], share: float) -> float:
    left = sum(times.values()) * share
    for milliseconds in sorted(times):
        left -= times[milliseconds]
        if left <= 0:
            return milliseconds
    return float("nan")


if __name__ == "__main__":
    print(run(float(os.environ.get("LOAD_SCALE", SCALE))))
