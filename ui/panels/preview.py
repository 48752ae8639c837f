"""The picture that goes out: frames painted from the engine's preview memory, each slot given back afterwards."""

from __future__ import annotations

import logging
import mmap
from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gshop_studio.engine_protocol import PREVIEW_BYTES_PER_PIXEL, PreviewFrame
from gshop_studio.studio.engine_room import PreviewMemory
from ui.icons import Icon, Icons
from ui.tokens import Tokens

_RADIUS = 8
_log = logging.getLogger(__name__)


class PreviewPanel(QWidget):
    """Shows the newest frame; holds one slot while it is on the screen.

    Args:
        release: gives a slot back to the engine.
    """

    def __init__(
        self, tokens: Tokens, icons: Icons, release: Callable[[int], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._placeholder = icons.get(Icon.NO_PICTURE, "text-3")
        self._release = release
        self._memory: PreviewMemory | None = None
        self._map: mmap.mmap | None = None
        self._image: QImage | None = None
        self._held_slot: int | None = None
        self._is_on_air = False
        self._words = self.tr("Starting the picture…")
        self.frame_count = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 180)
        self.setAccessibleName(self.tr("Preview of your picture"))

    def sizeHint(self) -> QSize:
        return QSize(854, 480)

    @Slot(object)
    def open_memory(self, memory: PreviewMemory) -> None:
        """Frames come from this file from now on; slots of the one before are nobody's."""
        self.close_memory()
        try:
            with memory.path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), memory.slot_count * memory.slot_bytes, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            _log.warning("no preview: %s", error)
            return
        self._memory = memory

    @Slot(object)
    def show_frame(self, frame: PreviewFrame) -> None:
        """A slot holds a new frame: it is painted next, and the one before goes back."""
        memory, mapped = self._memory, self._map
        fits = frame.width * frame.height * PREVIEW_BYTES_PER_PIXEL
        if memory is None or mapped is None or frame.slot >= memory.slot_count or fits > memory.slot_bytes:
            self._release(frame.slot)
            return
        start = frame.slot * memory.slot_bytes
        self._image = QImage(
            memoryview(mapped)[start : start + fits],
            frame.width,
            frame.height,
            frame.width * PREVIEW_BYTES_PER_PIXEL,
            QImage.Format.Format_RGB32,
        )
        if self._held_slot is not None:
            self._release(self._held_slot)
        self._held_slot = frame.slot
        self.frame_count += 1
        self.update()

    def lose_picture(self, words: str) -> None:
        """The engine is away: say so instead of a picture that stands still."""
        self._words = words
        self.close_memory()
        self.update()

    def close_memory(self) -> None:
        """Let go of the file."""
        self._image = None
        self._held_slot = None
        self._memory = None
        mapped, self._map = self._map, None
        if mapped is not None:
            try:
                mapped.close()
            except BufferError:
                return  # a frame is being painted; it is unmapped with the last reference

    def set_on_air(self, is_on_air: bool) -> None:
        """A frame around the picture while viewers see it."""
        if is_on_air != self._is_on_air:
            self._is_on_air = is_on_air
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._picture_box()
        path = QPainterPath()
        path.addRoundedRect(QRectF(box), _RADIUS, _RADIUS)
        painter.save()
        painter.setClipPath(path)
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(box, self._image)
        else:
            self._paint_empty(painter, box)
        painter.restore()
        if self._is_on_air:
            painter.setPen(QPen(QColor(self._tokens["accent"]), 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box).adjusted(1.5, 1.5, -1.5, -1.5), _RADIUS - 1, _RADIUS - 1)

    def _paint_empty(self, painter: QPainter, box: QRect) -> None:
        painter.fillRect(box, QColor(self._tokens["surface-2"]))
        middle = box.center()
        self._placeholder.paint(painter, QRect(middle.x() - 24, middle.y() - 44, 48, 48))
        painter.setPen(QColor(self._tokens["text-2"]))
        below = QRect(box.left() + 16, middle.y() + 16, box.width() - 32, 60)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, self._words)

    def _picture_box(self) -> QRect:
        ratio = 16 / 9
        if self._image is not None and self._image.height():
            ratio = self._image.width() / self._image.height()
        width = min(self.width(), round(self.height() * ratio))
        height = min(self.height(), round(width / ratio))
        return QRect((self.width() - width) // 2, (self.height() - height) // 2, width, height)
