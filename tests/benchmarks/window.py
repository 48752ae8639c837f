"""The real window for benchmarks, as a process of its own: signed in to its own local server, showing the preview.

`python -m tests.benchmarks.window MATERIAL [--blocked]`: with `--blocked` its thread is busy for 90 ms, ten times a
second. Writes the file `previewing` into its home once frames come.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from PySide6.QtCore import QTimer

from gshop_studio import paths
from gshop_studio.app import make_application, make_studio
from gshop_studio.client.credentials import Credentials
from gshop_studio.settings import FILE_NAME, SettingsFile
from gshop_studio.studio.session import SessionState
from ui.bridge import Bridge
from ui.quit_signals import QuitSignals
from ui.window_host import WindowHost

_BUSY_S = 0.09
_BUSY_EVERY_MS = 100


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("material", type=Path)
    parser.add_argument("--blocked", action="store_true")
    arguments = parser.parse_args()
    app = make_application()
    home = paths.data_dir()
    settings = SettingsFile(home / FILE_NAME)
    source = f"file:{arguments.material}"
    settings.change(video_source=source, audio_source=source, quality="720p", theme="dark", language="en")
    bridge = Bridge()
    host = WindowHost(app, bridge, settings, "en")
    bridge.attach(make_studio(bridge, settings, home, Credentials(None), "en"))
    host.show()
    host.window.resize(1280, 800)
    quit_signals = QuitSignals()
    quit_signals.asked.connect(host.quit)
    host.finished.connect(app.quit)

    def look() -> None:
        if bridge.session.state is SessionState.SIGNED_OUT and host.window.welcome.isVisible():
            host.window.welcome.try_here.click()
        if host.window.on_air.isVisible() and host.window.on_air.preview.frame_count > 5:
            looking.stop()
            (home / "previewing").touch()
            if arguments.blocked:
                busy.start(_BUSY_EVERY_MS)

    looking = QTimer(app)
    looking.timeout.connect(look)
    looking.start(200)
    busy = QTimer(app)
    busy.timeout.connect(lambda: time.sleep(_BUSY_S))
    status = app.exec()
    quit_signals.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
