"""The top of the window: which show, on air or not and since when, who watches, and the one primary action."""

from __future__ import annotations

from PySide6.QtCore import QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gshop_studio.studio.air_state import AirState, air_state
from gshop_studio.studio.going_live import ShowPhase
from gshop_studio.studio.studio import utc_ms
from ui import formats
from ui.bridge import Bridge
from ui.icons import Icon, Icons
from ui.tokens import Tokens
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.state_badge import StateBadge
from ui.widgets.style import label


class HeaderPanel(QFrame):
    """Going live and ending are asked for here; the window asks the person back."""

    go_live_asked = Signal()
    end_asked = Signal()

    def __init__(self, bridge: Bridge, tokens: Tokens, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self.setFixedHeight(60)
        self._bridge = bridge
        self.title = ElidedLabel(role="heading")
        self._where = ElidedLabel(role="small")
        self.badge = StateBadge(tokens)
        self._eye = QLabel()
        self._eye.setPixmap(icons.get(Icon.VIEWERS).pixmap(20, 20))
        self.viewers = label(role="heading")
        self.open_page = self._quiet(icons, Icon.OPEN, self.tr("Open the buyers' page"))
        self.open_page.setText(self.tr("Buyers' page"))
        self.copy_link = self._quiet(icons, Icon.LINK, self.tr("Copy the show's link"))
        self.go_live = QPushButton(self.tr("Go live"))
        self.go_live.setProperty("role", "primary")
        self.go_live.setIcon(icons.get(Icon.APP, "on-accent"))
        self.end = QPushButton(self.tr("End show"))
        self.end.setProperty("role", "danger")
        self.menu_button = self._quiet(icons, Icon.MENU, self.tr("Menu"))
        self._clock = QTimer(self)
        self._clock.setInterval(500)
        self._clock.timeout.connect(self._on_tick)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(1500)
        self._copied.timeout.connect(lambda: self.copy_link.setText(""))
        self._lay_out()
        self.go_live.clicked.connect(self.go_live_asked)
        self.end.clicked.connect(self.end_asked)
        self.open_page.clicked.connect(self._on_open_page)
        self.copy_link.clicked.connect(self._on_copy_link)
        for changed in (
            bridge.session_changed, bridge.show_changed, bridge.engine_changed, bridge.numbers_changed
        ):  # fmt: skip
            changed.connect(self._on_changed)
        self._on_changed()

    def _quiet(self, icons: Icons, icon: Icon, words: str) -> QPushButton:
        made = QPushButton()
        made.setProperty("role", "quiet")
        made.setIcon(icons.get(icon))
        made.setToolTip(words)
        made.setAccessibleName(words)
        return made

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self._where)
        words.addStretch(1)
        watching = QHBoxLayout()
        watching.setSpacing(6)
        watching.addWidget(self._eye)
        watching.addWidget(self.viewers)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 8, 0)
        layout.setSpacing(16)
        layout.addLayout(words, 1)
        layout.addWidget(self.badge)
        layout.addLayout(watching)
        links = QHBoxLayout()
        links.setSpacing(0)
        links.addWidget(self.open_page)
        links.addWidget(self.copy_link)
        actions = QHBoxLayout()
        actions.setSpacing(8)
        actions.addLayout(links)
        actions.addStretch(1)
        actions.addWidget(self.go_live)
        actions.addWidget(self.end)
        actions.addWidget(self.menu_button)
        layout.addLayout(actions, 1)

    @Slot()
    def _on_changed(self, *_snapshot: object) -> None:
        session, show, engine = self._bridge.session, self._bridge.show, self._bridge.engine
        state = air_state(show, engine)
        is_on = show.phase in (ShowPhase.STARTING, ShowPhase.ON_AIR, ShowPhase.ENDING)
        self.title.setText(show.title if show.title else session.person_name)
        place = self.tr("Shop on this computer") if session.is_local else session.server_url.split("://")[-1]
        self._where.setText(f"{session.person_name} · {place}" if show.title else place)
        self.go_live.setVisible(not is_on)
        self.go_live.setEnabled(engine.is_up)
        self.end.setVisible(is_on or show.phase is ShowPhase.READY)
        self.end.setEnabled(show.phase in (ShowPhase.ON_AIR, ShowPhase.READY))
        for widget in (self._eye, self.viewers, self.open_page, self.copy_link):
            widget.setVisible(show.phase is ShowPhase.ON_AIR)
        self.viewers.setText(self.tr("%n watching", "", self._bridge.numbers.viewers or 0))
        self.badge.show_state(state, self._state_words(state), self._duration())
        ticks = state in (AirState.ON_AIR, AirState.RECONNECTING)
        if ticks and not self._clock.isActive():
            self._clock.start()
        elif not ticks:
            self._clock.stop()

    @Slot()
    def _on_tick(self) -> None:
        self.badge.show_duration(self._duration())

    def _duration(self) -> str:
        show = self._bridge.show
        if show.phase is not ShowPhase.ON_AIR or not show.started_at_ms:
            return ""
        return formats.duration((utc_ms() - show.started_at_ms) / 1000)

    def _state_words(self, state: AirState) -> str:
        return {
            AirState.OFF: self.tr("OFF AIR"),
            AirState.CONNECTING: self.tr("CONNECTING"),
            AirState.ON_AIR: self.tr("ON AIR"),
            AirState.RECONNECTING: self.tr("RECONNECTING"),
            AirState.FAILED: self.tr("NOT SENDING"),
            AirState.ENDING: self.tr("ENDING"),
        }[state]

    @Slot()
    def _on_open_page(self) -> None:
        QDesktopServices.openUrl(QUrl(self._bridge.show.watch_url))

    @Slot()
    def _on_copy_link(self) -> None:
        QGuiApplication.clipboard().setText(self._bridge.show.watch_url)
        self.copy_link.setText(self.tr("Copied"))
        self._copied.start()
