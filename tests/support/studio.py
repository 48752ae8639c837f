"""The real studio in a test: the window over the real use cases, with its own engine and server processes."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gshop_studio import paths
from gshop_studio.app import make_studio
from gshop_studio.client.credentials import Credentials
from gshop_studio.engine_protocol import ADDRESS_FILE
from gshop_studio.settings import FILE_NAME, SettingsFile
from tests.support.processes import our_process, wait_until
from ui.bridge import Bridge
from ui.main_window import MainWindow
from ui.window_host import WindowHost

CLOSE_TIMEOUT_MS = 20_000


@contextlib.contextmanager
def burning_engine(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An engine that burns the time code into any picture, running where the studio will look for one."""
    directory = paths.runtime_dir()
    arguments = ["engine", "--control-dir", str(directory), "--burn-time-code"]
    with our_process(arguments, home=home, log=home / "engine.log") as process:
        wait_until((directory / ADDRESS_FILE).exists, what="the engine's address")
        yield process


@contextlib.contextmanager
def open_studio(
    qtbot: QtBot, application: QApplication, *, video: str, audio: str, quality: str
) -> Iterator[MainWindow]:
    """The window of `GSHOP_HOME`, shown; when the block ends everything is let go and nothing runs on."""
    data_dir = paths.data_dir()
    settings = SettingsFile(data_dir / FILE_NAME)
    settings.change(video_source=video, audio_source=audio, quality=quality, theme="dark", language="en")
    bridge = Bridge()
    host = WindowHost(application, bridge, settings, "en")
    bridge.attach(make_studio(bridge, settings, data_dir, Credentials(None), "en"))
    host.show()
    host.window.resize(1280, 800)
    try:
        yield host.window
    finally:
        with qtbot.waitSignal(host.finished, timeout=CLOSE_TIMEOUT_MS):
            host.quit()
        host.window.put_away()
        host.window.deleteLater()
        application.processEvents()
        _end_leftovers(data_dir)


def _end_leftovers(data_dir: Path) -> None:
    """What a failed test left on air under this home."""
    for process in psutil.process_iter(["cmdline"]):
        if str(data_dir) in " ".join(process.info["cmdline"] or []) and process.pid != psutil.Process().pid:
            with contextlib.suppress(psutil.Error):
                process.kill()
                process.wait(5)
