"""Which show goes on air: a new one with a title and products, or one of the seller's own."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from PySide6.QtCore import QDateTime, QLocale, Qt, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QRadioButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gshop_studio.client.errors import ClientError
from gshop_studio.contract.rest import Stream
from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.studio.trouble import Trouble
from ui.bridge import Bridge
from ui.trouble_texts import trouble_text
from ui.widgets.style import label

_ID = Qt.ItemDataRole.UserRole
_TITLE = Qt.ItemDataRole.UserRole + 1
_MAX_TITLE = 120


class GoLiveDialog(QDialog):
    """Non-blocking: `open()` it; accepting puts the show on air."""

    def __init__(self, bridge: Bridge, language: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._language = language
        self.setWindowTitle(self.tr("Go live"))
        self.setMinimumWidth(460)
        self.new_show = QRadioButton(self.tr("New show"))
        self.my_show = QRadioButton(self.tr("One of my shows"))
        self._which = QButtonGroup(self)
        self.title = QLineEdit()
        self.title.setMaxLength(_MAX_TITLE)
        self.title.setPlaceholderText(self.tr("What are you selling today?"))
        self.products = QListWidget()
        self.shows = QListWidget()
        self._shows_words = label(role="secondary", wraps=True)
        self._shows_words.setText(self.tr("Reading your shows…"))
        self._pages = QStackedWidget()
        self.go_live = QPushButton(self.tr("Go live"))
        self.go_live.setProperty("role", "primary")
        self.go_live.setDefault(True)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setAutoDefault(False)
        self._lay_out()
        self._fill_products()
        self.new_show.setChecked(True)
        self._which.idToggled.connect(self._refresh)
        self.title.textChanged.connect(self._refresh)
        self.shows.currentItemChanged.connect(self._refresh)
        self.shows.itemDoubleClicked.connect(self.accept)
        self.go_live.clicked.connect(self.accept)
        self.cancel.clicked.connect(self.reject)
        self._is_open = True
        self.finished.connect(self._on_finished)
        bridge.ask_my_shows(self._on_shows_came)
        self._refresh()
        self.title.setFocus()

    def accept(self) -> None:
        """Put the chosen show on air."""
        if not self.go_live.isEnabled():
            return
        if self.new_show.isChecked():
            items = [self.products.item(row) for row in range(self.products.count())]
            chosen = [str(item.data(_ID)) for item in items if item.checkState() is Qt.CheckState.Checked]
            self._bridge.go_live_new(self.title.text().strip(), chosen)
        else:
            item = self.shows.currentItem()
            self._bridge.go_live(str(item.data(_ID)), str(item.data(_TITLE)))
        super().accept()

    def _lay_out(self) -> None:
        for place, button in enumerate((self.new_show, self.my_show)):
            self._which.addButton(button, place)
        which = QHBoxLayout()
        which.setSpacing(24)
        which.addWidget(self.new_show)
        which.addWidget(self.my_show)
        which.addStretch(1)
        fresh = QWidget()
        column = QVBoxLayout(fresh)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for words, widget in ((self.tr("Title"), self.title), (self.tr("Products in this show"), self.products)):
            name = label(words, "caption")
            name.setBuddy(widget)
            widget.setAccessibleName(words)
            column.addWidget(name)
            column.addWidget(widget)
            column.addSpacing(6)
        mine = QWidget()
        own = QVBoxLayout(mine)
        own.setContentsMargins(0, 0, 0, 0)
        self.shows.setAccessibleName(self.my_show.text())
        own.addWidget(self._shows_words)
        own.addWidget(self.shows, 1)
        self._pages.addWidget(fresh)
        self._pages.addWidget(mine)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.go_live)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("Go live"), "title"))
        layout.addLayout(which)
        layout.addWidget(self._pages, 1)
        layout.addLayout(buttons)

    def _fill_products(self) -> None:
        for product in self._bridge.shelf.items:
            item = QListWidgetItem(product.name)
            item.setData(_ID, product.product_id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self.products.addItem(item)

    @Slot(int)
    def _on_finished(self, _result: int) -> None:
        self._is_open = False

    def _on_shows_came(self, answer: Any) -> None:
        if not self._is_open:
            return
        if isinstance(answer, ClientError):
            self._shows_words.setText(trouble_text(Trouble.of_error(answer), self._language))
            return
        for stream in answer:
            item = QListWidgetItem(self._words_of(stream))
            item.setData(_ID, stream.id)
            item.setData(_TITLE, stream.title)
            self.shows.addItem(item)
        self.shows.setCurrentRow(0 if answer else -1)
        self._shows_words.setText(
            self.tr("A show that is live already goes on where it was.")
            if answer
            else self.tr("You have no show planned. Make a new one.")
        )
        self.shows.setVisible(bool(answer))

    def _words_of(self, stream: Stream) -> str:
        if stream.status is StreamStatus.LIVE:
            return self.tr("{title} · live now").format(title=stream.title)
        if stream.scheduled_at is None:
            return stream.title
        when = QDateTime.fromSecsSinceEpoch(int(stream.scheduled_at.astimezone(UTC).timestamp()))
        return f"{stream.title} · {QLocale().toString(when, QLocale.FormatType.ShortFormat)}"

    @Slot()
    def _refresh(self, *_event: object) -> None:
        is_new = self.new_show.isChecked()
        self._pages.setCurrentIndex(0 if is_new else 1)
        is_ready = bool(self.title.text().strip()) if is_new else self.shows.currentItem() is not None
        self.go_live.setEnabled(is_ready)
