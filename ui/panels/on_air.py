"""The room a show is made in: products, picture, chat, and what is wrong where it is wrong."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from gshop_studio.studio.air_state import AirState, air_state, air_trouble
from gshop_studio.studio.going_live import ShowPhase
from gshop_studio.studio.trouble import Trouble
from ui import formats
from ui.bridge import Bridge
from ui.icons import Icons
from ui.panels.chat import ChatPanel
from ui.panels.header import HeaderPanel
from ui.panels.health import HealthPanel
from ui.panels.numbers import NumbersPanel
from ui.panels.preview import PreviewPanel
from ui.panels.products import ProductsPanel
from ui.panels.sources_and_audio import SourcesAndAudioPanel
from ui.tokens import Tokens
from ui.trouble_texts import trouble_text
from ui.widgets.notice import Notice

_SIDE_PX = (276, 300)


class OnAirPanel(QWidget):
    """Lays the panels out as the design says and wires the preview."""

    def __init__(
        self, bridge: Bridge, tokens: Tokens, icons: Icons, language: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._language = language
        self._is_key_store_told = False
        self.header = HeaderPanel(bridge, tokens, icons)
        self.notice = Notice(icons)
        self.key_store_notice = Notice(icons)
        self.preview = PreviewPanel(tokens, icons, bridge.resize_preview)
        self.sources = SourcesAndAudioPanel(bridge, tokens, icons)
        self.products = ProductsPanel(bridge, tokens, icons, language)
        self.chat = ChatPanel(bridge, tokens, icons)
        self.numbers = NumbersPanel(bridge, tokens)
        self.health = HealthPanel(bridge, icons)
        self._lay_out()
        self.notice.acted.connect(self._on_notice_acted)
        self.key_store_notice.acted.connect(self._on_key_store_read)
        bridge.preview_opened.connect(self.preview.open_memory)
        bridge.preview_came.connect(self.preview.show_frame)
        for changed in (bridge.show_changed, bridge.engine_changed, bridge.session_changed):
            changed.connect(self._on_changed)
        if bridge.preview_memory is not None:
            self.preview.open_memory(bridge.preview_memory)
        self._on_changed()

    def _lay_out(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.key_store_notice)
        column.addWidget(self.notice)
        column.addWidget(self.preview, 1)
        column.addWidget(self.sources)
        column.addWidget(self.numbers)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(8)
        splitter.setChildrenCollapsible(False)
        for widget, least in ((self.products, 264), (middle, 420), (self.chat, 232)):
            widget.setMinimumWidth(least)
            splitter.addWidget(widget)
        for place, stretch in enumerate((1, 2, 1)):
            splitter.setStretchFactor(place, stretch)
        splitter.setSizes([_SIDE_PX[0], 700, _SIDE_PX[1]])
        room = QHBoxLayout()
        room.setContentsMargins(8, 8, 8, 8)
        room.addWidget(splitter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addLayout(room, 1)
        layout.addWidget(self.health)

    @Slot()
    def _on_changed(self, *_snapshot: object) -> None:
        show, engine, session = self._bridge.show, self._bridge.engine, self._bridge.session
        state = air_state(show, engine)
        self.preview.set_on_air(state is AirState.ON_AIR)
        if not engine.is_up:
            self.preview.lose_picture(self.tr("The video engine is starting…"))
        self._tell(state)
        is_told = session.are_tokens_kept or session.is_local or not session.person_id or self._is_key_store_told
        if is_told:
            self.key_store_notice.silence()
        else:
            self.key_store_notice.say(
                "info",
                self.tr("This computer has no key store, so you stay signed in only until you close the studio."),
                self.tr("All right"),
            )

    def _tell(self, state: AirState) -> None:
        show = self._bridge.show
        trouble = self._bridge.session.trouble or air_trouble(show, self._bridge.engine)
        if show.phase is ShowPhase.ENDED:
            words = self._summary() if trouble is None else f"{self._summary()} {self._words(trouble)}"
            self.notice.say("info" if trouble is None else "warn", words, self.tr("Close"))
        elif trouble is None:
            self.notice.silence()
        elif state is AirState.FAILED or (state is AirState.RECONNECTING and self._bridge.engine.is_up):
            level = "bad" if state is AirState.FAILED else "warn"
            self.notice.say(level, self._words(trouble), self.tr("Try again now"))
        else:
            level = "warn" if trouble.code == "show.interrupted" else "bad"
            self.notice.say(level, self._words(trouble))

    def _words(self, trouble: Trouble) -> str:
        return trouble_text(trouble, self._language)

    def _summary(self) -> str:
        show, numbers = self._bridge.show, self._bridge.numbers
        seconds = (show.ended_at_ms - show.started_at_ms) / 1000 if show.started_at_ms else 0.0
        return self.tr(
            "The show has ended after {duration}. Most viewers at once: {peak}. Messages: {messages}."
        ).format(
            duration=formats.duration(seconds),
            peak=formats.count(numbers.peak_viewers),
            messages=formats.count(numbers.messages),
        )

    @Slot()
    def _on_notice_acted(self) -> None:
        if self._bridge.show.phase is ShowPhase.ENDED:
            self._bridge.dismiss_show()
        else:
            self._bridge.retry_now()

    @Slot()
    def _on_key_store_read(self) -> None:
        self._is_key_store_told = True
        self.key_store_notice.silence()
