"""Windows without a display, with a home of the test's own; leftover threads and timers fail the test."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gshop_studio.settings import Settings
from tests.ui.fake_bridge import FakeBridge
from ui.language import Languages
from ui.main_window import MainWindow
from ui.theme import apply_theme
from ui.tokens import ThemeName, Tokens

os.environ["QT_QPA_PLATFORM"] = "offscreen"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the person's own is touched."""
    folder = tmp_path / "home"
    monkeypatch.setenv("GSHOP_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_is_left_behind(qapp: QApplication) -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    qapp.processEvents()
    threads = [thread.name for thread in set(threading.enumerate()) - before if thread.name == "studio-asyncio"]
    assert threads == []
    for window in qapp.topLevelWidgets():
        running = [timer for timer in window.findChildren(QTimer) if timer.isActive() and window.isVisible()]
        assert running == [], f"{window} still ticks"


@pytest.fixture
def bridge(qapp: QApplication) -> FakeBridge:
    return FakeBridge()


@pytest.fixture
def english(qapp: QApplication) -> Iterator[Languages]:
    """The language of the tests, whatever the machine speaks."""
    before = QLocale()
    languages = Languages(qapp)
    languages.use("en")
    yield languages
    languages.remove()
    QLocale.setDefault(before)


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, bridge: FakeBridge, english: Languages) -> Iterator[MainWindow]:
    """A window whose wishes are only written down."""
    tokens = Tokens.load(ThemeName.DARK)
    apply_theme(qapp, tokens)
    made = MainWindow(bridge, tokens, Settings(), "en")
    made.resize(1280, 800)
    made.show()
    yield made
    made.put_away()
    made.deleteLater()
    with qtbot.waitSignal(bridge.closed):
        bridge.close_studio()
