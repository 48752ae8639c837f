"""Keeps a window on the screen: makes it, replaces it for another language or theme, ends the studio with it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication

from gshop_studio.settings import SettingsFile
from gshop_studio.texts import person_language
from ui.bridge import Bridge
from ui.language import Languages
from ui.main_window import MainWindow
from ui.theme import apply_theme, choose_theme
from ui.tokens import Tokens


class WindowHost(QObject):
    """Owns the present window. `finished` comes after the studio has let go of everything.

    Args:
        language: of the environment, which outdoes the settings, or None.
    """

    finished = Signal()

    def __init__(self, app: QApplication, bridge: Bridge, settings: SettingsFile, language: str | None = None) -> None:
        super().__init__()
        self._app = app
        self._bridge = bridge
        self._settings = settings
        self._given_language = language
        self.languages = Languages(app)
        self.window = self._make_window()
        bridge.closed.connect(self.finished)

    def show(self) -> None:
        """Put the window on the screen."""
        self.window.show()

    @Slot()
    def quit(self) -> None:
        """End the studio without asking: the system wants it. What is on air stays on air."""
        self.window.hide()
        self._bridge.close_studio()

    def _make_window(self) -> MainWindow:
        chosen = self._settings.value
        language = self._given_language or chosen.language or person_language()
        tokens = Tokens.load(choose_theme(chosen.theme))
        self.languages.use(language)
        apply_theme(self._app, tokens)
        window = MainWindow(self._bridge, tokens, chosen, language)
        window.preference_chosen.connect(self._on_preference_chosen)
        window.close_agreed.connect(self.quit)
        return window

    @Slot(str, object)
    def _on_preference_chosen(self, name: str, value: object) -> None:
        self._settings.change(**{name: value})
        if name == "language":
            self._given_language = None
        before = self.window
        self.window = self._make_window()
        self.window.setGeometry(before.geometry())
        self.window.setWindowState(before.windowState())
        if before.isVisible():
            self.window.show()
        before.put_away()
        before.deleteLater()
