"""A small picture with round corners, or an icon in its place until it comes."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

_MAX_SIDE_PX = 4096


class RoundedPicture(QWidget):
    """A square of `side` pixels; the picture fills it, cropped in the middle."""

    def __init__(self, side: int, background: str, placeholder: QIcon, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = QColor(background)
        self._placeholder = placeholder
        self._image: QImage | None = None
        self._side = side
        self.setFixedSize(side, side)

    @property
    def has_picture(self) -> bool:
        """Whether the picture is there."""
        return self._image is not None

    def set_bytes(self, content: bytes | None) -> None:
        """Show a picture's bytes; what cannot be decoded leaves the icon."""
        image = QImage.fromData(content) if content else QImage()
        if image.isNull() or max(image.width(), image.height()) > _MAX_SIDE_PX:
            self._image = None
        else:
            wanted = QSize(self._side, self._side) * self.devicePixelRatioF()
            mode = Qt.AspectRatioMode.KeepAspectRatioByExpanding
            self._image = image.scaled(wanted, mode, Qt.TransformationMode.SmoothTransformation)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        path = QPainterPath()
        path.addRoundedRect(box, 6, 6)
        painter.fillPath(path, self._background)
        if self._image is None:
            self._placeholder.paint(painter, self.rect().adjusted(12, 12, -12, -12))
            return
        painter.setClipPath(path)
        shown = self._image.size()
        ratio = self._side / min(shown.width(), shown.height())
        width, height = shown.width() * ratio, shown.height() * ratio
        painter.drawImage(QRectF((self._side - width) / 2, (self._side - height) / 2, width, height), self._image)
