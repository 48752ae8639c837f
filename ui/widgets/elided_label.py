"""One or two lines of plain text that end in an ellipsis where the room ends; the tool tip has it all."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QTextLayout
from PySide6.QtWidgets import QSizePolicy, QStyle, QStyleOption, QWidget


class ElidedLabel(QWidget):
    """Text in the font and colour that the style sheet gives."""

    def __init__(self, text: str = "", *, role: str = "body", lines: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self._lines = lines
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def text(self) -> str:
        """The whole text."""
        return self._text

    def setText(self, text: str) -> None:
        """Say something else."""
        if text == self._text:
            return
        self._text = text
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(min(240, metrics.horizontalAdvance(self._text) + 2), metrics.lineSpacing() * self._line_count())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self.fontMetrics().lineSpacing() * self._line_count())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.updateGeometry()
        super().resizeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOption()
        option.initFrom(self)
        painter = QPainter(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        painter.setPen(option.palette.windowText().color())
        metrics = self.fontMetrics()
        is_elided = False
        for number, part in enumerate(self._broken()):
            shown = part
            if number == self._lines - 1:
                shown = metrics.elidedText(part, Qt.TextElideMode.ElideRight, self.width())
                is_elided = shown != part
            painter.drawText(0, metrics.ascent() + number * metrics.lineSpacing(), shown)
        tip = self._text if is_elided else ""
        if self.toolTip() != tip:
            self.setToolTip(tip)

    def _line_count(self) -> int:
        return len(self._broken()) or 1

    def _broken(self) -> list[str]:
        """The text's lines; the last one holds all that is left."""
        text = self._text.replace("\n", " ")
        if self._lines == 1 or self.width() <= 0:
            return [text]
        parts: list[str] = []
        layout = QTextLayout(text, self.font())
        layout.beginLayout()
        while len(parts) < self._lines and (line := layout.createLine()).isValid():
            line.setLineWidth(self.width())
            start, length = line.textStart(), line.textLength()
            parts.append(text[start:] if len(parts) == self._lines - 1 else text[start : start + length])
        layout.endLayout()
        return parts
