"""The picture that goes out: frames painted from the engine's preview memory, each slot given back afterwards.

The engine is asked for frames of the size they are painted at, so that painting is copying. A slot is given back by a
byte in the memory; a message for each would cost both processes more than the painting.
"""

from __future__ import annotations

import logging
import mmap
from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gshop_studio.engine_protocol import PREVIEW_BYTES_PER_PIXEL, PREVIEW_SLOT_COUNT, PreviewFrame
from gshop_studio.studio.engine_room import PreviewMemory
from ui.icons import Icon, Icons
from ui.tokens import Tokens

_RADIUS = 8
_LARGEST = QSize(1280, 720)
"""In pixels; a larger preview is scaled up where it is painted."""
_SIZING_MS = 200
"""A window that is being resized asks only once it rests."""
_NEARLY_PX = 2
"""Frames have even sides, so they may be a little smaller than their place."""
_log = logging.getLogger(__name__)


class PreviewPanel(QWidget):
    """Shows the newest frame; holds one slot while it is on the screen.

    Args:
        ask_size: told the size in pixels at which frames are wanted.
    """

    def __init__(
        self, tokens: Tokens, icons: Icons, ask_size: Callable[[int, int], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._placeholder = icons.get(Icon.NO_PICTURE, "text-3")
        self._ask_size = ask_size
        self._early: list[PreviewFrame] = []
        """Frames of a memory that is not open yet."""
        self._asked_scale = 0.0
        self._sizing = QTimer(self)
        self._sizing.setSingleShot(True)
        self._sizing.setInterval(_SIZING_MS)
        self._sizing.timeout.connect(self._on_sized)
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
        """Frames come from this file from now on; the last one of the file before stays until the first comes."""
        self._let_go()
        try:
            with memory.path.open("rb+") as file:
                self._map = mmap.mmap(file.fileno(), memory.slot_count * (memory.slot_bytes + 1))
        except (OSError, ValueError) as error:
            _log.warning("no preview: %s", error)
            return
        self._memory = memory
        early, self._early = self._early, []
        for frame in early:
            if frame.memory == memory.number:
                self._release(frame.slot)

    @Slot(object)
    def show_frame(self, frame: PreviewFrame) -> None:
        """A slot holds a new frame: it is painted next, and the one before goes back."""
        memory, mapped = self._memory, self._map
        fits = frame.width * frame.height * PREVIEW_BYTES_PER_PIXEL
        if memory is None or mapped is None or frame.memory != memory.number:
            self._early = [*self._early, frame][-PREVIEW_SLOT_COUNT:]
            return
        if frame.slot >= memory.slot_count or fits > memory.slot_bytes:
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
        """Let go of the file and of the picture in it."""
        self._image = None
        self._let_go()

    def _release(self, slot: int) -> None:
        """The slot is the engine's again."""
        if self._memory is not None and self._map is not None and slot < self._memory.slot_count:
            self._map[self._memory.slot_count * self._memory.slot_bytes + slot] = 0

    def _let_go(self) -> None:
        self._held_slot = None
        self._memory = None
        mapped, self._map = self._map, None
        if mapped is not None:
            try:
                mapped.close()
            except BufferError:
                return  # a frame in it is still shown; it is unmapped with the last reference

    def set_on_air(self, is_on_air: bool) -> None:
        """A frame around the picture while viewers see it."""
        if is_on_air != self._is_on_air:
            self._is_on_air = is_on_air
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._sizing.start()

    @Slot()
    def _on_sized(self) -> None:
        if self.isVisible():
            self._asked_scale = self.devicePixelRatioF()
            size = self.size() * self._asked_scale
            if size.width() > _LARGEST.width() or size.height() > _LARGEST.height():
                size.scale(_LARGEST, Qt.AspectRatioMode.KeepAspectRatio)
            self._ask_size(max(2, size.width()), max(2, size.height()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if (
            self.devicePixelRatioF() != self._asked_scale and not self._sizing.isActive()
        ):  # the window went to another screen
            self._sizing.start()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._picture_box()
        path = QPainterPath()
        path.addRoundedRect(box, _RADIUS, _RADIUS)
        painter.save()
        painter.setClipPath(path)
        if self._image is not None:
            is_scaled = box.size() * self.devicePixelRatioF() != self._image.size().toSizeF()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_scaled)
            painter.drawImage(box, self._image)
        else:
            self._paint_empty(painter, box.toRect())
        painter.restore()
        if self._is_on_air:
            painter.setPen(QPen(QColor(self._tokens["accent"]), 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1.5, 1.5, -1.5, -1.5), _RADIUS - 1, _RADIUS - 1)

    def _paint_empty(self, painter: QPainter, box: QRect) -> None:
        painter.fillRect(box, QColor(self._tokens["surface-2"]))
        middle = box.center()
        self._placeholder.paint(painter, QRect(middle.x() - 24, middle.y() - 44, 48, 48))
        painter.setPen(QColor(self._tokens["text-2"]))
        below = QRect(box.left() + 16, middle.y() + 16, box.width() - 32, 60)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, self._words)

    def _picture_box(self) -> QRectF:
        """Where the picture is painted: its own pixels one to one, if that is nearly as large as it can be."""
        ratio, scale = 16 / 9, self.devicePixelRatioF()
        if self._image is not None and self._image.height():
            ratio = self._image.width() / self._image.height()
        width = min(self.width(), self.height() * ratio)
        height = min(self.height(), width / ratio)
        if self._image is not None:
            own = self._image.size().toSizeF() / scale
            if 0 <= width - own.width() <= _NEARLY_PX and 0 <= height - own.height() <= _NEARLY_PX:
                width, height = own.width(), own.height()
        left, top = (round(room / 2 * scale) / scale for room in (self.width() - width, self.height() - height))
        return QRectF(left, top, width, height)
