"""A strip that says what is wrong and offers what to do; hidden when there is nothing to say."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from ui.icons import Icon, Icons
from ui.widgets.style import label, set_style

_ICONS = {"bad": Icon.BAD, "warn": Icon.WARN, "info": Icon.INFO}
_COLOURS = {"bad": "bad", "warn": "warn", "info": "text-2"}


class Notice(QFrame):
    """One sentence, with at most one button."""

    acted = Signal()

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self.setProperty("role", "notice")
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._words = label(wraps=True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton()
        self._button.setProperty("role", "compact")
        self._button.clicked.connect(self.acted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def text(self) -> str:
        """What it says now; empty while hidden."""
        return self._words.text() if not self.isHidden() else ""

    def say(self, level: str, text: str, action: str = "") -> None:
        """Say something. `level` is bad, warn or info."""
        set_style(self, "level", level)
        self._icon.setPixmap(self._icons.get(_ICONS[level], _COLOURS[level]).pixmap(20, 20))
        self._words.setText(text)
        self._words.setAccessibleName(text)
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self.show()

    def silence(self) -> None:
        """Nothing to say."""
        self.hide()
