"""What each part of the window shows and does, with snapshots given by the test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gshop_studio.client.errors import ServerUnreachable
from gshop_studio.engine_protocol import Device, EngineState, Meters, PreviewFrame
from gshop_studio.studio.air_state import AirState
from gshop_studio.studio.chat import ChatLine, ChatSnapshot, Delivery
from gshop_studio.studio.engine_room import EngineSnapshot, PreviewMemory
from gshop_studio.studio.going_live import ShowPhase, ShowSnapshot
from gshop_studio.studio.numbers import NumbersSnapshot
from gshop_studio.studio.session import SessionSnapshot, SessionState
from gshop_studio.studio.shelf import ShelfItem, ShelfSnapshot
from gshop_studio.studio.trouble import Trouble
from tests.gshop_studio.studio.examples import stream
from tests.ui.fake_bridge import ITEMS, ON_AIR, SIGNED_IN, FakeBridge, engine
from ui.dialogs.go_live import GoLiveDialog
from ui.dialogs.sign_in import SignInDialog
from ui.main_window import MainWindow

Key = Qt.Key


# --- the first start ----------------------------------------------------------------------------------------------


def test_the_first_start_offers_two_ways(window: MainWindow, bridge: FakeBridge) -> None:
    assert window.welcome.isVisible()
    window.welcome.try_here.click()
    window.welcome.sign_in.click()
    assert bridge.wishes == [("try_here",)]
    assert isinstance(window.dialog, SignInDialog)
    window.dialog.reject()


def test_starting_shows_progress_and_can_be_given_up(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.give(SessionSnapshot(SessionState.STARTING_SERVER))
    assert window.welcome.cancel.isVisible() and not window.welcome.try_here.isVisible()
    window.welcome.cancel.click()
    assert bridge.wishes == [("cancel_sign_in",)]
    bridge.give(SessionSnapshot(trouble=Trouble("server.not_ready", params={"reason": "The disk is full."})))
    assert window.welcome.notice.text() == "The shop on this computer did not start: The disk is full."
    assert window.welcome.try_here.isVisible()


def test_signing_in_says_in_place_what_is_wrong_and_closes_when_it_works(
    qtbot: QtBot, window: MainWindow, bridge: FakeBridge
) -> None:
    window.welcome.sign_in.click()
    dialog = window.dialog
    assert isinstance(dialog, SignInDialog)
    assert not dialog.sign_in.isEnabled()
    for field, text in ((dialog.address, "shop.test"), (dialog.email, "me@shop.test"), (dialog.password, "wrong")):
        qtbot.keyClicks(field, text)
    qtbot.keyClick(dialog.password, Key.Key_Return)
    assert bridge.wishes == [("sign_in", "shop.test", "me@shop.test", "wrong")]
    bridge.give(SessionSnapshot(SessionState.SIGNING_IN))
    assert not dialog.sign_in.isEnabled()
    bridge.give(SessionSnapshot(trouble=Trouble("auth.bad_credentials", "E-mail or password is wrong.")))
    assert dialog.notice.text() == "E-mail or password is wrong."
    assert dialog.password.text() == "wrong" and dialog.sign_in.isEnabled()
    dialog.sign_in.click()
    bridge.give(SIGNED_IN)
    assert window.dialog is None
    assert window.on_air.isVisible()


def test_a_computer_without_key_store_is_told_once(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.give(replace(SIGNED_IN, are_tokens_kept=False))
    assert "no key store" in window.on_air.key_store_notice.text()
    window.on_air.key_store_notice.acted.emit()
    bridge.give(engine())
    assert window.on_air.key_store_notice.text() == ""


# --- going live ---------------------------------------------------------------------------------------------------


def test_a_new_show_gets_a_title_and_products(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.give(SIGNED_IN, engine(), ShelfSnapshot(ITEMS))
    window.on_air.header.go_live.click()
    dialog = window.dialog
    assert isinstance(dialog, GoLiveDialog)
    assert not dialog.go_live.isEnabled()
    dialog.title.setText("  Autumn sale ")
    dialog.products.item(1).setCheckState(Qt.CheckState.Unchecked)
    dialog.go_live.click()
    assert bridge.wishes == [("go_live_new", "Autumn sale", ["a", "c"])]


def test_one_of_my_shows_can_go_on(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.my_shows = [stream()]
    bridge.give(SIGNED_IN, engine())
    window.on_air.header.go_live.click()
    dialog = window.dialog
    assert isinstance(dialog, GoLiveDialog)
    dialog.my_show.setChecked(True)
    assert dialog.shows.item(0).text() == "Autumn sale · live now"
    dialog.go_live.click()
    assert bridge.wishes == [("go_live", "show-1", "Autumn sale")]


@pytest.mark.parametrize("answer", [[], ServerUnreachable("http://shop")])
def test_no_show_to_choose_is_said(window: MainWindow, bridge: FakeBridge, answer: object) -> None:
    bridge.my_shows = answer
    bridge.give(SIGNED_IN, engine())
    window.on_air.header.go_live.click()
    dialog = window.dialog
    assert isinstance(dialog, GoLiveDialog)
    dialog.my_show.setChecked(True)
    assert not dialog.go_live.isEnabled()
    dialog.reject()


def test_an_interrupted_show_goes_on_without_questions(window: MainWindow, bridge: FakeBridge) -> None:
    interrupted = replace(ON_AIR, phase=ShowPhase.READY, trouble=Trouble("show.interrupted"))
    bridge.give(SIGNED_IN, engine(), interrupted)
    assert "interrupted" in window.on_air.notice.text()
    window.on_air.header.go_live.click()
    assert bridge.wishes == [("go_live", "show-1", "Autumn sale")]


@pytest.mark.parametrize(
    ("engine_state", "state", "words"),
    [
        (EngineState.CONNECTING, AirState.CONNECTING, "Connecting…"),
        (EngineState.LIVE, AirState.ON_AIR, "All good"),
        (EngineState.RECONNECTING, AirState.RECONNECTING, "Reconnecting…"),
        (EngineState.FAILED, AirState.FAILED, "Not sending"),
    ],
)
def test_the_state_is_said_in_the_badge_and_the_strip(
    window: MainWindow, bridge: FakeBridge, engine_state: EngineState, state: AirState, words: str
) -> None:
    bridge.go_on_air()
    bridge.give(engine(engine_state))
    assert window.on_air.header.badge.state is state
    assert window.on_air.health.words.text() == words


def test_a_reconnect_says_why_and_offers_to_try_now(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    lost = engine(EngineState.RECONNECTING)
    bridge.give(replace(lost, trouble=Trouble("ingest.lost", params={"host": "shop", "port": "1935"})))
    assert window.on_air.notice.text() == "The connection to shop:1935 was lost."
    window.on_air.notice.acted.emit()
    assert bridge.wishes[-1] == ("retry_now",)


def test_an_engine_that_is_away_is_said_in_the_picture(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    bridge.give(EngineSnapshot())
    assert window.on_air.header.badge.state is AirState.RECONNECTING
    assert not window.on_air.sources.video.isEnabled()
    assert window.on_air.health.words.text() == "Starting the video engine…"


def test_the_strip_has_the_streams_figures(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    assert window.on_air.health.bit_rate.text() == "2,480 kb/s"
    assert window.on_air.health.frames.text() == "30 fps"
    assert window.on_air.health.dropped.text() == "0 dropped"
    bridge.give(engine(EngineState.LIVE, is_muted=True))
    assert window.on_air.health.words.text() == "You are muted: viewers hear nothing."


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"bitrate_state": "lowered", "bitrate_reason": "uplink.slow", "video_kbps": 1400},
            "Your upload is slow: picture lowered to 1.4 Mb/s.",
        ),
        ({"overload": "overload.cpu", "effort": 1}, "This computer is busy: the picture is made more simply."),
        ({"is_unconfirmed": True}, "Sending, but the server does not confirm what arrives."),
    ],
)
def test_the_strip_tells_what_the_engine_does_about_trouble(
    window: MainWindow, bridge: FakeBridge, changes: dict[str, Any], words: str
) -> None:
    bridge.go_on_air()
    live = engine(EngineState.LIVE)
    assert live.status is not None
    bridge.give(replace(live, status=replace(live.status, **changes)))
    assert window.on_air.health.words.text() == words


def test_the_end_is_summed_up_and_put_away(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    bridge.give(NumbersSnapshot(viewers=0, peak_viewers=1342, messages=7), engine())
    bridge.give(replace(ON_AIR, phase=ShowPhase.ENDED, ended_at_ms=754_000))
    assert window.on_air.notice.text() == (
        "The show has ended after 00:12:33. Most viewers at once: 1,342. Messages: 7."
    )
    window.on_air.notice.acted.emit()
    assert bridge.wishes[-1] == ("dismiss_show",)
    bridge.give(ShowSnapshot())
    assert window.on_air.notice.text() == ""


# --- products -----------------------------------------------------------------------------------------------------


def test_a_row_says_what_is_known_of_a_product(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    row = window.on_air.products.rows["b"]
    words = [label.text() for label in row.findChildren(QLabel) if label.isVisible()]
    assert "$29.50" in words and "$35" in words and "2" in words
    bridge.give(ShelfSnapshot((ITEMS[0], replace(ITEMS[1], is_on_screen=True), ITEMS[2]), can_show=True))
    assert row.button.text() == "Hide"
    assert row.property("onScreen") == "true"
    row.button.click()
    assert bridge.wishes == [("toggle_product", "b")]


def test_rows_stay_the_same_widgets_when_data_comes(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    before = dict(window.on_air.products.rows)
    bridge.give(ShelfSnapshot((ITEMS[2], ITEMS[0]), can_show=True))
    assert window.on_air.products.rows == {"a": before["a"], "c": before["c"]}


def test_search_forgives_case_and_accents(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    window.on_air.products.search.setText("LAMP")
    assert [row.isVisible() for row in window.on_air.products.rows.values()] == [False, False, True]


def test_a_refusal_stands_at_its_product(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    refused = replace(ITEMS[0], trouble=Trouble("stream.not_live", "The show is not live."))
    bridge.give(ShelfSnapshot((refused,), can_show=True))
    texts = [label.text() for label in window.on_air.products.rows["a"].findChildren(QLabel) if label.isVisible()]
    assert "The show is not live." in texts


@pytest.mark.parametrize(
    ("shelf", "words"),
    [
        (ShelfSnapshot(), "No products yet"),
        (ShelfSnapshot(is_loading=True), "Reading your products"),
        (ShelfSnapshot(trouble=Trouble("server.unreachable", params={"url": "http://shop"})), "cannot be reached"),
    ],
)
def test_an_empty_shelf_says_why(window: MainWindow, bridge: FakeBridge, shelf: ShelfSnapshot, words: str) -> None:
    bridge.give(SIGNED_IN, ShelfSnapshot(ITEMS), shelf)
    shown = [label.text() for label in window.on_air.products.findChildren(QLabel) if label.isVisible()]
    assert any(words in text for text in shown)


def test_markup_in_names_and_messages_is_plain_text(window: MainWindow, bridge: FakeBridge) -> None:
    """Case 1: nothing that others write is ever rendered as rich text."""
    evil = "<b onclick=x>Sale</b><img src=http://evil/x.png>"
    bridge.go_on_air()
    bridge.give(replace(ON_AIR, title=evil), replace(SIGNED_IN, person_name=evil))
    bridge.give(ShelfSnapshot((ShelfItem("a", evil, 1.0, "USD"),), can_show=True))
    bridge.give(ChatSnapshot((ChatLine("1", evil, evil, 0),), can_write=True, is_connected=True))
    for label in window.findChildren(QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText or not label.text()
    assert window.on_air.header.title.text() == evil
    index = window.on_air.chat.model.index(0)
    assert index.data() == f"{evil}: {evil}"
    assert not window.grab().isNull()


# --- chat ---------------------------------------------------------------------------------------------------------


def lines(*texts: str) -> tuple[ChatLine, ...]:
    return tuple(ChatLine(text, "Ana", text, 0) for text in texts)


def test_enter_sends_and_empties_the_field(qtbot: QtBot, window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    field = window.on_air.chat.field
    qtbot.keyClicks(field, "  hello ")
    qtbot.keyClick(field, Key.Key_Return)
    qtbot.keyClick(field, Key.Key_Return)
    assert bridge.wishes == [("send_message", "hello")]
    assert field.text() == ""


def test_a_failed_message_goes_again_by_keyboard(qtbot: QtBot, window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    failed = ChatLine("mine-1", "Alba", "hello", 0, delivery=Delivery.FAILED)
    bridge.give(ChatSnapshot((failed,), can_write=True, is_connected=True))
    view = window.on_air.chat.view
    view.setFocus()
    view.setCurrentIndex(window.on_air.chat.model.index(0))
    qtbot.keyClick(view, Key.Key_Return)
    assert bridge.wishes == [("send_message_again", "mine-1")]


def test_the_chat_follows_unless_the_person_has_scrolled_up(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    chat = window.on_air.chat
    many = tuple(f"message {number}" for number in range(100))
    bridge.give(ChatSnapshot(lines(*many), can_write=True, is_connected=True))
    bar = chat.view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    bar.setValue(10)
    bridge.give(ChatSnapshot(lines(*many, "one more"), can_write=True, is_connected=True))
    assert bar.value() == 10


def test_lines_come_go_and_change_by_rows(window: MainWindow, bridge: FakeBridge) -> None:
    model = window.on_air.chat.model
    for texts in (("a", "b", "c"), ("b", "c", "d"), ("b", "x", "d"), ("q",), (), ("n", "m")):
        model.set_lines(lines(*texts))
        assert [model.index(row).data() for row in range(model.rowCount())] == [f"Ana: {text}" for text in texts]


# --- picture and sound --------------------------------------------------------------------------------------------


def test_devices_test_sources_and_files_can_be_chosen(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.give(SIGNED_IN, engine(cameras=(Device("Webcam", "Webcam HD"),), microphones=(Device("0", "Mic"),)))
    sources = window.on_air.sources
    texts = [sources.video.itemText(row) for row in range(sources.video.count())]
    assert texts == ["Webcam HD", "Test card", "Video file…"]
    sources.video.activated.emit(0)
    sources.audio.activated.emit(0)
    assert bridge.wishes == [("choose_video", "camera:Webcam"), ("choose_audio", "microphone:0")]
    bridge.give(engine(video_source="file:/tmp/clip.mp4"))
    assert sources.video.currentText() == "clip.mp4"
    texts = [sources.audio.itemText(row) for row in range(sources.audio.count())]
    assert "Sound of the video file" in texts


def test_quality_is_fixed_on_air(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.give(SIGNED_IN, engine())
    assert window.on_air.sources.quality.isEnabled()
    bridge.give(engine(EngineState.LIVE))
    assert not window.on_air.sources.quality.isEnabled()


def test_the_meter_shows_the_level(window: MainWindow, bridge: FakeBridge) -> None:
    bridge.give(SIGNED_IN, engine())
    bridge.meters_changed.emit(Meters((-6.0, -12.0), (-9.0, -15.0)))
    assert window.on_air.sources.meter.peak_dbfs == -6.0
    bridge.give(EngineSnapshot())
    assert window.on_air.sources.meter.peak_dbfs == -120.0


def test_frames_are_painted_and_their_slots_given_back(window: MainWindow, bridge: FakeBridge, tmp_path: Path) -> None:
    bridge.give(SIGNED_IN, engine())
    width, height = 160, 90
    size = width * height * 4
    path = tmp_path / "preview.bgra"
    path.write_bytes(bytes((0, 0, 255, 255)) * (width * height) + bytes((255, 0, 0, 255)) * (width * height) * 2)
    with path.open("ab") as file:
        file.write(bytes((1, 1, 1)))
    preview = window.on_air.preview
    bridge.preview_came.emit(PreviewFrame(2, width, height, 0, memory=7))
    bridge.preview_came.emit(PreviewFrame(1, width, height, 0, memory=6))
    bridge.preview_opened.emit(PreviewMemory(path, 3, size, width, height, number=7))
    assert path.read_bytes()[-3:] == bytes((1, 1, 0)), "what came before its memory is given back, the rest is not ours"
    for slot, colour in ((0, "#ff0000"), (1, "#0000ff")):
        bridge.preview_came.emit(PreviewFrame(slot, width, height, 0, memory=7))
        image = preview.grab().toImage()
        assert image.pixelColor(image.width() // 2, image.height() // 2) == QColor(colour)
    assert path.read_bytes()[-3:] == bytes((0, 1, 0)), "the one on the screen is held"
    bridge.preview_came.emit(PreviewFrame(2, width * 10, height, 0, memory=7))
    assert path.read_bytes()[-3:] == bytes((0, 1, 0))


def test_the_preview_is_asked_for_at_the_size_it_is_shown(qtbot: QtBot, window: MainWindow, bridge: FakeBridge) -> None:
    bridge.give(SIGNED_IN, engine())
    preview = window.on_air.preview
    qtbot.waitUntil(lambda: (preview.width(), preview.height()) in bridge.preview_sizes)
    window.resize(window.width() + 64, window.height() + 48)
    qtbot.waitUntil(lambda: bridge.preview_sizes[-1] == (preview.width(), preview.height()))
    frame = QImage(preview.width() // 2 * 2, preview.height() // 2 * 2, QImage.Format.Format_RGB32)
    frame.fill(QColor("#00ff00"))
    preview._image = frame
    assert preview._picture_box().size() == frame.size().toSizeF(), "pixel by pixel, not scaled"


# --- keys ---------------------------------------------------------------------------------------------------------


def test_single_keys_show_products_and_mute(qtbot: QtBot, window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    window.setFocus()
    for key in (Key.Key_2, Key.Key_9, Key.Key_M):
        qtbot.keyClick(window, key)
    assert bridge.wishes == [("toggle_product", "b"), ("set_muted", True)]


def test_single_keys_are_words_while_somebody_types(qtbot: QtBot, window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    for field in (window.on_air.chat.field, window.on_air.products.search):
        field.setFocus()
        qtbot.keyClicks(field, "1m")
        assert field.text() == "1m"
    assert bridge.wishes == []


def test_everything_can_be_reached_by_tab_and_has_a_name(qtbot: QtBot, window: MainWindow, bridge: FakeBridge) -> None:
    bridge.go_on_air()
    bridge.give(ChatSnapshot(lines("hello"), can_write=True, is_connected=True))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.setFocus()
    seen = []
    for _ in range(60):
        qtbot.keyClick(window.focusWidget() or window, Key.Key_Tab)
        widget = window.focusWidget()
        if widget is None or widget in seen:
            break
        seen.append(widget)
    on_air = window.on_air
    wanted = [on_air.header.end, on_air.header.menu_button, on_air.header.copy_link, on_air.products.search]
    wanted += [on_air.products.rows["a"].button, on_air.sources.video, on_air.sources.audio, on_air.sources.mute]
    wanted += [on_air.sources.gain, on_air.chat.field, on_air.chat.send, on_air.chat.view]
    for widget in wanted:
        assert widget in seen, widget
        assert widget.accessibleName() or getattr(widget, "text", str)(), widget
