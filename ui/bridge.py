"""The only crossing between the Qt thread and the asyncio thread: wishes go down, snapshots come up as queued signals.

Each kind of snapshot has one place: a newer one replaces what the window has not read yet, so a busy window is never
flooded. Preview frames are bounded by the slots of their memory.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from enum import StrEnum
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import Meters, PreviewFrame
from gshop_studio.studio.chat import ChatSnapshot
from gshop_studio.studio.engine_room import EngineSnapshot, PreviewMemory
from gshop_studio.studio.going_live import ShowSnapshot
from gshop_studio.studio.numbers import NumbersSnapshot
from gshop_studio.studio.preflight import PreflightSnapshot
from gshop_studio.studio.session import SessionSnapshot
from gshop_studio.studio.shelf import ShelfSnapshot
from gshop_studio.studio.studio import Studio

_log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class Topic(StrEnum):
    """A kind of snapshot that comes up."""

    SESSION = "session"
    SHOW = "show"
    ENGINE = "engine"
    SHELF = "shelf"
    CHAT = "chat"
    NUMBERS = "numbers"
    PREFLIGHT = "preflight"
    METERS = "meters"
    PREVIEW_MEMORY = "preview_memory"


class Bridge(QObject):
    """The studio as the window sees it. Made and used on the Qt thread; `attach` before anything else."""

    session_changed = Signal(object)
    show_changed = Signal(object)
    engine_changed = Signal(object)
    shelf_changed = Signal(object)
    chat_changed = Signal(object)
    numbers_changed = Signal(object)
    preflight_changed = Signal(object)
    meters_changed = Signal(object)
    preview_opened = Signal(object)
    preview_came = Signal(object)
    closed = Signal()
    """The studio let go of everything; the asyncio thread has ended."""

    _topic_waits = Signal(str)
    _frame_waits = Signal(object)
    _answered = Signal(object, object)
    _studio_closed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = SessionSnapshot()
        self.show = ShowSnapshot()
        self.engine = EngineSnapshot()
        self.shelf = ShelfSnapshot()
        self.chat = ChatSnapshot()
        self.numbers = NumbersSnapshot()
        self.preflight = PreflightSnapshot()
        self.preview_memory: PreviewMemory | None = None
        self._studio: Studio | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name="studio-asyncio", daemon=True)
        self._lock = threading.Lock()
        self._waiting: dict[Topic, Any] = {}
        self._is_closing = False
        self._signing_in: Future[None] | None = None
        queued = Qt.ConnectionType.QueuedConnection
        self._topic_waits.connect(self._on_topic, queued)
        self._frame_waits.connect(self.preview_came, queued)
        self._answered.connect(self._on_answered, queued)
        self._studio_closed.connect(self._on_studio_closed, queued)

    # --- life -----------------------------------------------------------------------------------------------------

    def attach(self, studio: Studio) -> None:
        """Watch the studio's snapshots and open it."""
        self._studio = studio
        for topic, source in (
            (Topic.SESSION, studio.session.snapshot),
            (Topic.SHOW, studio.show.snapshot),
            (Topic.ENGINE, studio.engine.snapshot),
            (Topic.SHELF, studio.shelf.snapshot),
            (Topic.CHAT, studio.chat.snapshot),
            (Topic.NUMBERS, studio.numbers.snapshot),
            (Topic.PREFLIGHT, studio.preflight.snapshot),
        ):
            source.listen(lambda value, topic=topic: self.offer(topic, value))  # type: ignore[misc]
        self._thread.start()
        self._signing_in = self._run(studio.open())

    def close_studio(self) -> None:
        """Let go of the engine and the servers without blocking; `closed` tells the end."""
        if self._is_closing:
            return
        self._is_closing = True
        if self._studio is None:
            self._studio_closed.emit()
            return
        future = asyncio.run_coroutine_threadsafe(self._studio.close(), self._loop)
        future.add_done_callback(self._on_close_done)

    # --- wishes ---------------------------------------------------------------------------------------------------

    @Slot()
    def try_here(self) -> None:
        self._signing_in = self._run(self._open_studio.try_here())

    def sign_in(self, address: str, email: str, password: str) -> None:
        self._signing_in = self._run(self._open_studio.sign_in(address, email, password))

    @Slot()
    def cancel_sign_in(self) -> None:
        """Give up signing in, or starting the server for it."""
        if self._signing_in is not None:
            self._signing_in.cancel()

    @Slot()
    def sign_out(self) -> None:
        self._run(self._open_studio.sign_out())

    def go_live_new(self, title: str, product_ids: list[str]) -> None:
        self._run(self._open_studio.show.go_live_new(title, product_ids))

    def go_live(self, stream_id: str, title: str) -> None:
        self._run(self._open_studio.show.go_live(stream_id, title))

    @Slot()
    def end_show(self) -> None:
        self._run(self._open_studio.show.end())

    @Slot()
    def dismiss_show(self) -> None:
        if not self._is_closing:
            self._loop.call_soon_threadsafe(self._open_studio.show.dismiss)

    @Slot()
    def retry_now(self) -> None:
        self._run(self._open_studio.show.retry_now())

    def toggle_product(self, product_id: str) -> None:
        self._run(self._open_studio.shelf.toggle(product_id))

    @Slot()
    def load_products(self) -> None:
        self._run(self._open_studio.load_products())

    def send_message(self, text: str) -> None:
        self._run(self._open_studio.chat.send(text))

    def send_message_again(self, line_id: str) -> None:
        self._run(self._open_studio.chat.send_again(line_id))

    def choose_video(self, spec: str) -> None:
        self._run(self._open_studio.engine.choose_video(spec))

    def choose_audio(self, spec: str) -> None:
        self._run(self._open_studio.engine.choose_audio(spec))

    def choose_quality(self, quality: Quality) -> None:
        self._run(self._open_studio.engine.choose_quality(quality))

    def set_gain(self, gain_db: float) -> None:
        self._run(self._open_studio.engine.set_gain(gain_db))

    def set_muted(self, is_muted: bool) -> None:
        self._run(self._open_studio.engine.set_muted(is_muted))

    @Slot()
    def refresh_devices(self) -> None:
        self._run(self._open_studio.engine.refresh_devices())

    def run_preflight(self, trial_title: str) -> None:
        self._run(self._open_studio.preflight.run(trial_title))

    @Slot()
    def cancel_preflight(self) -> None:
        self._run(self._open_studio.preflight.cancel())

    def resize_preview(self, width: int, height: int) -> None:
        """The preview is shown at so many pixels."""
        self._run(self._open_studio.engine.choose_preview_size(width, height))

    def ask_picture(self, url: str, then: Callable[[bytes | None], None]) -> None:
        """Fetch a picture; `then` is called on the Qt thread."""
        self._ask(self._open_studio.pictures.get(url), then)

    def ask_my_shows(self, then: Callable[[Any], None]) -> None:
        """Read the shows that can go on air; `then` gets a list, or a ClientError."""
        self._ask(self._open_studio.my_shows(), then)

    # --- from the asyncio thread ----------------------------------------------------------------------------------

    def offer(self, topic: Topic, value: Any) -> None:
        """A snapshot for the window; replaces one of its kind that the window has not read."""
        with self._lock:
            is_first = topic not in self._waiting
            self._waiting[topic] = value
        if is_first:
            self._topic_waits.emit(topic.value)

    def offer_meters(self, meters: Meters) -> None:
        self.offer(Topic.METERS, meters)

    def offer_preview_memory(self, memory: PreviewMemory) -> None:
        self.offer(Topic.PREVIEW_MEMORY, memory)

    def offer_preview_frame(self, frame: PreviewFrame) -> None:
        self._frame_waits.emit(frame)

    # --- inside ---------------------------------------------------------------------------------------------------

    @property
    def _open_studio(self) -> Studio:
        assert self._studio is not None, "attach first"
        return self._studio

    def _run(self, work: Coroutine[Any, Any, Answer]) -> Future[Answer]:
        if self._is_closing:
            work.close()
            return Future()
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        future.add_done_callback(_log_failure)
        return future

    def _ask(self, work: Coroutine[Any, Any, Answer], then: Callable[[Any], None]) -> None:
        def answered(future: Future[Answer]) -> None:
            if not future.cancelled():
                self._answered.emit(then, future.exception() or future.result())

        if self._is_closing:
            work.close()
            return
        asyncio.run_coroutine_threadsafe(work, self._loop).add_done_callback(answered)

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        leftover = asyncio.all_tasks(self._loop)
        for task in leftover:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*leftover, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _on_close_done(self, future: Future[None]) -> None:
        _log_failure(future)
        self._studio_closed.emit()

    @Slot()
    def _on_studio_closed(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        elif not self._loop.is_closed():
            self._loop.close()
        self.closed.emit()

    @Slot(str)
    def _on_topic(self, name: str) -> None:
        topic = Topic(name)
        with self._lock:
            value = self._waiting.pop(topic)
        match topic:
            case Topic.SESSION:
                self.session = value
                self.session_changed.emit(value)
            case Topic.SHOW:
                self.show = value
                self.show_changed.emit(value)
            case Topic.ENGINE:
                self.engine = value
                self.engine_changed.emit(value)
            case Topic.SHELF:
                self.shelf = value
                self.shelf_changed.emit(value)
            case Topic.CHAT:
                self.chat = value
                self.chat_changed.emit(value)
            case Topic.NUMBERS:
                self.numbers = value
                self.numbers_changed.emit(value)
            case Topic.PREFLIGHT:
                self.preflight = value
                self.preflight_changed.emit(value)
            case Topic.METERS:
                self.meters_changed.emit(value)
            case Topic.PREVIEW_MEMORY:
                self.preview_memory = value
                self.preview_opened.emit(value)

    @Slot(object, object)
    def _on_answered(self, then: Callable[[Any], None], answer: object) -> None:
        if not self._is_closing:
            then(answer)


def _log_failure(future: Future[Any]) -> None:
    """A use case tells its trouble in its snapshot; anything that gets here is a defect, and must be seen."""
    if not future.cancelled() and (error := future.exception()) is not None:
        _log.error("a wish failed", exc_info=error)
