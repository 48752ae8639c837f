"""Paints one line of the chat: who and what, always as plain text, and the state of what was sent."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gshop_studio.studio.chat import ChatLine, Delivery
from ui.panels.chat_model import LINE_ROLE
from ui.theme import body_font
from ui.tokens import Tokens

_PAD_X, _PAD_Y = 8, 4
_Index = QModelIndex | QPersistentModelIndex


class ChatDelegate(QStyledItemDelegate):
    """Lays out author and text as one paragraph."""

    def __init__(self, tokens: Tokens, view: QListView) -> None:
        super().__init__(view)
        self._view = view
        self._colours = {
            name: QColor(tokens[name]) for name in ("text-1", "text-2", "accent", "bad", "warn", "surface-2")
        }
        self._font = body_font(tokens)
        self._strong = body_font(tokens, is_strong=True)
        self._small = body_font(tokens, 12)

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        line: ChatLine = index.data(LINE_ROLE)
        width = max(80, self._view.viewport().width())
        height = self._laid_out(line, width - 2 * _PAD_X)[1] + 2 * _PAD_Y
        if line.delivery is Delivery.FAILED:
            height += self._note_height(width)
        return QSize(width, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        line: ChatLine = index.data(LINE_ROLE)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & (QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._colours["surface-2"])
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 6, 6)
        layout, height = self._laid_out(line, rect.width() - 2 * _PAD_X)
        painter.setPen(self._colours["text-1"])
        if line.delivery is Delivery.SENDING:
            painter.setOpacity(0.55)
        layout.draw(painter, QPointF(rect.left() + _PAD_X, rect.top() + _PAD_Y))
        if line.delivery is Delivery.FAILED:
            painter.setFont(self._small)
            painter.setPen(self._colours["bad"])
            note = QRect(rect.left() + _PAD_X, rect.top() + _PAD_Y + height + 2, rect.width() - 2 * _PAD_X, 60)
            painter.drawText(note, Qt.TextFlag.TextWordWrap, self._note())
        painter.restore()

    def _laid_out(self, line: ChatLine, width: int) -> tuple[QTextLayout, int]:
        author = line.author
        badge = self.tr("Host") if line.is_host else self.tr("Moderator") if line.is_moderator else ""
        head = f"{author} {badge}" if badge else author
        text = f"{head}  {line.text}".replace("\n", " ")
        layout = QTextLayout(text, self._font)
        layout.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeft))
        layout.setFormats(
            [
                self._format(0, len(author), self._colours["accent" if line.is_host else "text-2"], self._strong),
                self._format(len(author), len(head) - len(author), self._colours["text-2"], self._small),
            ]
        )
        option = layout.textOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        y = 0.0
        while (row := layout.createLine()).isValid():
            row.setLineWidth(width)
            row.setPosition(QPointF(0, y))
            y += max(row.height(), 18.0)
        layout.endLayout()
        return layout, round(y)

    def _format(self, start: int, length: int, colour: QColor, font: QFont) -> QTextLayout.FormatRange:
        made = QTextLayout.FormatRange()
        style = QTextCharFormat()
        style.setForeground(colour)
        style.setFont(font)
        made.start, made.length, made.format = start, length, style
        return made

    def _note(self) -> str:
        return self.tr("Not sent. Double-click or press Enter to send it again.")

    def _note_height(self, width: int) -> int:
        box = QFontMetrics(self._small).boundingRect(
            QRect(0, 0, width - 2 * _PAD_X, 200), Qt.TextFlag.TextWordWrap, self._note()
        )
        return box.height() + 4
