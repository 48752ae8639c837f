"""Closing the window while live asks; ending the show asks once."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from gshop_studio.studio.going_live import ShowPhase
from tests.ui.fake_bridge import ON_AIR, SIGNED_IN, FakeBridge, engine
from ui.dialogs.question import QuestionDialog
from ui.main_window import MainWindow


def question(window: MainWindow) -> QuestionDialog:
    assert isinstance(window.dialog, QuestionDialog)
    return window.dialog


def test_with_nothing_on_air_it_closes_at_once(qtbot: QtBot, window: MainWindow, bridge: FakeBridge) -> None:
    bridge.give(SIGNED_IN, engine())
    with qtbot.waitSignal(window.close_agreed):
        window.close()
    assert window.dialog is None


def test_live_it_asks_and_cancel_keeps_the_window(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    window.close()
    assert window.isVisible()
    dialog = question(window)
    assert dialog.cancel.isDefault(), "the harmless answer is the one that Enter gives"
    dialog.reject()
    assert window.isVisible() and window.dialog is None
    assert bridge.wishes == []


def test_live_it_can_end_the_show_and_close_when_it_has_ended(
    qtbot: QtBot, window: MainWindow, bridge: FakeBridge
) -> None:
    bridge.go_on_air()
    window.close()
    question(window).buttons["end"].click()
    assert bridge.wishes == [("end_show",)]
    bridge.give(replace(ON_AIR, phase=ShowPhase.ENDING))
    assert window.isVisible()
    with qtbot.waitSignal(window.close_agreed):
        bridge.give(replace(ON_AIR, phase=ShowPhase.ENDED))


def test_live_it_can_close_and_leave_the_show_on_air(qtbot: QtBot, window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    window.close()
    with qtbot.waitSignal(window.close_agreed):
        question(window).buttons["leave"].click()
    assert bridge.wishes == []


def test_asking_twice_opens_one_question(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    window.close()
    first = window.dialog
    window.close()
    assert window.dialog is first
    question(window).reject()


def test_ending_the_show_asks_once(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    window.on_air.header.end.click()
    question(window).cancel.click()
    assert bridge.wishes == []
    window.on_air.header.end.click()
    question(window).buttons["end"].click()
    assert bridge.wishes == [("end_show",)]
    assert window.dialog is None
