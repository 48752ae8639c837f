"""A screen for tests: Xvfb on a free display. What it shows is written straight into its memory."""

from __future__ import annotations

import contextlib
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.support.processes import wait_until


@dataclass(frozen=True, slots=True)
class VirtualDisplay:
    name: str
    pixels: np.memmap
    """Rows by columns by blue, green, red and one byte of nothing. Written to is shown."""
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def virtual_display(folder: Path, width: int = 640, height: int = 360) -> Iterator[VirtualDisplay]:
    """Skips the test where there is no Xvfb."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("Xvfb is not installed")
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        [
            program,
            "-displayfd",
            str(write_end),
            "-screen",
            "0",
            f"{width}x{height}x24",
            "-nolisten",
            "tcp",
            "-fbdir",
            str(folder),
        ],
        pass_fds=[write_end],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        memory = folder / "Xvfb_screen0"
        wait_until(memory.is_file)
        # An X window dump (X11/XWDFile.h): sizes in big endian, colours, then the pixels.
        with memory.open("rb") as file:
            header = struct.unpack(">25I", file.read(100))
        offset = header[0] + header[19] * 12
        assert (header[4], header[5], header[11], header[12]) == (width, height, 32, width * 4)
        pixels = np.memmap(memory, np.uint8, "r+", offset, (height, width, 4))
        yield VirtualDisplay(f":{number}", pixels, process)
    finally:
        process.terminate()
        process.wait(10)
