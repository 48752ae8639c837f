"""The main job, end to end: the seller's window, the engine, the server and a buyer's browser, all real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gshop_studio.studio.air_state import AirState
from tests.support.browser import launched
from tests.support.show import footage
from tests.support.studio import burning_engine, open_studio
from tests.support.time_code_in_page import read_from_page
from ui.dialogs.go_live import GoLiveDialog
from ui.dialogs.question import QuestionDialog
from ui.main_window import MainWindow

SOON_MS = 45_000
LEFT = Qt.MouseButton.LeftButton


@pytest.mark.timeout(240)
def test_a_show_from_the_sellers_window_to_the_buyers_page(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture moves and its time code advances; card and chat cross both ways; ended is ended."""
    monkeypatch.setenv("GSHOP_HOME", str(tmp_path))
    video, audio = footage()
    with (
        burning_engine(tmp_path),
        open_studio(qtbot, qapp, video=video, audio=audio, quality="360p") as window,
        sync_playwright() as playwright,
        launched(playwright) as browser,
    ):
        _try_it_here(qtbot, window)
        _go_live(qtbot, window)

        page = browser.new_page(viewport={"width": 390, "height": 844}, locale="en-US")
        page.set_default_timeout(SOON_MS)
        expect.set_options(timeout=SOON_MS)
        page.goto(window._bridge.show.watch_url)
        page.wait_for_function("() => document.querySelector('video')?.currentTime > 0.2")
        codes: list[int] = []

        def has_read_codes() -> bool:
            code = read_from_page(page)
            if code is not None and code not in codes:
                codes.append(code)
            return len(codes) >= 10

        qtbot.waitUntil(has_read_codes, timeout=SOON_MS)
        assert codes == sorted(codes), "the time code only ever advances"

        # The card appears after the click in the studio, and goes again.
        card = page.locator(".card-name")
        row = next(iter(window.on_air.products.rows.values()))
        assert row.item is not None
        name = row.item.name
        qtbot.mouseClick(row.button, LEFT)
        _until_seen(qtbot, lambda: card.is_visible() and card.inner_text() == name)
        qtbot.mouseClick(row.button, LEFT)
        _until_seen(qtbot, lambda: not card.is_visible())

        # A message typed in the page shows in the studio, and the other way round.
        page.get_by_role("textbox").first.fill("Does it come in blue?")
        page.keyboard.press("Enter")
        name_field = page.locator("dialog[open] input")
        name_field.fill("Ana")
        name_field.press("Enter")
        chat = window.on_air.chat
        qtbot.waitUntil(lambda: "Does it come in blue?" in _said(window), timeout=SOON_MS)
        qtbot.keyClicks(chat.field, "It does, from tonight.")
        qtbot.keyClick(chat.field, Qt.Key.Key_Return)
        _until_seen(qtbot, page.get_by_role("log").get_by_text("It does, from tonight.").is_visible)
        qtbot.waitUntil(lambda: window._bridge.numbers.viewers == 1, timeout=SOON_MS)

        # Ended is ended.
        qtbot.mouseClick(window.on_air.header.end, LEFT)
        question = window.dialog
        assert isinstance(question, QuestionDialog)
        qtbot.mouseClick(question.buttons["end"], LEFT)
        qtbot.waitUntil(lambda: window._bridge.show.phase == "ended", timeout=SOON_MS)
        _until_seen(qtbot, lambda: page.locator("body[data-phase=ended]").count() == 1)
        page.reload()
        _until_seen(qtbot, lambda: page.locator("body[data-phase=ended]").count() == 1)


def _until_seen(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    """Wait for the page while the window lives on."""
    qtbot.waitUntil(condition, timeout=SOON_MS)


def _try_it_here(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(window.welcome.try_here.isVisible, timeout=SOON_MS)
    qtbot.mouseClick(window.welcome.try_here, LEFT)
    qtbot.waitUntil(lambda: len(window.on_air.products.rows) >= 3, timeout=SOON_MS)


def _go_live(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(window.on_air.header.go_live.isEnabled, timeout=SOON_MS)
    qtbot.mouseClick(window.on_air.header.go_live, LEFT)
    dialog = window.dialog
    assert isinstance(dialog, GoLiveDialog)
    qtbot.keyClicks(dialog.title, "Autumn sale")
    qtbot.mouseClick(dialog.go_live, LEFT)
    qtbot.waitUntil(lambda: window.on_air.header.badge.state is AirState.ON_AIR, timeout=SOON_MS)


def _said(window: MainWindow) -> list[str]:
    return [line.text for line in window._bridge.chat.lines]
