"""The first start, and each one without a sign-in: try it on this computer, or sign in to a shop."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from gshop_studio.studio.session import SessionSnapshot, SessionState
from ui.bridge import Bridge
from ui.icons import Icon, Icons
from ui.trouble_texts import trouble_text
from ui.widgets.notice import Notice
from ui.widgets.style import frame, label


class WelcomePanel(QWidget):
    """Two cards; while one of them works, its progress and a way out."""

    sign_in_asked = Signal()

    def __init__(self, bridge: Bridge, icons: Icons, language: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bridge = bridge
        self._language = language
        self.try_here = QPushButton(self.tr("Try it on this computer"))
        self.try_here.setProperty("role", "primary")
        self.sign_in = QPushButton(self.tr("Sign in to a shop"))
        self.notice = Notice(icons)
        self._progress_words = label(role="heading", wraps=True)
        self._progress_words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.cancel = QPushButton(self.tr("Cancel"))
        self._pages = QStackedWidget()
        self._lay_out(icons)
        self.try_here.clicked.connect(bridge.try_here)
        self.sign_in.clicked.connect(self.sign_in_asked)
        self.cancel.clicked.connect(bridge.cancel_sign_in)
        bridge.session_changed.connect(self._on_session_changed)
        self._on_session_changed(bridge.session)

    def _lay_out(self, icons: Icons) -> None:
        cards = QHBoxLayout()
        cards.setSpacing(16)
        here = self.tr("A sample shop starts on this computer, with products and accounts. Nothing leaves it.")
        shop = self.tr("Use the address, e-mail and password of your shop.")
        cards.addWidget(self._card(icons, Icon.COMPUTER, self.tr("Just looking"), here, self.try_here), 1)
        cards.addWidget(self._card(icons, Icon.SHOP, self.tr("You have a shop"), shop, self.sign_in), 1)
        choices = QWidget()
        choices.setLayout(cards)
        cards.setContentsMargins(0, 0, 0, 0)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setFixedWidth(280)
        bar.setTextVisible(False)
        bar.setAccessibleName(self.tr("Working"))
        working = QWidget()
        middle = QVBoxLayout(working)
        middle.setSpacing(16)
        middle.addStretch(1)
        middle.addWidget(self._progress_words)
        middle.addWidget(bar, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)
        self._pages.addWidget(choices)
        self._pages.addWidget(working)
        column = QVBoxLayout()
        column.setSpacing(8)
        logo = label()
        logo.setPixmap(icons.get(Icon.APP, "accent").pixmap(44, 44))
        title = label(self.tr("Go live and sell"), "display")
        words = label(self.tr("Show your products on camera, and talk with the people who watch."), "secondary")
        for widget in (logo, title, words):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(24)
        column.addWidget(self._pages)
        column.addSpacing(8)
        column.addWidget(self.notice)
        holder = QWidget()
        holder.setLayout(column)
        holder.setFixedWidth(640)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addWidget(holder, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)

    def _card(self, icons: Icons, icon: Icon, title: str, words: str, button: QPushButton) -> QFrame:
        card = frame("card")
        card.setMinimumHeight(212)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(8)
        sign = label()
        sign.setPixmap(icons.get(icon, "text-2").pixmap(28, 28))
        layout.addWidget(sign)
        layout.addWidget(label(title, "heading"))
        text = label(words, "secondary", wraps=True)
        text.setAlignment(Qt.AlignmentFlag.AlignTop)
        text.setMinimumHeight(3 * text.fontMetrics().lineSpacing())  # wrapped words tell no height through the pages
        layout.addWidget(text, 1)
        layout.addSpacing(12)
        layout.addWidget(button)
        return card

    @Slot(object)
    def _on_session_changed(self, session: SessionSnapshot) -> None:
        is_working = session.state in (SessionState.STARTING_SERVER, SessionState.SIGNING_IN)
        self._pages.setCurrentIndex(1 if is_working else 0)
        if session.state is SessionState.STARTING_SERVER:
            self._progress_words.setText(self.tr("Starting the shop on this computer…"))
        else:
            self._progress_words.setText(self.tr("Signing in…"))
        if session.trouble is not None and not is_working:
            self.notice.say("bad", trouble_text(session.trouble, self._language))
        else:
            self.notice.silence()
