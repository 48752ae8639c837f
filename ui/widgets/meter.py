"""The sound's level: peak and RMS of both channels on a scale in dB, large enough to be read from afar."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from gshop_studio.engine_protocol import Meters
from ui.tokens import Tokens

FLOOR_DB = -60.0
SILENCE = Meters((-120.0, -120.0), (-120.0, -120.0))
_ZONES = ((FLOOR_DB, -18.0, "good"), (-18.0, -6.0, "warn"), (-6.0, 0.0, "bad"))
_TICKS_DB = (-60, -48, -36, -24, -18, -12, -6, 0)
_HOLD_FALL_DB = 0.6
"""A held peak falls so much each report: 12 dB a second at 20 reports."""
_BAR_PX = 8
_GAP_PX = 3
_SCALE_PX = 14


class Meter(QWidget):
    """Paints what `show_level` was given last; nothing moves by itself."""

    def __init__(self, tokens: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._meters = SILENCE
        self._held = [FLOOR_DB, FLOOR_DB]
        self._is_muted = False
        self._scale: QPixmap | None = None
        """The numbers, painted once for a width: shaping text costs more than all the rest."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)

    def show_level(self, meters: Meters) -> None:
        """The level now."""
        self._meters = meters
        self._held = [max(peak, held - _HOLD_FALL_DB) for peak, held in zip(meters.peak_dbfs, self._held, strict=True)]
        self.update()

    def set_muted(self, is_muted: bool) -> None:
        """Grey while muted."""
        self._is_muted = is_muted
        self.update()

    @property
    def peak_dbfs(self) -> float:
        """The louder channel's peak, as shown."""
        return max(self._meters.peak_dbfs)

    def sizeHint(self) -> QSize:
        return QSize(320, 2 * _BAR_PX + _GAP_PX + _SCALE_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for channel in range(2):
            self._paint_bar(painter, channel * (_BAR_PX + _GAP_PX), channel)
        ratio = self.devicePixelRatioF()
        size = QSize(self.width(), _SCALE_PX) * ratio
        if self._scale is None or self._scale.size() != size:
            self._scale = QPixmap(size)
            self._scale.setDevicePixelRatio(ratio)
            self._scale.fill(Qt.GlobalColor.transparent)
            on_scale = QPainter(self._scale)
            self._paint_scale(on_scale)
            on_scale.end()
        painter.drawPixmap(0, 2 * _BAR_PX + _GAP_PX, self._scale)

    def _paint_bar(self, painter: QPainter, top: int, channel: int) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._tokens["surface-3"]))
        painter.drawRoundedRect(QRectF(0, top, self.width(), _BAR_PX), 3, 3)
        for low, high, name in _ZONES:
            colour = QColor(self._tokens["text-3" if self._is_muted else name])
            left = self._x(low)
            peak, rms = self._meters.peak_dbfs[channel], self._meters.rms_dbfs[channel]
            for level, alpha in ((peak, 110), (rms, 255)):
                right = self._x(min(high, level))
                if right > left:
                    colour.setAlpha(alpha)
                    painter.setBrush(colour)
                    painter.drawRoundedRect(QRectF(left, top, right - left, _BAR_PX), 2, 2)
        if self._held[channel] > FLOOR_DB and not self._is_muted:
            painter.setBrush(QColor(self._tokens["text-1"]))
            painter.drawRect(QRectF(min(self._x(self._held[channel]), self.width() - 2.0), top, 2, _BAR_PX))

    def _paint_scale(self, painter: QPainter) -> None:
        font = self.font()
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(QColor(self._tokens["text-2"]))
        free_from = 0.0
        last_left = self.width() - painter.fontMetrics().horizontalAdvance(str(_TICKS_DB[-1]))
        for tick in _TICKS_DB:
            x = self._x(tick)
            words = str(tick)
            width = painter.fontMetrics().horizontalAdvance(words)
            left = min(max(0.0, x - width / 2), self.width() - width)
            if left < free_from or (tick != _TICKS_DB[-1] and left + width > last_left - 6):
                continue  # no room between its neighbours
            free_from = left + width + 6
            painter.drawText(QRectF(left, 2, width + 1, _SCALE_PX - 2), Qt.AlignmentFlag.AlignLeft, words)

    def _x(self, db: float) -> float:
        share = (min(0.0, max(FLOOR_DB, db)) - FLOOR_DB) / -FLOOR_DB
        return share * self.width()
