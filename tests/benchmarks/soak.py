"""Minutes on air: how the engine's memory grows, and how far sound and picture are apart at the end.

The test card and its tone go to nginx-rtmp, which records; half-way the ingest is killed and comes back. `SOAK=1` makes
it ten minutes, otherwise one.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import av
import psutil

from encoder.flash_and_beep import BeepDetector, FlashDetector, pair_offsets_ms
from tests.benchmarks.engine_cpu import must
from tests.support.engine_process import Studio, running_engine
from tests.support.nginx_rtmp import running_nginx_rtmp

_WARM_UP_S = 20.0
_KEY = "soak"


@dataclass(frozen=True)
class Soak:
    seconds: float
    growth_mb: float
    """Resident memory at the end, over that after the first seconds."""
    worst_offset_ms: float
    """Sound against picture after the reconnect, the largest of all seconds; negative: sound is early."""
    lost_frames: int
    reconnects: int


def run(seconds: float) -> Soak:
    """Stay on air."""
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        folder = Path(directory)
        process = stack.enter_context(running_engine(folder))
        studio = stack.enter_context(Studio(folder))
        with running_nginx_rtmp(folder) as ingest:
            must(studio.ask("set_quality", quality="720p"))
            must(studio.ask("set_sources", video="test", audio="tone"))
            must(studio.ask("record_start", folder=str(folder), name="soak"))
            must(studio.ask("go_live", url=ingest.url, key=_KEY))
            time.sleep(_WARM_UP_S)
            memory = psutil.Process(process.pid).memory_info().rss
            time.sleep(seconds / 2)
        with running_nginx_rtmp(folder, port=ingest.port, record=True) as ingest:
            time.sleep(seconds / 2)
            status = must(studio.ask("status"))
            growth = psutil.Process(process.pid).memory_info().rss - memory
            must(studio.ask("stop"))
            must(studio.ask("record_stop"))
            offsets = _offsets_ms(next(ingest.folder.glob(f"{_KEY}*.flv")))
    return Soak(
        seconds,
        round(growth / 1e6, 1),
        round(max(offsets) if max(offsets) > -min(offsets) else min(offsets), 1),
        status["late_frames"],
        status["reconnects"],
    )


def _offsets_ms(path: Path) -> list[float]:
    flashes, beeps = FlashDetector(), BeepDetector()
    flashes_s: list[float] = []
    beeps_s: list[float] = []
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0], container.streams.audio[0]):
            if isinstance(frame, av.VideoFrame) and frame.time is not None:
                flashes_s += flashes.add(frame, frame.time)
            elif isinstance(frame, av.AudioFrame) and frame.time is not None:
                beeps_s += beeps.add(frame, frame.time)
    return pair_offsets_ms(flashes_s, beeps_s)


if __name__ == "__main__":
    import sys

    print(run(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
