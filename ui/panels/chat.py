"""The chat: what viewers say, and the field to answer."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gshop_studio.contract.message_text import MAX_MESSAGE_CHARACTERS
from gshop_studio.studio.chat import ChatSnapshot
from ui.bridge import Bridge
from ui.icons import Icon, Icons
from ui.panels.chat_delegate import ChatDelegate
from ui.panels.chat_model import LINE_ROLE, ChatModel
from ui.tokens import Tokens
from ui.widgets.style import label

_NEAR_END_PX = 24


class _ChatView(QListView):
    """Lines are laid out anew when the width changes."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()


class ChatPanel(QFrame):
    """Follows the newest line unless the person has scrolled away."""

    def __init__(self, bridge: Bridge, tokens: Tokens, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._bridge = bridge
        self.model = ChatModel(self)
        self.view = _ChatView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(ChatDelegate(tokens, self.view))
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.view.setMouseTracking(True)
        self.view.setAccessibleName(self.tr("Chat messages"))
        self.view.activated.connect(self._on_activated)
        self._state = label(role="small")
        self._words = label(role="secondary", wraps=True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.field = QLineEdit()
        self.field.setMaxLength(MAX_MESSAGE_CHARACTERS)
        self.field.setAccessibleName(self.tr("Your message"))
        self.field.returnPressed.connect(self._on_send)
        self.send = QPushButton()
        self.send.setProperty("role", "primary")
        self.send.setFixedWidth(44)
        self.send.setIcon(icons.get(Icon.SEND, "on-accent"))
        self.send.setAccessibleName(self.tr("Send"))
        self.send.setToolTip(self.tr("Send"))
        self.send.clicked.connect(self._on_send)
        self._pages = QStackedWidget()
        self._lay_out(icons)
        bridge.chat_changed.connect(self._on_chat_changed)
        self._on_chat_changed(bridge.chat)

    def _lay_out(self, icons: Icons) -> None:
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Chat"), "heading"))
        head.addStretch(1)
        head.addWidget(self._state)
        empty = QWidget()
        middle = QVBoxLayout(empty)
        middle.setSpacing(12)
        middle.addStretch(1)
        sign = label()
        sign.setPixmap(icons.get(Icon.CHAT, "text-3").pixmap(40, 40))
        middle.addWidget(sign, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addWidget(self._words)
        middle.addStretch(2)
        self._pages.addWidget(self.view)
        self._pages.addWidget(empty)
        write = QHBoxLayout()
        write.setSpacing(8)
        write.addWidget(self.field, 1)
        write.addWidget(self.send)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addLayout(head)
        layout.addWidget(self._pages, 1)
        layout.addLayout(write)

    @Slot(object)
    def _on_chat_changed(self, chat: ChatSnapshot) -> None:
        bar = self.view.verticalScrollBar()
        was_at_end = bar.value() >= bar.maximum() - _NEAR_END_PX
        self.model.set_lines(chat.lines)
        if was_at_end:
            self.view.scrollToBottom()
        self._pages.setCurrentIndex(0 if chat.lines else 1)
        is_away = chat.can_write and not chat.is_connected
        self._state.setText(self.tr("Reconnecting…") if is_away else "")
        if chat.can_write:
            self._words.setText(self.tr("Nobody has written yet. Say hello: viewers answer a host who talks to them."))
        else:
            self._words.setText(self.tr("Messages appear here while you are on air."))
        self.field.setEnabled(chat.can_write)
        self.send.setEnabled(chat.can_write)
        self.field.setPlaceholderText(self.tr("Write to your viewers…") if chat.can_write else self.tr("Opens on air"))

    @Slot()
    def _on_send(self) -> None:
        text = self.field.text().strip()
        if text:
            self.view.scrollToBottom()
            self._bridge.send_message(text)
            self.field.clear()

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        self._bridge.send_message_again(index.data(LINE_ROLE).id)
