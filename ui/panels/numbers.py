"""The show in numbers: who watches, how much is said, and how both went."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gshop_studio.studio.numbers import NumbersSnapshot
from ui import formats
from ui.bridge import Bridge
from ui.tokens import Tokens
from ui.widgets.sparkline import Sparkline
from ui.widgets.style import frame, label

_NONE = "–"


class NumbersPanel(QFrame):
    """Four figures; two of them with their history."""

    def __init__(self, bridge: Bridge, tokens: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.viewers = label(_NONE, "figure")
        self.peak = label(_NONE, "figure")
        self.messages = label(_NONE, "figure")
        self.rate = label(_NONE, "figure")
        self._viewers_line = Sparkline(tokens["accent"])
        self._messages_line = Sparkline(tokens["text-2"])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 10)
        layout.setSpacing(12)
        for place, (figure, words, line) in enumerate(
            (
                (self.viewers, self.tr("Watching"), self._viewers_line),
                (self.peak, self.tr("Peak"), None),
                (self.rate, self.tr("Messages/min"), self._messages_line),
                (self.messages, self.tr("Messages"), None),
            )
        ):
            if place:
                rule = frame("rule")
                rule.setFixedWidth(1)
                layout.addWidget(rule)
            layout.addLayout(self._tile(figure, words, line), 3 if line else 1)
        bridge.numbers_changed.connect(self._on_numbers_changed)
        self._on_numbers_changed(bridge.numbers)

    def _tile(self, figure: QLabel, words: str, line: Sparkline | None) -> QHBoxLayout:
        figure.setAccessibleName(words)
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(label(words, "small"))
        text.addWidget(figure)
        tile = QHBoxLayout()
        tile.setSpacing(12)
        tile.addLayout(text)
        if line is not None:
            tile.addWidget(line, 1)
        else:
            tile.addStretch(1)
        return tile

    @Slot(object)
    def _on_numbers_changed(self, numbers: NumbersSnapshot) -> None:
        is_on = numbers.viewers is not None
        for figure, value in (
            (self.viewers, numbers.viewers or 0),
            (self.peak, numbers.peak_viewers),
            (self.messages, numbers.messages),
            (self.rate, numbers.messages_per_minute),
        ):
            figure.setText(formats.count(value) if is_on else _NONE)
        self._viewers_line.set_values(numbers.viewers_history)
        self._messages_line.set_values(numbers.messages_history)
