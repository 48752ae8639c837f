"""On air or not, large enough to be read from two metres away: a word, a dot, the time."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gshop_studio.studio.air_state import AirState
from ui.theme import body_font
from ui.tokens import Tokens

_HEIGHT = 36
_COLOURS = {
    AirState.OFF: ("surface-3", "text-2"),
    AirState.CONNECTING: ("surface-3", "warn"),
    AirState.ON_AIR: ("accent", "on-accent"),
    AirState.RECONNECTING: ("surface-3", "warn"),
    AirState.FAILED: ("surface-3", "bad"),
    AirState.ENDING: ("surface-3", "text-2"),
}


class StateBadge(QWidget):
    """A pill. Its width follows the words, never the running time."""

    def __init__(self, tokens: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._font = body_font(tokens, 20, is_strong=True)
        self.state = AirState.OFF
        self._words = ""
        self.duration = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_state(self, state: AirState, words: str, duration: str) -> None:
        """The state, its word, and the time on air or nothing."""
        changed = (state, words, bool(duration)) != (self.state, self._words, bool(self.duration))
        self.state, self._words, self.duration = state, words, duration
        if changed:
            self.setAccessibleName(words)
            self.updateGeometry()
        self.update()

    def show_duration(self, duration: str) -> None:
        """Only the time went on."""
        self.duration = duration
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._font)
        width = 44 + metrics.horizontalAdvance(self._words)
        if self.duration:
            width += 14 + metrics.horizontalAdvance("00:00:00")
        return QSize(width, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        background, foreground = (QColor(self._tokens[name]) for name in _COLOURS[self.state])
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(background)
        painter.drawRoundedRect(QRectF(self.rect()), _HEIGHT / 2, _HEIGHT / 2)
        painter.setBrush(foreground)
        painter.drawEllipse(QPointF(18, _HEIGHT / 2), 5, 5)
        painter.setPen(foreground)
        painter.setFont(self._font)
        text = f"{self._words}  {self.duration}" if self.duration else self._words
        painter.drawText(self.rect().adjusted(30, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, text)
