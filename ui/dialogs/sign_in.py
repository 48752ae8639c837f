"""Signing in to a shop: address, e-mail, password. Stays open until it worked, and says in place what did not."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from gshop_studio.settings import Settings
from gshop_studio.studio.session import SessionSnapshot, SessionState
from ui.bridge import Bridge
from ui.icons import Icons
from ui.trouble_texts import trouble_text
from ui.widgets.notice import Notice
from ui.widgets.style import label


class SignInDialog(QDialog):
    """Non-blocking: `open()` it; it closes itself when signed in."""

    def __init__(
        self, bridge: Bridge, icons: Icons, settings: Settings, language: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._language = language
        self.setWindowTitle(self.tr("Sign in to a shop"))
        self.setMinimumWidth(420)
        address = "" if settings.is_local_server else settings.server_url
        self.address = self._field(self.tr("shop.example.com"), address, 300)
        self.email = self._field(self.tr("you@example.com"), settings.email, 320)
        self.password = self._field("", "", 200)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.notice = Notice(icons)
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        policy = self._progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(policy)
        self.sign_in = QPushButton(self.tr("Sign in"))
        self.sign_in.setProperty("role", "primary")
        self.sign_in.setDefault(True)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setAutoDefault(False)
        self._is_asked = False
        self._lay_out()
        self.sign_in.clicked.connect(self._on_sign_in)
        self.cancel.clicked.connect(self.reject)
        for field in (self.address, self.email, self.password):
            field.textChanged.connect(self._refresh)
        bridge.session_changed.connect(self._on_session_changed)
        self._refresh()
        first_empty = next((f for f in (self.address, self.email) if not f.text()), self.password)
        first_empty.setFocus()

    def _field(self, hint: str, text: str, limit: int) -> QLineEdit:
        made = QLineEdit(text)
        made.setPlaceholderText(hint)
        made.setMaxLength(limit)
        return made

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(6)
        layout.addWidget(label(self.tr("Sign in to a shop"), "title"))
        layout.addSpacing(10)
        for words, field in (
            (self.tr("Shop's address"), self.address),
            (self.tr("E-mail"), self.email),
            (self.tr("Password"), self.password),
        ):
            name = label(words, "caption")
            name.setBuddy(field)
            field.setAccessibleName(words)
            layout.addWidget(name)
            layout.addWidget(field)
            layout.addSpacing(6)
        layout.addWidget(self.notice)
        layout.addWidget(self._progress)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.sign_in)
        layout.addSpacing(6)
        layout.addLayout(buttons)

    @Slot()
    def _on_sign_in(self) -> None:
        self._is_asked = True
        self.notice.silence()
        self._bridge.sign_in(self.address.text(), self.email.text(), self.password.text())

    @Slot(object)
    def _on_session_changed(self, session: SessionSnapshot) -> None:
        if not self._is_asked:
            return
        if session.state is SessionState.SIGNED_IN:
            self.accept()
        elif session.state is SessionState.SIGNED_OUT:
            self._is_asked = False
            if session.trouble is not None:
                self.notice.say("bad", trouble_text(session.trouble, self._language))
        self._refresh()

    def reject(self) -> None:
        """Cancel: what is under way is given up."""
        if self._is_asked:
            self._bridge.cancel_sign_in()
        super().reject()

    @Slot()
    def _refresh(self) -> None:
        is_filled = bool(self.address.text().strip() and self.email.text().strip() and self.password.text())
        self.sign_in.setEnabled(is_filled and not self._is_asked)
        for field in (self.address, self.email, self.password):
            field.setEnabled(not self._is_asked)
        self._progress.setVisible(self._is_asked)
