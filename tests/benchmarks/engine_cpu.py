"""The engine's CPU beside ffmpeg's: both put the same footage on air at 720p, one after the other, to the same sink.

CPU seconds a media second of the whole process tree, start-up excluded. The sink is nginx-rtmp, which writes nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.host import cpu_times, stolen_share
from tests.support.nginx_rtmp import running_nginx_rtmp

ROUNDS = 2
"""In turn, since a host is now quicker, now slower."""
_SETTLE_S = 4.0
_FILE_S = 30
_FIT = "scale=1280:720:force_original_aspect_ratio=decrease:out_range=tv,pad=1280:720:-1:-1,format=yuv420p"
_VIDEO = "-c:v libx264 -preset veryfast -tune zerolatency -b:v 2500k -maxrate 2500k -bufsize 2500k -g 30 -r 30"
_AUDIO = "-c:a aac -b:a 128k -ar 48000 -ac 2"


def run(seconds: float = 60.0) -> dict[str, Any]:
    """Measure both in turn, twice each, `seconds` in all for each.

    Returns:
        `engine` and `ffmpeg` (CPU seconds a media second), `ratio`, `stolen` (the largest share of any run),
        `seconds`, `material`.
    """
    with tempfile.TemporaryDirectory() as folder, running_nginx_rtmp(Path(folder)) as ingest:
        material, source = _material(Path(folder))
        ours = [sys.executable, "-m", "gshop_studio", "broadcast", "--quality", "720p", "--to", ingest.url]
        ours += ["--video", f"file:{material}", "--audio", f"file:{material}"]
        peer = ["ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", str(material), "-vf", _FIT]
        peer += [*_VIDEO.split(), *_AUDIO.split(), "-f", "flv", f"{ingest.url}/peer"]
        runs = [(_measure(ours, seconds / ROUNDS), _measure(peer, seconds / ROUNDS)) for _ in range(ROUNDS)]
    engine, ffmpeg = (sum(pair[who][0] for pair in runs) / ROUNDS for who in (0, 1))
    return {
        "engine": round(engine, 4),
        "ffmpeg": round(ffmpeg, 4),
        "ratio": round(engine / ffmpeg, 3),
        "stolen": round(max(stolen for pair in runs for _, stolen in pair), 4),
        "seconds": seconds,
        "material": source,
    }


def _material(folder: Path) -> tuple[Path, str]:
    """One file with picture and sound: the sample footage, or ffmpeg's own test picture where there is none."""
    path = folder / "material.mkv"
    media = Path(os.environ.get("GSHOP_SAMPLE_MEDIA", ""))
    footage, speech = media / "webcam-person-640x480.mkv", media / "speech.flac"
    make = ["ffmpeg", "-v", "error", "-nostdin", "-t", str(_FILE_S)]
    if media.name and footage.is_file() and speech.is_file():
        loop = ["-stream_loop", "-1", "-i"]
        make += [*loop, str(footage), *loop, str(speech), "-c:v", "copy", "-c:a", "flac", "-t", str(_FILE_S)]
        source = f"{footage.name} with {speech.name}"
    else:
        picture = ["-f", "lavfi", "-i", "testsrc2=size=640x480:rate=30,noise=alls=12:allf=t"]
        sound = ["-f", "lavfi", "-i", "anoisesrc=amplitude=0.1"]
        make += [*picture, *sound, "-c:v", "libx264", "-c:a", "aac", "-t", str(_FILE_S)]
        source = "ffmpeg's test picture with noise"
    subprocess.run([*make, str(path)], check=True)
    return path, source


def _measure(command: Sequence[str], seconds: float) -> tuple[float, float]:
    """CPU seconds a second of a command that runs in real time, and the share of time stolen meanwhile."""
    with _running(command) as process:
        time.sleep(_SETTLE_S)
        before, host_before, began_s = _tree_cpu_s(process), cpu_times(), time.monotonic()
        time.sleep(seconds)
        after, host_after, ended_s = _tree_cpu_s(process), cpu_times(), time.monotonic()
    return (after - before) / (ended_s - began_s), stolen_share(host_before, host_after)


@contextlib.contextmanager
def _running(command: Sequence[str]) -> Iterator[psutil.Popen]:
    assert shutil.which(command[0]), command[0]
    environment = {**os.environ, "GSHOP_STREAM_KEY": "engine"}
    process = psutil.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    try:
        yield process
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended: {process.stderr.read().decode()[-500:]}")
    finally:
        process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(5)
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stderr.close()


def _tree_cpu_s(process: psutil.Process) -> float:
    times = [one.cpu_times() for one in [process, *process.children(recursive=True)]]
    return float(sum(one.user + one.system for one in times))


if __name__ == "__main__":
    print(run(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
