"""A small line of how a number went: no axes, no motion."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget


class Sparkline(QWidget):
    """Paints a series of numbers, the newest at the right."""

    def __init__(self, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = QColor(colour)
        self._values: tuple[int, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(24)

    def set_values(self, values: tuple[int, ...]) -> None:
        """Show another series."""
        if values != self._values:
            self._values = values
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(96, 28)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if len(self._values) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top, step = max(*self._values, 1), (self.width() - 4) / (len(self._values) - 1)
        room = self.height() - 6
        line = QPolygonF([QPointF(2 + i * step, 3 + room * (1 - v / top)) for i, v in enumerate(self._values)])
        fill = QColor(self._colour)
        fill.setAlpha(36)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        floor = float(self.height())
        painter.drawPolygon(QPolygonF([QPointF(2, floor), *line.toList(), QPointF(self.width() - 2.0, floor)]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._colour, 1.5))
        painter.drawPolyline(line)
