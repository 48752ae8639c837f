"""The demo plays a real show with real processes, tells the truth about it and leaves nothing behind."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from gshop_studio.demo.command import add_arguments
from gshop_studio.demo.measurements import Measurements
from gshop_studio.demo.processes import DemoFailed, DemoProcesses
from tests.support.processes import our_environment, wait_until


def _demo(arguments: list[str], tmp_path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gshop_studio", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=our_environment(tmp_path, {"TMPDIR": str(tmp_path)}),
    )


def _left_in(tmp_path: Path) -> list[str]:
    """Command lines of processes that work under the demo's directory."""
    lines = (" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
    return [line for line in lines if str(tmp_path) in line]


@pytest.mark.timeout(180)
def test_a_show_is_played_measured_and_cleaned_up(tmp_path: Path) -> None:
    with _demo(["demo", "--seconds", "6", "--quality", "360p"], tmp_path) as demo:
        output, _ = demo.communicate(timeout=150)
    assert demo.returncode == 0, output
    for row in (
        "first segment",
        "product card",
        "buyer to seller",
        "seller to buyer",
        "time codes read",
        "left behind",
    ):
        assert row in output
    assert "The show went well." in output and "NOT AS IT SHOULD BE" not in output
    assert _left_in(tmp_path) == []
    assert not list(tmp_path.glob("gshop-demo-*"))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_demo_that_is_stopped_ends_its_processes(tmp_path: Path, number: signal.Signals) -> None:
    with _demo(["demo", "--seconds", "60", "--quality", "360p"], tmp_path) as demo:
        try:
            wait_until(lambda: any(" broadcast " in line for line in _left_in(tmp_path)), what="the broadcast")
        finally:
            demo.send_signal(number)
            demo.communicate(timeout=30)
    assert demo.returncode not in (0, None)
    assert _left_in(tmp_path) == []


async def test_a_process_that_says_nothing_fails_the_demo_and_is_ended(tmp_path: Path) -> None:
    async with DemoProcesses(tmp_path) as processes:
        await processes.start("server", ["serve", "--data-dir", "/dev/null/nowhere"])
        with pytest.raises(DemoFailed, match=r"server ended: .*data directory"):
            await processes.first_line("server", timeout_s=30)
        await processes.wait("server", timeout_s=10)
        assert processes.left_behind() == []


def test_one_row_that_is_not_good_fails_the_demo() -> None:
    measured = Measurements()
    assert not measured.is_good, "nothing seen is nothing shown"
    measured.add("picture", "yes", is_good=True)
    assert measured.is_good
    measured.add("chat", "no", is_good=False)
    assert not measured.is_good
    assert measured.table().splitlines()[1].endswith("NOT AS IT SHOULD BE")


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "many", "1e9"])
def test_a_length_that_cannot_be_played_is_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--seconds", seconds])
    assert "--seconds" in capsys.readouterr().err
