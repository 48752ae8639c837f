"""Recordings and real faults: the process killed with -9, a disk that is full, one that is read-only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from encoder.errors import EngineError
from encoder.outputs.disk_guard import DiskGuard
from encoder.outputs.leftovers import finish_leftover, is_leftover, read_programme_start
from encoder.outputs.recording import Recording, RecordingLimits
from gshop_studio.engine_protocol import Fault
from tests.encoder.outputs.recorded import START_US, footage, is_ordinary, play, top_boxes
from tests.faults.large_footage import enlarged

_ROOT = Path(__file__).parents[2]
_LIMITS = RecordingLimits(30.0, 30.0)
_MIB = 1024 * 1024


@contextlib.contextmanager
def recording_process(mode: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.recording_process", mode, str(folder)],
        stdout=subprocess.PIPE,
        cwd=_ROOT,
    )
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def fragments_in(path: Path) -> int:
    """Seconds that were written whole."""
    return 3 if is_ordinary(path) else top_boxes(path).count("mdat")


def test_killed_at_any_point_what_was_recorded_plays(tmp_path: Path) -> None:
    """Case 67: up to the last fragment, and it can be made an ordinary file."""
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    chance = random.Random(seed)
    leftovers = 0
    for number in range(8):
        folder = tmp_path / str(number)
        folder.mkdir()
        with recording_process("endless", folder) as process:
            assert process.stdout is not None and process.stdout.readline() == b"recording\n"
            time.sleep(chance.uniform(0.0, 1.0))  # the random point: nothing is waited for
            seen = {path: fragments_in(path) for path in folder.glob("*.mp4")}
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        for path in folder.glob("*.mp4"):
            fragments = fragments_in(path)
            assert fragments >= seen.get(path, 0)
            if fragments:
                assert len(play(path).pictures) == fragments * 30
            if is_leftover(path):
                leftovers += 1
                assert finish_leftover(path) == (fragments > 0)
            if fragments:
                assert is_ordinary(path)
                assert len(play(path).pictures) == fragments * 30
                assert read_programme_start(path) == START_US
    assert leftovers > 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_target_that_takes_no_more_ends_the_recording_with_a_whole_file(tmp_path: Path) -> None:
    """Case 59: without a mount, in a process that may write 3 MB a file."""
    with recording_process("limited", tmp_path) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
    assert said["code"] == "recording.disk_full"
    path = Path(said["path"])
    assert 2_000_000 < path.stat().st_size <= 3_000_000
    assert len(play(path).pictures) >= 3 * 30
    assert is_ordinary(path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB."""
    mount = tmp_path / "disk"
    mount.mkdir()
    if not shutil.which("mount"):
        pytest.skip("there is no mount")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(mount)], capture_output=True)
    if done.returncode != 0:
        pytest.skip("mounting a small disk takes root")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


async def record_until_it_ends(folder: Path, reserve_bytes: int) -> tuple[Path, Fault]:
    """Offer large pictures until the recording ends by itself."""
    shown = enlarged(footage(3), 20_000)
    ended: asyncio.Queue[Fault] = asyncio.Queue()
    recording = Recording(folder, "show", limits=_LIMITS, guard=DiskGuard(folder, reserve_bytes=reserve_bytes))
    path = await recording.start(shown.stream, on_ended=ended.put_nowait)
    for round_number in range(30):
        for packet in shown.packets:
            if recording.is_running:
                shifted = type(packet)(
                    packet.kind,
                    packet.at_us + round_number * 3_000_000,
                    packet.is_keyframe,
                    packet.payload,
                    packet.config,
                )
                recording.offer(shifted)
        await asyncio.sleep(0.01)
    return path, await asyncio.wait_for(ended.get(), 30)


async def test_it_ends_before_the_disk_is_full(small_disk: Path) -> None:
    """Case 59: room is left, and the file is whole."""
    path, fault = await record_until_it_ends(small_disk, 4 * _MIB)
    assert fault == Fault("recording.disk_full", {"path": str(small_disk)})
    assert shutil.disk_usage(small_disk).free > 2 * _MIB
    assert is_ordinary(path)
    assert len(play(path).pictures) > 10 * 30


async def test_a_disk_filled_by_somebody_else_costs_nothing_that_was_written(small_disk: Path) -> None:
    """Case 59: not even the room for the index is left; the file plays, and is finished once there is room."""
    filler = small_disk / "filler"
    filler.write_bytes(b"\x00" * 10 * _MIB)
    path, fault = await record_until_it_ends(small_disk, 0)
    assert fault.code == "recording.disk_full"
    played = play(path)
    assert len(played.pictures) >= 5 * 30
    filler.unlink()
    assert is_ordinary(path) or finish_leftover(path)
    assert is_ordinary(path) and len(play(path).pictures) == len(played.pictures)


async def test_a_read_only_disk_is_said(small_disk: Path) -> None:
    """Case 59."""
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    recording = Recording(small_disk, "show", limits=_LIMITS, guard=DiskGuard(small_disk, reserve_bytes=0))
    with pytest.raises(EngineError) as caught:
        await recording.start(footage(3).stream, on_ended=lambda fault: None)
    assert caught.value.fault.code == "recording.failed"
    assert caught.value.fault.params["reason"] == "Read-only file system"
