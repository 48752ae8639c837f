"""The studio as a program: it opens, and ends in order when the system asks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.support.processes import wait_until


def test_it_ends_in_order_when_asked_and_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    log = tmp_path / "studio.log"
    environment = os.environ | {"GSHOP_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    with log.open("wb") as output:
        studio = subprocess.Popen(
            [sys.executable, "-m", "gshop_studio", "studio"], env=environment, stdout=output, stderr=output
        )
    try:
        wait_until((home / "run" / "engine.json").exists, what="the engine to be up", timeout_s=60)
        imported = Path(f"/proc/{studio.pid}/maps").read_text()
        assert "cv2" not in imported and "/av/" not in imported, "cv2 brings a Qt of its own"
        studio.send_signal(signal.SIGTERM)
        assert studio.wait(20) == 0, log.read_text()[-3000:]
    finally:
        if studio.poll() is None:
            studio.kill()
            studio.wait()
    left = [p for p in psutil.process_iter(["cmdline"]) if str(home) in " ".join(p.info["cmdline"] or [])]
    for process in left:
        process.kill()
    assert left == []
