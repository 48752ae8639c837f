"""The check before the show, as the person sees it: it looks at once, tells in words, and its advice can be taken."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gshop_studio.domain.doctor_report import Check, CheckResult, Verdict
from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import EngineState
from gshop_studio.studio.preflight import PreflightSnapshot
from gshop_studio.studio.trouble import Trouble
from tests.ui.fake_bridge import SIGNED_IN, FakeBridge, engine
from ui.dialogs.preflight import PreflightDialog
from ui.main_window import MainWindow

CAMERA = CheckResult(Check.CAMERA, Verdict.GOOD, "doctor.camera.good", {"source": "Webcam"})
UPLOAD = CheckResult(Check.UPLOAD, Verdict.BAD, "ingest.unreachable", {"host": "shop", "port": "1935", "reason": "no"})


def opened(window: MainWindow, bridge: FakeBridge) -> PreflightDialog:
    bridge.give(SIGNED_IN, engine())
    window.preflight.trigger()
    assert isinstance(window.dialog, PreflightDialog)
    return window.dialog


def test_it_looks_at_once_and_results_come_one_by_one(window: MainWindow, bridge: FakeBridge) -> None:
    dialog = opened(window, bridge)
    assert ("run_preflight", "Connection test") in bridge.wishes
    bridge.give(PreflightSnapshot(is_running=True))
    assert dialog.progress.isVisible() and dialog.leave.text() == "Cancel" and not dialog.again.isVisible()
    assert dialog.rows[Check.CAMERA].verdict.text() == "looking…"
    bridge.give(PreflightSnapshot(is_running=True, results=(CAMERA, UPLOAD)))
    assert dialog.rows[Check.CAMERA].words.text() == "Webcam gives a picture."
    assert dialog.rows[Check.CAMERA].verdict.text() == "good"
    assert dialog.rows[Check.UPLOAD].verdict.text() == "bad"
    assert "Check the address" in dialog.rows[Check.UPLOAD].words.text()
    assert dialog.rows[Check.UPLOAD].accessibleName().startswith("Upload: bad. shop:1935 cannot be reached")
    assert dialog.progress.value() == 2 and not dialog.take.isVisible()


def test_the_advised_quality_is_taken_with_one_button(window: MainWindow, bridge: FakeBridge) -> None:
    dialog = opened(window, bridge)
    bridge.give(PreflightSnapshot(results=(CAMERA,), recommended_quality=Quality.P480))
    assert dialog.recommendation.text() == "Recommended quality: 480p."
    assert dialog.take.text() == "Use 480p" and dialog.take.isEnabled()
    dialog.take.click()
    assert ("choose_quality", Quality.P480) in bridge.wishes
    bridge.give(engine(quality="480p"))
    assert not dialog.take.isVisible() and "chosen already" in dialog.recommendation.text()
    bridge.give(engine(EngineState.LIVE))
    assert dialog.take.isVisible() and not dialog.take.isEnabled(), "not on air"


def test_what_went_wrong_is_said_and_looking_again_is_offered(window: MainWindow, bridge: FakeBridge) -> None:
    dialog = opened(window, bridge)
    bridge.give(PreflightSnapshot(results=(UPLOAD,), trouble=Trouble("engine.lost")))
    assert "video engine stopped" in dialog.notice.text()
    assert dialog.recommendation.text() == "No quality can be recommended until this is mended."
    assert dialog.rows[Check.CAMERA].verdict.text() == "not looked at"
    bridge.wishes.clear()
    dialog.again.click()
    assert bridge.wishes == [("run_preflight", "Connection test")]


def test_the_keyboard_reaches_everything(window: MainWindow, bridge: FakeBridge, qtbot: QtBot) -> None:
    dialog = opened(window, bridge)
    bridge.give(PreflightSnapshot(is_running=True))
    assert dialog.focusWidget() is dialog.leave
    bridge.wishes.clear()
    QTest.keyClick(dialog.leave, Qt.Key.Key_Space)
    assert bridge.wishes == [("cancel_preflight",)], "looks no more, and stays open"
    bridge.give(PreflightSnapshot(results=(CAMERA,), recommended_quality=Quality.P480))
    reached = set()
    for _ in range(12):
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        reached.add(dialog.focusWidget())
    assert {dialog.take, dialog.again, dialog.leave} <= reached
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.dialog is None)


def test_closing_while_it_looks_ends_the_looking(window: MainWindow, bridge: FakeBridge) -> None:
    dialog = opened(window, bridge)
    bridge.give(PreflightSnapshot(is_running=True))
    bridge.wishes.clear()
    dialog.reject()
    assert bridge.wishes == [("cancel_preflight",)]
