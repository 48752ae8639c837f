"""The real window over the real server and engine: from the first start to the end of a show."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gshop_studio.client.api import Api
from gshop_studio.client.live import LiveConnection
from gshop_studio.contract.events import ServerEvent, Snapshot
from gshop_studio.engine_protocol import EngineState
from gshop_studio.studio.chat import Delivery
from gshop_studio.studio.going_live import ShowPhase
from gshop_studio.studio.session import SessionState
from tests.ui.real_studio import end_processes_of, open_studio, processes_of
from ui.dialogs.go_live import GoLiveDialog
from ui.dialogs.question import QuestionDialog
from ui.main_window import MainWindow

START_MS = 60_000
ANSWER_MS = 20_000


class Viewer:
    """A buyer of the sample shop, elsewhere: an asyncio thread of its own."""

    def __init__(self, url: str, account: dict[str, str], stream_id: str) -> None:
        self.messages: list[str] = []
        self.events: list[ServerEvent] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="viewer")
        self._thread.start()
        self.api = Api(url, "en")
        self._room = LiveConnection(url, stream_id, self.api.access_token, self)
        self.run(self.api.sign_in(account["email"], account["password"]))
        self.run(self._room.open())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def say(self, text: str) -> None:
        self.run(self._room.send_message(text, text))

    def close(self) -> None:
        self.run(self._room.close())
        self.run(self.api.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def joined(self, snapshot: Snapshot) -> None:
        self.messages += [message.message for message in snapshot.recent_messages]

    def happened(self, event: ServerEvent, data: dict[str, Any]) -> None:
        self.events.append(event)
        if event is ServerEvent.MESSAGE:
            self.messages.append(data["message"])

    def connection_changed(self, is_connected: bool) -> None: ...


def go_live(qtbot: QtBot, window: MainWindow, title: str) -> None:
    """From the welcome to a show that is on air."""
    bridge = window._bridge
    if bridge.session.state is not SessionState.SIGNED_IN:
        window.welcome.try_here.click()
    qtbot.waitUntil(window.on_air.isVisible, timeout=START_MS)
    qtbot.waitUntil(lambda: len(window.on_air.products.rows) >= 3, timeout=ANSWER_MS)
    qtbot.waitUntil(lambda: window.on_air.preview.frame_count > 5, timeout=START_MS)
    window.on_air.header.go_live.click()
    assert isinstance(window.dialog, GoLiveDialog)
    window.dialog.title.setText(title)
    window.dialog.go_live.click()
    on_air(qtbot, window)


def on_air(qtbot: QtBot, window: MainWindow) -> None:
    bridge = window._bridge

    def is_live() -> bool:
        status = bridge.engine.status
        return bridge.show.phase is ShowPhase.ON_AIR and status is not None and status.state is EngineState.LIVE

    qtbot.waitUntil(is_live, timeout=ANSWER_MS)


def buyer(home: Path) -> dict[str, str]:
    accounts = json.loads((home / "server" / "sample-accounts.json").read_text())
    return dict(next(account for account in accounts if account["role"] == "buyer"))


@pytest.fixture(autouse=True)
def no_process_survives(home: Path) -> Iterator[None]:
    yield
    end_processes_of(home)


def test_a_show_from_the_first_start_to_its_end(qtbot: QtBot, qapp: QApplication, home: Path) -> None:
    with open_studio(qtbot, qapp, home) as window:
        bridge = window._bridge
        go_live(qtbot, window, "Autumn sale")
        room = window.on_air
        assert bridge.show.title == room.header.title.text() == "Autumn sale"
        viewer = Viewer(bridge.session.server_url, buyer(home), bridge.show.stream_id)
        try:
            qtbot.waitUntil(lambda: bridge.numbers.viewers == 1, timeout=ANSWER_MS)
            assert room.header.viewers.text() == "1 watching"
            qtbot.waitUntil(lambda: room.sources.meter.peak_dbfs > -60, timeout=ANSWER_MS)

            product_id, row = next(iter(room.products.rows.items()))
            row.button.click()
            qtbot.waitUntil(lambda: ServerEvent.PRODUCT_HIGHLIGHTED in viewer.events, timeout=ANSWER_MS)
            shown = viewer.run(viewer.api.stream(bridge.show.stream_id)).products or []
            assert [item.product_id for item in shown if item.is_highlighted] == [product_id]
            qtbot.waitUntil(lambda: row.button.text() == "Hide" and row.button.isEnabled(), timeout=ANSWER_MS)

            viewer.say("What size is it?")
            qtbot.waitUntil(lambda: room.chat.model.rowCount() == 1, timeout=ANSWER_MS)
            assert str(room.chat.model.index(0).data()).endswith(": What size is it?")
            qtbot.keyClicks(room.chat.field, "Medium")
            room.chat.send.click()
            qtbot.waitUntil(lambda: "Medium" in viewer.messages, timeout=ANSWER_MS)
            qtbot.waitUntil(lambda: bridge.chat.lines[-1].delivery is Delivery.RECEIVED, timeout=ANSWER_MS)

            frames = room.preview.frame_count
            qtbot.waitUntil(lambda: room.preview.frame_count > frames + 10, timeout=ANSWER_MS)
            qtbot.waitUntil(lambda: room.health.bit_rate.text() not in ("", "0 kb/s"), timeout=ANSWER_MS)

            room.header.end.click()
            assert isinstance(window.dialog, QuestionDialog)
            window.dialog.buttons["end"].click()
            qtbot.waitUntil(lambda: bridge.show.phase is ShowPhase.ENDED, timeout=ANSWER_MS)
            qtbot.waitUntil(lambda: ServerEvent.STREAM_ENDED in viewer.events, timeout=ANSWER_MS)
            assert "The show has ended" in room.notice.text()
        finally:
            viewer.close()
    assert processes_of(home) == []


def test_engine_and_server_may_die_and_the_studio_too(qtbot: QtBot, qapp: QApplication, home: Path) -> None:
    """Cases 63, 64 and 65: the same show goes on after each."""
    with open_studio(qtbot, qapp, home) as window:
        bridge = window._bridge
        go_live(qtbot, window, "Through thick and thin")
        stream_id, url = bridge.show.stream_id, bridge.session.server_url

        end_processes_of(home, "engine")
        qtbot.waitUntil(lambda: not bridge.engine.is_up, timeout=ANSWER_MS)
        at_s = time.monotonic()
        on_air(qtbot, window)
        engine_back_s = time.monotonic() - at_s
        frames = window.on_air.preview.frame_count
        qtbot.waitUntil(lambda: window.on_air.preview.frame_count > frames, timeout=ANSWER_MS)

        end_processes_of(home, "serve")
        qtbot.waitUntil(lambda: not bridge.show.is_connected, timeout=ANSWER_MS)
        qtbot.waitUntil(lambda: bridge.show.is_connected, timeout=START_MS)
        on_air(qtbot, window)
        assert engine_back_s < 10, "a loaded machine needs a while to start Python"
        _say(qtbot, window, "still here")
    left = " ".join(processes_of(home))
    assert "engine" in left and "serve" in left, "what is on air outlives the window"

    with open_studio(qtbot, qapp, home) as window:
        bridge = window._bridge
        on_air_again: Callable[[], bool] = lambda: bridge.show.phase is ShowPhase.ON_AIR  # noqa: E731
        qtbot.waitUntil(on_air_again, timeout=START_MS)
        on_air(qtbot, window)
        assert (bridge.show.stream_id, bridge.session.server_url) == (stream_id, url)
        assert [line.text for line in bridge.chat.lines] == ["still here"]
        _say(qtbot, window, "and back")
        window.on_air.header.end.click()
        assert isinstance(window.dialog, QuestionDialog)
        window.dialog.buttons["end"].click()
        qtbot.waitUntil(lambda: bridge.show.phase is ShowPhase.ENDED, timeout=ANSWER_MS)
    assert processes_of(home) == []


def _say(qtbot: QtBot, window: MainWindow, text: str) -> None:
    window.on_air.chat.field.setText(text)
    window.on_air.chat.send.click()
    chat = window._bridge
    qtbot.waitUntil(
        lambda: (
            (chat.chat.lines[-1:] or [None])[0] is not None
            and chat.chat.lines[-1].text == text
            and chat.chat.lines[-1].delivery is Delivery.RECEIVED
        ),
        timeout=ANSWER_MS,
    )
