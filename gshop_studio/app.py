"""The studio's composition root: makes everything, connects it, runs Qt until the window is gone."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from gshop_studio import logs, paths
from gshop_studio.client.api import Api, TokensChanged
from gshop_studio.client.credentials import Credentials, find_keyring
from gshop_studio.client.engine_client import EngineClient
from gshop_studio.client.engine_link import default_command
from gshop_studio.client.live import LiveConnection
from gshop_studio.client.local_server import LocalServer
from gshop_studio.display import can_show_windows
from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import tell
from gshop_studio.settings import FILE_NAME as SETTINGS_FILE
from gshop_studio.settings import SettingsFile
from gshop_studio.studio import running_show
from gshop_studio.studio.engine_room import EngineRoom
from gshop_studio.studio.going_live import GoingLive
from gshop_studio.studio.running_show import RunningShowFile
from gshop_studio.studio.session import Session
from gshop_studio.studio.studio import Studio
from gshop_studio.texts import best_language, person_language
from ui.bridge import Bridge
from ui.quit_signals import QuitSignals
from ui.window_host import WindowHost


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The studio takes none: what it needs is chosen in the window."""


def run(arguments: argparse.Namespace) -> int:
    """Open the window; returns when it is closed and nothing is left behind but what is on air."""
    logs.configure("studio")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if not can_show_windows():
        print(tell(Fault("display.none"), person_language()), file=sys.stderr)
        return 1
    app = make_application()
    data_dir = paths.data_dir()
    settings = SettingsFile(data_dir / SETTINGS_FILE)
    bridge = Bridge()
    language = environment_language()
    studio = make_studio(bridge, settings, data_dir, Credentials(find_keyring()), language)
    host = WindowHost(app, bridge, settings, language)
    quit_signals = QuitSignals()
    quit_signals.asked.connect(host.quit)
    host.finished.connect(app.quit)
    bridge.attach(studio)
    host.show()
    status = app.exec()
    quit_signals.close()
    return status


def make_application() -> QApplication:
    """The one application object of the process."""
    app = QApplication(sys.argv[:1])
    app.setApplicationName("gshop-studio")
    app.setApplicationDisplayName("GSHOP Studio")
    app.setDesktopFileName("gshop-studio")
    app.setQuitOnLastWindowClosed(False)  # the studio first lets go of its processes
    return app


def environment_language() -> str | None:
    """The language that the environment insists on."""
    wish = os.environ.get("GSHOP_LANGUAGE")
    return best_language(wish) if wish else None


def make_studio(
    bridge: Bridge, settings: SettingsFile, data_dir: Path, credentials: Credentials, language: str | None = None
) -> Studio:
    """The use cases with their real collaborators, reporting to the bridge."""

    def now_spoken() -> str:
        return language or settings.value.language or person_language()

    def make_api(url: str, on_tokens: TokensChanged) -> Api:
        return Api(url, now_spoken(), on_tokens)

    def make_room(api: Api, stream_id: str, listener: GoingLive) -> LiveConnection:
        return LiveConnection(api.url, stream_id, api.access_token, listener, now_spoken())

    local_server = LocalServer(paths.local_server_dir(), language=now_spoken)
    engine = EngineRoom(
        EngineClient(paths.runtime_dir(), [*default_command(), "--abandoned-stop-s", str(settings.value.alone_stop_s)]),
        settings,
        on_meters=bridge.offer_meters,
        on_preview_opened=bridge.offer_preview_memory,
        on_preview_frame=bridge.offer_preview_frame,
    )
    session = Session(settings, credentials, local_server, make_api)
    memory = RunningShowFile(data_dir / running_show.FILE_NAME)
    return Studio(settings, session, engine, local_server, memory, make_room)
