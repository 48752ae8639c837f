"""The real window of a home, with its own engine and server; what is on air when it closes goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psutil
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gshop_studio.app import make_studio
from gshop_studio.client.credentials import Credentials
from gshop_studio.settings import FILE_NAME, SettingsFile
from ui.bridge import Bridge
from ui.main_window import MainWindow
from ui.window_host import WindowHost

CLOSE_TIMEOUT_MS = 20_000


@contextlib.contextmanager
def open_studio(qtbot: QtBot, qapp: QApplication, home: Path) -> Iterator[MainWindow]:
    """The window on test card and tone; let go with the block, as the system would."""
    settings = SettingsFile(home / FILE_NAME)
    settings.change(video_source="test", audio_source="tone", quality="360p", theme="dark", language="en")
    bridge = Bridge()
    host = WindowHost(qapp, bridge, settings, "en")
    bridge.attach(make_studio(bridge, settings, home, Credentials(None), "en"))
    host.show()
    try:
        yield host.window
    finally:
        with qtbot.waitSignal(host.finished, timeout=CLOSE_TIMEOUT_MS):
            host.quit()
        host.window.put_away()
        host.window.deleteLater()
        qapp.processEvents()


def processes_of(home: Path) -> list[str]:
    """Command lines of our processes of this home, dead ones aside."""
    return [" ".join(process.info["cmdline"]) for process in _found(home)]


def end_processes_of(home: Path, what: str = "") -> None:
    """Kill those of this home whose command line has the word."""
    for process in _found(home):
        if not what or what in process.info["cmdline"]:
            with contextlib.suppress(psutil.Error):
                process.kill()


def _found(home: Path) -> list[psutil.Process]:
    own = psutil.Process().pid
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if process.pid != own
        and process.info["status"] != psutil.STATUS_ZOMBIE
        and any(str(home) in word for word in process.info["cmdline"] or [])
    ]
