"""Whether a window can be shown is known before Qt would abort."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gshop_studio.display import can_show_windows

NAMES = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_without_a_display_there_is_no_window() -> None:
    assert not can_show_windows()


@pytest.mark.parametrize("display", [":4242", "nonsense", "127.0.0.1:5000", ":"])
def test_a_display_that_does_not_answer_is_none(monkeypatch: pytest.MonkeyPatch, display: str) -> None:
    monkeypatch.setenv("DISPLAY", display)
    assert not can_show_windows()


def test_a_wayland_socket_that_answers_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert not can_show_windows()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "wayland-0"))
        listener.listen()
        assert can_show_windows()


def test_a_platform_chosen_by_hand_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert can_show_windows()


@pytest.mark.parametrize("display", [None, ":4242"])
def test_the_studio_says_so_in_words(display: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in NAMES}
    environment |= {"GSHOP_LANGUAGE": "es"} | ({"DISPLAY": display} if display else {})
    done = subprocess.run(
        [sys.executable, "-m", "gshop_studio"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("No hay ninguna pantalla") and len(done.stderr.splitlines()) == 1
