"""What an outage costs: encoder frames lost while the ingest is dead or frozen, and how soon the engine is back on air.

The ingest is nginx-rtmp: killed and started again on its port, stopped and continued (SIGSTOP, SIGCONT), and cut off by
a proxy that swallows every byte.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.engine_cpu import must
from tests.support.engine_process import Studio, running_engine
from tests.support.nginx_rtmp import running_nginx_rtmp
from tests.support.tcp_proxy import running_tcp_proxy

_OUTAGE_S = 8.0
_LONGEST_S = 60.0


@dataclass(frozen=True)
class Outage:
    lost_frames: int
    """Ticks that the encoder missed."""
    back_s: float
    """From the peer being there again to live."""
    noticed_s: float


def run() -> dict[str, Outage]:
    """Each kind once."""
    with tempfile.TemporaryDirectory() as directory:
        return {
            "killed": _killed(Path(directory)),
            "frozen": _frozen(Path(directory)),
            "cut off": _cut_off(Path(directory)),
        }


def _killed(folder: Path) -> Outage:
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        ingest = first.enter_context(running_nginx_rtmp(folder))

        def end() -> None:
            first.close()

        def begin() -> None:
            second.enter_context(running_nginx_rtmp(folder, port=ingest.port))

        with _live_engine(folder, ingest.url) as watch:
            return watch.outage(end, begin)


def _frozen(folder: Path) -> Outage:
    with running_nginx_rtmp(folder) as ingest, _live_engine(folder, ingest.url) as watch:
        return watch.outage(ingest.freeze, ingest.thaw)


def _cut_off(folder: Path) -> Outage:
    with (
        running_nginx_rtmp(folder) as ingest,
        running_tcp_proxy(ingest.port) as proxy,
        _live_engine(folder, f"rtmp://127.0.0.1:{proxy.port}/live") as watch,
    ):
        return watch.outage(proxy.freeze, proxy.thaw)


class _Watch:
    """Reads the engine's statuses on a thread of its own."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.status: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def outage(self, begin: Callable[[], None], end: Callable[[], None]) -> Outage:
        """Let it happen, and measure."""
        self.until(lambda: self.status.get("state") == "live")
        time.sleep(2.0)
        before, began_s = self.status, time.monotonic()
        begin()
        self.until(lambda: self.status["state"] != "live")
        noticed_s = time.monotonic() - began_s
        time.sleep(max(0.0, _OUTAGE_S - noticed_s))
        end()
        ended_s = time.monotonic()
        self.until(lambda: self.status["state"] == "live")
        back_s = time.monotonic() - ended_s
        return Outage(self.status["late_frames"] - before["late_frames"], round(back_s, 2), round(noticed_s, 2))

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it.

        Raises:
            TimeoutError: in vain.
        """
        deadline_s = time.monotonic() + _LONGEST_S
        while not condition():
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"the engine is {self.status.get('state')}")
            time.sleep(0.01)

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (message := self._studio.receive()) is not None:
                if message.get("event") == "status":
                    self.status = message["data"]


@contextlib.contextmanager
def _live_engine(folder: Path, url: str) -> Iterator[_Watch]:
    with running_engine(folder), Studio(folder) as studio:
        must(studio.ask("set_quality", quality="720p"))
        must(studio.ask("set_sources", video="test", audio="tone"))
        must(studio.ask("go_live", url=url, key="outage"))
        yield _Watch(studio)


if __name__ == "__main__":
    print(run())
