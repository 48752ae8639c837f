"""The engine's CPU beside ffmpeg's: the same footage on air at 720p, in turn, to the same sink.

CPU seconds a media second of the whole process tree, start-up excluded. The sink is nginx-rtmp, which writes nothing.
The engine is measured plain, with overlays burned in, and with the studio's window showing the preview.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.host import cpu_times, stolen_share
from tests.support.engine_process import Studio, running_engine
from tests.support.nginx_rtmp import running_nginx_rtmp
from tests.support.processes import our_environment, wait_until

ROUNDS = 2
"""In turn, since a host is now quicker, now slower."""
_SETTLE_S = 4.0
_FILE_S = 30
_FIT = "scale=1280:720:force_original_aspect_ratio=decrease:out_range=tv,pad=1280:720:-1:-1,format=yuv420p"
_VIDEO = "-c:v libx264 -preset veryfast -tune zerolatency -b:v 2500k -maxrate 2500k -bufsize 1250k -g 30 -r 30"
_AUDIO = "-c:a aac -b:a 128k -ar 48000 -ac 2"
_OVERLAYS = {
    "card": {
        "kind": "card",
        "rectangle": {"left": 0.03, "top": 0.7, "width": 0.42, "height": 0.25},
        "text": "Autumn jacket",
        "price": "$ 59.90",
        "old_price": "$ 79.90",
        "detail": "Buy now",
    },
    "logo": {"kind": "text", "rectangle": {"left": 0.8, "top": 0.04, "width": 0.17, "height": 0.1}, "text": "GSHOP"},
    "text": {
        "kind": "lower_third",
        "rectangle": {"left": 0.5, "top": 0.8, "width": 0.45, "height": 0.14},
        "text": "Ana Torres",
        "detail": "Autumn sale",
    },
}
"""A card, a logo's stand-in and a text, as a seller has them."""
WAYS = ("ffmpeg", "engine", "engine with overlays", "engine with window")


def run(seconds: float = 60.0) -> dict[str, Any]:
    """Measure all ways in turn, `ROUNDS` times each, `seconds` in all for each.

    Returns:
        `cpu` (CPU seconds a media second by way), `ratio` (against ffmpeg, by way), `stolen` (the largest share of any
        run), `seconds`, `material`, `lateness` (p50 and p99 in ms of the plain engine).
    """
    with tempfile.TemporaryDirectory() as folder, running_nginx_rtmp(Path(folder)) as ingest:
        home = Path(folder)
        material, source = footage(home)
        ways: dict[str, Callable[[], contextlib.AbstractContextManager[_Measured]]] = {
            "ffmpeg": lambda: _ffmpeg(material, ingest.url),
            "engine": lambda: _engine(home, material, ingest.url, {}),
            "engine with overlays": lambda: _engine(home, material, ingest.url, _OVERLAYS),
            "engine with window": lambda: _window(home, material, ingest.url),
        }
        spent: dict[str, list[float]] = {way: [] for way in ways}
        stolen, lateness = 0.0, []
        for _ in range(ROUNDS):
            for way, start in ways.items():
                with start() as measured:
                    cpu, share = _measure(measured.processes, seconds / ROUNDS)
                    spent[way].append(cpu)
                    stolen = max(stolen, share)
                    if way == "engine" and measured.studio is not None:
                        lateness.append(measured.studio.ask("status")["result"])
    cpu_by_way = {way: sum(values) / ROUNDS for way, values in spent.items()}
    return {
        "cpu": {way: round(value, 4) for way, value in cpu_by_way.items()},
        "ratio": {way: round(value / cpu_by_way["ffmpeg"], 3) for way, value in cpu_by_way.items()},
        "stolen": round(stolen, 4),
        "seconds": seconds,
        "material": source,
        "lateness": [(status["lateness_p50_ms"], status["lateness_p99_ms"]) for status in lateness],
    }


class _Measured:
    """Processes whose CPU counts (their children's too), and the client that steers ours."""

    def __init__(self, processes: Sequence[psutil.Process], studio: Studio | None = None) -> None:
        self.processes = processes
        self.studio = studio


