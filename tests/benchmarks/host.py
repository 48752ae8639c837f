"""The machine a benchmark ran on: what it is, and how much of its time others took meanwhile."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

MAX_STOLEN = 0.03
"""A run with a larger share of stolen CPU time is thrown away."""


@dataclass(frozen=True)
class CpuTimes:
    total: int
    stolen: int


def cpu_times() -> CpuTimes:
    """The whole machine's, in ticks, from /proc/stat."""
    fields = [int(value) for value in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return CpuTimes(sum(fields), fields[7])


def stolen_share(before: CpuTimes, after: CpuTimes) -> float:
    """The share of CPU time the hypervisor kept from this machine, 0 to 1."""
    return (after.stolen - before.stolen) / max(1, after.total - before.total)


def describe() -> list[str]:
    """Machine and versions, a line each."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    import av

    ffmpeg = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    return [
        f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, PyAV {av.__version__}, {ffmpeg.split(' Copyright')[0]}",
    ]
