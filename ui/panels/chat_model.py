"""The chat's lines as a Qt model: what changed is told by rows, so that the view keeps its place."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from gshop_studio.studio.chat import ChatLine

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex


class ChatModel(QAbstractListModel):
    """Holds the lines of the newest snapshot."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[ChatLine] = []

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        line = self._lines[index.row()]
        if role == LINE_ROLE:
            return line
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{line.author}: {line.text}"
        return None

    def set_lines(self, lines: tuple[ChatLine, ...]) -> None:
        """Take over a snapshot: drop from the top, change and add at the end."""
        fresh = list(lines)
        dropped = self._dropped_from_top(fresh)
        if dropped:
            self.beginRemoveRows(QModelIndex(), 0, dropped - 1)
            del self._lines[:dropped]
            self.endRemoveRows()
        same = min(len(self._lines), len(fresh))
        changed = [row for row in range(same) if self._lines[row] != fresh[row]]
        if changed:
            self._lines[:same] = fresh[:same]
            self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))
        if len(self._lines) > same:
            self.beginRemoveRows(QModelIndex(), same, len(self._lines) - 1)
            del self._lines[same:]
            self.endRemoveRows()
        if len(fresh) > same:
            self.beginInsertRows(QModelIndex(), same, len(fresh) - 1)
            self._lines += fresh[same:]
            self.endInsertRows()

    def _dropped_from_top(self, fresh: list[ChatLine]) -> int:
        """How many of our first lines are gone: up to where the fresh first line stands here."""
        if not fresh:
            return len(self._lines)
        return next((row for row, line in enumerate(self._lines) if line.id == fresh[0].id), 0)
