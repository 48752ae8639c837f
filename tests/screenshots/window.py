"""Pictures of the studio's window: welcome, before the show, on air with a card and a chat, and its dialogs."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QElapsedTimer
from PySide6.QtWidgets import QApplication, QWidget

from gshop_studio import paths
from gshop_studio.app import make_application, make_studio
from gshop_studio.client.credentials import Credentials
from gshop_studio.settings import FILE_NAME, SettingsFile
from gshop_studio.studio.air_state import AirState
from tests.support.server import RunningServer
from tests.support.show import Rest
from ui.bridge import Bridge
from ui.main_window import MainWindow
from ui.window_host import WindowHost

LANGUAGES = ("en", "es", "pt")
THEMES = ("dark", "light")
SIZES = ((1280, 800), (1024, 700))
TIMEOUT_MS = 60_000
CHAT = (
    ("buyer", "Hi from Rosario!"),
    ("affiliate", "Does the small one fit a 15 inch laptop?"),
    ("buyer", "Lovely colour. How long is shipping?"),
)
REPLY = "It fits, with room for the charger."


class Studio:
    """The real studio, with its own engine and server, as one person uses it."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        os.environ["GSHOP_HOME"] = str(home)
        os.environ["GSHOP_LANGUAGE"] = "en"
        self.application = QApplication.instance() or make_application()
        self._settings = SettingsFile(paths.data_dir() / FILE_NAME)
        self._settings.change(video_source="test", audio_source="tone", theme="dark", language="en")
        self._bridge = Bridge()
        self.host = WindowHost(self.application, self._bridge, self._settings, None)  # type: ignore[arg-type]
        self._bridge.attach(make_studio(self._bridge, self._settings, paths.data_dir(), Credentials(None)))
        self.host.show()

    @property
    def window(self) -> MainWindow:
        return self.host.window

    @property
    def bridge(self) -> Bridge:
        return self._bridge

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Let the window live until the condition is true."""
        timer = QElapsedTimer()
        timer.start()
        while not condition():
            if timer.elapsed() > TIMEOUT_MS:
                raise TimeoutError(what)
            self.application.processEvents()
            time.sleep(0.005)  # leave the processor to the engine

    def breathe(self, milliseconds: int = 400) -> None:
        """Let layouts, pictures and meters settle."""
        timer = QElapsedTimer()
        timer.start()
        self.until(lambda: timer.elapsed() > milliseconds, "time")

    def prefer(self, **changes: str) -> None:
        """Choose language or theme, as the menu does."""
        for name, value in changes.items():
            self.window.preference_chosen.emit(name, value)
        self.breathe()

    def close(self) -> None:
        """End the show if there is one, and let go of everything."""
        finished: list[bool] = []
        self.host.finished.connect(lambda: finished.append(True))
        self.host.quit()
        self.until(lambda: finished, "the studio's end")


def render(folder: Path, home: Path) -> list[Path]:
    """Render all of them; gives the files."""
    studio = Studio(home)
    try:
        made = _each(studio, folder, "welcome")
        made += _each(studio, folder, "sign-in", _sign_in_dialog)
        studio.window.welcome.try_here.click()
        studio.until(lambda: len(studio.window.on_air.products.rows) >= 3, "the products")
        studio.until(studio.window.on_air.header.go_live.isEnabled, "the engine")
        studio.breathe(2000)
        made += _each(studio, folder, "before-the-show")
        made += _each(studio, folder, "go-live", _go_live_dialog)
        _put_on_air(studio)
        made += _each(studio, folder, "on-air")
        made += _each(studio, folder, "end", _end_dialog)
        studio.bridge.end_show()
        studio.until(lambda: studio.bridge.show.phase == "ended", "the end")
        made += _each(studio, folder, "ended")
    finally:
        studio.close()
    return made


def _put_on_air(studio: Studio) -> None:
    products = [item.product_id for item in studio.bridge.shelf.items]
    studio.bridge.go_live_new("Autumn sale", products)
    studio.until(lambda: studio.window.on_air.header.badge.state is AirState.ON_AIR, "on air")
    data_dir = paths.local_server_dir()
    server = RunningServer(None, data_dir, studio.bridge.session.server_url, "")  # type: ignore[arg-type]
    people = {role: Rest(server, role) for role in {role for role, _ in CHAT}}
    for role, text in CHAT:
        people[role].call("POST", f"/live/streams/{studio.bridge.show.stream_id}/messages", {"message": text})
    studio.bridge.toggle_product(products[0])
    studio.bridge.send_message(REPLY)
    studio.until(lambda: len(studio.bridge.chat.lines) > len(CHAT), "the chat")
    studio.breathe(8000)  # numbers need some seconds to be worth looking at


def _sign_in_dialog(window: MainWindow) -> QWidget | None:
    window.welcome.sign_in.click()
    return window.dialog


def _go_live_dialog(window: MainWindow) -> QWidget | None:
    window.on_air.header.go_live.click()
    return window.dialog


def _end_dialog(window: MainWindow) -> QWidget | None:
    window.on_air.header.end.click()
    return window.dialog


def _each(
    studio: Studio, folder: Path, name: str, opens: Callable[[MainWindow], QWidget | None] | None = None
) -> list[Path]:
    """The window (or the dialog that `opens` gives) in each language, theme and size."""
    made: list[Path] = []
    for language, theme in itertools.product(LANGUAGES, THEMES):
        studio.prefer(language=language, theme=theme)
        for width, height in SIZES if opens is None else SIZES[:1]:
            studio.window.resize(width, height)
            subject = opens(studio.window) if opens else studio.window
            assert subject is not None, name
            studio.breathe(700)
            path = folder / f"window-{name}-{language}-{theme}-{width}x{height}.png"
            subject.grab().save(str(path))
            made.append(path)
            if subject is not studio.window:
                subject.close()
                studio.breathe(100)
    return made
