"""The crossing between the threads: newest snapshots win, answers come back on the Qt thread, the end is orderly."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gshop_studio.studio.numbers import NumbersSnapshot
from ui.bridge import Bridge, Topic


def test_a_busy_window_gets_only_the_newest_snapshot(qtbot: QtBot, qapp: QApplication) -> None:
    bridge = Bridge()
    seen: list[tuple[int | None, bool]] = []
    qt_thread = threading.current_thread()
    bridge.numbers_changed.connect(
        lambda numbers: seen.append((numbers.viewers, threading.current_thread() is qt_thread))
    )

    def offer_many() -> None:
        for viewers in range(1000):
            bridge.offer(Topic.NUMBERS, NumbersSnapshot(viewers=viewers))

    worker = threading.Thread(target=offer_many)
    worker.start()
    worker.join()
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(999, True)]
    with qtbot.waitSignal(bridge.closed):
        bridge.close_studio()


def test_closing_twice_ends_once(qtbot: QtBot, tmp_path: Path) -> None:
    bridge = Bridge()
    ends: list[int] = []
    bridge.closed.connect(lambda: ends.append(1))
    bridge.close_studio()
    bridge.close_studio()
    qtbot.waitUntil(lambda: bool(ends))
    assert ends == [1]
