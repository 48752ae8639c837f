"""Names for the style sheet: a widget's role and state, and labels that have one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QWidget


def set_style(widget: QWidget, name: str, value: str) -> None:
    """Set a property the style sheet looks at, and look again."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def label(text: str = "", role: str = "body", *, wraps: bool = False) -> QLabel:
    """Words, always as plain text: names and messages of others go through here too."""
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setText(text)
    made.setProperty("role", role)
    made.setWordWrap(wraps)
    return made


def frame(role: str) -> QFrame:
    """A surface."""
    made = QFrame()
    made.setProperty("role", role)
    return made
