"""A question with its answers as buttons; the harmless one is the default and what Escape means."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ui.widgets.style import label


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer."""

    id: str
    words: str
    is_dangerous: bool = False


class QuestionDialog(QDialog):
    """Non-blocking: `open()` it; `answered` gives the id of a choice, nothing when it is called off.

    Args:
        choices: besides `cancel_words`, from left to right.
    """

    answered = Signal(str)

    def __init__(
        self, title: str, words: str, choices: list[Choice], cancel_words: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(440)
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(8)
        for choice in choices:
            button = QPushButton(choice.words)
            button.setAutoDefault(False)
            if choice.is_dangerous:
                button.setProperty("role", "danger")
            button.clicked.connect(lambda _checked=False, chosen=choice.id: self._answer(chosen))
            self.buttons[choice.id] = button
            row.addWidget(button)
        row.addStretch(1)
        self.cancel = QPushButton(cancel_words)
        self.cancel.setDefault(True)
        self.cancel.clicked.connect(self.reject)
        row.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(8)
        layout.addWidget(label(title, "title", wraps=True))
        layout.addWidget(label(words, "secondary", wraps=True))
        layout.addSpacing(16)
        layout.addLayout(row)
        self.cancel.setFocus()

    def _answer(self, chosen: str) -> None:
        self.accept()
        self.answered.emit(chosen)