@contextlib.contextmanager
def _ffmpeg(material: Path, url: str) -> Iterator[_Measured]:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", str(material), "-vf", _FIT]
    command += [*_VIDEO.split(), *_AUDIO.split(), "-f", "flv", f"{url}/peer"]
    with running(command) as process:
        yield _Measured([process])


@contextlib.contextmanager
def _engine(home: Path, material: Path, url: str, overlays: dict[str, Any]) -> Iterator[_Measured]:
    with running_engine(home) as process, Studio(home) as studio:
        _put_on_air(studio, material, url)
        for name, layer in overlays.items():
            must(studio.ask("set_overlay", name=name, layer=layer))
        yield _Measured([psutil.Process(process.pid)], studio)


@contextlib.contextmanager
def _window(home: Path, material: Path, url: str) -> Iterator[_Measured]:
    """The real window (Qt's offscreen platform) on its own engine; its local server idles and does not count."""
    with studio_window(home / "window", material) as (window, studio):
        must(studio.ask("go_live", url=url, key="engine"))
        engine = psutil.Process(studio.pid)
        yield _Measured([window, engine], studio)


@contextlib.contextmanager
def studio_window(home: Path, material: Path, *arguments: str) -> Iterator[tuple[psutil.Process, Studio]]:
    """`tests.benchmarks.window` and a second client on its engine; both and the local server are ended."""
    home.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.benchmarks.window", str(material), *arguments]
    environment = our_environment(home, {"QT_QPA_PLATFORM": "offscreen"})
    with running(command, environment) as window:
        address = home / "run" / "engine.json"
        ready = home / "previewing"
        wait_until(lambda: (address.exists() and ready.exists()) or window.poll() is not None, what="the window")
        try:
            with Studio(home, control_dir=home / "run") as studio:
                yield window, studio
                studio.ask("shutdown")
        finally:
            ready.unlink(missing_ok=True)
            for process in psutil.process_iter(["cmdline"]):
                if process.pid != window.pid and str(home) in " ".join(process.info["cmdline"] or []):
                    with contextlib.suppress(psutil.Error):
                        process.terminate()
                        process.wait(10)


def _put_on_air(studio: Studio, material: Path, url: str) -> None:
    must(studio.ask("set_quality", quality="720p"))
    must(studio.ask("set_sources", video=f"file:{material}", audio=f"file:{material}"))
    must(studio.ask("go_live", url=url, key="engine"))


def must(reply: dict[str, Any]) -> dict[str, Any]:
    """The result of a request that has to work."""
    if not reply["ok"]:
        raise RuntimeError(f"the engine refused: {reply['error']}")
    return dict(reply["result"])


def footage(folder: Path) -> tuple[Path, str]:
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


def _measure(processes: Sequence[psutil.Process], seconds: float) -> tuple[float, float]:
    """CPU seconds a second of processes that run in real time, and the share of time stolen meanwhile."""
    time.sleep(_SETTLE_S)
    before, host_before, began_s = _tree_cpu_s(processes), cpu_times(), time.monotonic()
    time.sleep(seconds)
    after, host_after, ended_s = _tree_cpu_s(processes), cpu_times(), time.monotonic()
    return (after - before) / (ended_s - began_s), stolen_share(host_before, host_after)


@contextlib.contextmanager
def running(command: Sequence[str], environment: dict[str, str] | None = None) -> Iterator[psutil.Popen]:
    """A process that must not end by itself."""
    assert shutil.which(command[0]), command[0]
    process = psutil.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    try:
        yield process
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended: {process.stderr.read().decode()[-500:]}")
    finally:
        process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(10)
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stderr.close()


def _tree_cpu_s(processes: Sequence[psutil.Process]) -> float:
    """The window's children (server, engine) are detached and not of its tree; whoever counts is named."""
    total = 0.0
    for process in processes:
        children = [] if "tests.benchmarks.window" in process.cmdline() else process.children(recursive=True)
        for one in [process, *children]:
            times = one.cpu_times()
            total += times.user + times.system
    return float(total)


if __name__ == "__main__":
    print(run(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
