"""Another language or theme makes another window, at the same place, with the same show in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QLocale
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gshop_studio.settings import SettingsFile
from tests.ui.fake_bridge import ITEMS, FakeBridge
from ui.main_window import MainWindow
from ui.window_host import WindowHost


@pytest.fixture
def settings(tmp_path: Path) -> SettingsFile:
    made = SettingsFile(tmp_path / "settings.json")
    made.change(language="en", theme="dark")
    return made


@pytest.fixture
def host(qtbot: QtBot, qapp: QApplication, bridge: FakeBridge, settings: SettingsFile) -> Iterator[WindowHost]:
    before = QLocale()
    made = WindowHost(qapp, bridge, settings)
    ends: list[int] = []
    made.finished.connect(lambda: ends.append(1))
    made.show()
    yield made
    made.quit()
    qtbot.waitUntil(lambda: bool(ends))
    made.window.put_away()
    made.window.deleteLater()
    made.languages.remove()
    QLocale.setDefault(before)


def choose(window: MainWindow, words: str) -> None:
    next(action for action in window.menu.findChildren(QAction) if action.text() == words).trigger()


def test_language_and_theme_are_switched_without_a_restart(
    qapp: QApplication, host: WindowHost, bridge: FakeBridge, settings: SettingsFile
) -> None:
    bridge.go_on_air()
    first = host.window
    first.resize(1100, 720)
    assert first.on_air.products.rows["a"].button.text() == "Show"
    choose(first, "Español")
    second = host.window
    assert second is not first and second.isVisible() and not first.isVisible()
    assert (second.width(), second.height()) == (1100, 720)
    assert second.on_air.products.rows["a"].button.text() == "Mostrar"
    assert list(second.on_air.products.rows) == [item.product_id for item in ITEMS]
    choose(second, "Claro")
    assert qapp.palette().window().color().name() == "#f4f5f7"
    assert (settings.value.language, settings.value.theme) == ("es", "light")
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_the_system_may_end_it_without_questions(qtbot: QtBot, host: WindowHost, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    with qtbot.waitSignal(host.finished):
        host.quit()
    assert not host.window.isVisible()
    assert bridge.wishes == []
