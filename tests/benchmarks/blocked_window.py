"""Frames lost while the window's thread is busy 90 ms, ten times a second: the engine is another process."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.benchmarks.engine_cpu import footage, must, studio_window
from tests.support.nginx_rtmp import running_nginx_rtmp


def run(seconds: float = 30.0) -> dict[str, int]:
    """How many frames were due and how many the encoder missed."""
    with tempfile.TemporaryDirectory() as directory, running_nginx_rtmp(Path(directory)) as ingest:
        material, _ = footage(Path(directory))
        with studio_window(Path(directory) / "window", material, "--blocked") as (_, studio):
            must(studio.ask("go_live", url=ingest.url, key="blocked"))
            time.sleep(2.0)
            before = must(studio.ask("status"))
            time.sleep(seconds)
            after = must(studio.ask("status"))
    encoded, late = (after[name] - before[name] for name in ("encoded_frames", "late_frames"))
    return {"frames": encoded + late, "lost": late}


if __name__ == "__main__":
    print(run())
