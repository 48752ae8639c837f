"""A box to choose a source from, which looks for devices anew each time it opens."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QStyle, QStyleOptionComboBox, QStylePainter, QWidget


class SourceBox(QComboBox):
    """Items carry the source's name, as on the command line; `chosen` is only told of the person's own choice."""

    about_to_open = Signal()
    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.activated.connect(self._on_activated)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """As the style does, but a name that is too long ends in an ellipsis."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self).width()
        text = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room - 4)
        option.currentText = text
        self.setToolTip("" if text == self.currentText() else self.currentText())
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def showPopup(self) -> None:
        self.about_to_open.emit()
        super().showPopup()

    def set_choices(self, choices: list[tuple[str, str]], current: str) -> None:
        """Offer (words, source) pairs; the present one is chosen without telling."""
        if choices != [(self.itemText(i), self.itemData(i)) for i in range(self.count())]:
            self.clear()
            for words, source in choices:
                self.addItem(words, source)
        self.setCurrentIndex(self.findData(current))

    def _on_activated(self, index: int) -> None:
        self.chosen.emit(self.itemData(index))
