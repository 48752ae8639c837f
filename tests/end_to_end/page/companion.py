"""The real server process, as `gshop-studio serve` starts it, with its sample shop."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

READY_WITHIN_S = 60


class Companion:
    """One data directory, and the process that serves it now."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._process: subprocess.Popen[str] | None = None
        self._log = data_dir.with_suffix(".log").open("w", encoding="utf-8")
        self.url = ""

    @property
    def accounts(self) -> dict[str, tuple[str, str]]:
        """E-mail address and password of the sample shop's people, by role."""
        listed = json.loads((self._data_dir / "sample-accounts.json").read_text("utf-8"))
        return {account["role"]: (account["email"], account["password"]) for account in listed}

    def start(self, *, port: int = 0, rtmp_port: int = 0) -> None:
        """Start it and wait until it is ready."""
        command = [sys.executable, "-m", "gshop_studio", "serve", "--data-dir", str(self._data_dir), "--sample-shop"]
        self._process = subprocess.Popen(
            [*command, "--port", str(port), "--rtmp-port", str(rtmp_port)],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, "GSHOP_RATE_LIMIT": "10000/minute", "GSHOP_AUTH_RATE_LIMIT": "1000/minute"},
        )
        assert self._process.stdout is not None
        line = _first_line(self._process.stdout)
        assert line.startswith("ready "), f"the server did not become ready: {self.log()}"
        addresses = dict(part.split("=", 1) for part in line.split()[1:])
        self.url, self._rtmp_url = addresses["http"], addresses["rtmp"]

    def kill_and_restart(self) -> None:
        """kill -9, and again on the same ports."""
        assert self._process is not None
        self._process.kill()
        self._reap()
        self.start(port=urlsplit(self.url).port or 0, rtmp_port=urlsplit(self._rtmp_url).port or 0)

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._reap()
        self._log.close()

    def log(self) -> str:
        return self._data_dir.with_suffix(".log").read_text("utf-8")

    def _reap(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(15)
        self._process.stdout.close()
        self._process = None


def _first_line(stream: IO[str]) -> str:
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
    try:
        return lines.get(timeout=READY_WITHIN_S)
    except queue.Empty:
        return ""
