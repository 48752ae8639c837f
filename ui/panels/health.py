"""The strip at the bottom: the stream's figures, and in words whether all is well."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from gshop_studio.engine_protocol import EngineState, EngineStatus
from gshop_studio.studio.air_state import AirState, air_state
from gshop_studio.studio.engine_room import EngineSnapshot
from gshop_studio.studio.frame_loss import FrameLoss, Loss
from gshop_studio.studio.going_live import ShowSnapshot
from ui import formats
from ui.bridge import Bridge
from ui.icons import Icon, Icons
from ui.widgets.style import label

_SLOW = 0.5
"""The share of the send queue above which the upload is called slow."""


class HealthPanel(QFrame):
    """Figures keep their places: each has room for its widest value."""

    def __init__(self, bridge: Bridge, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "strip")
        self._bridge = bridge
        self._icons = icons
        self._loss = FrameLoss()
        self.bit_rate = self._figure("88,888 kb/s")
        self.frames = self._figure("88.8 fps")
        self.dropped = self._figure(self.tr("{count} dropped").format(count="8,888"))
        self.round_trip = self._figure("rtt 8,888 ms")
        self.cpu = self._figure("CPU 888 %")
        self._sign = QLabel()
        self.words = label(role="strong")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(16)
        for figure in (self.bit_rate, self.frames, self.dropped, self.round_trip, self.cpu):
            layout.addWidget(figure)
        layout.addStretch(1)
        layout.addWidget(self._sign)
        layout.addWidget(self.words)
        self.setFixedHeight(36)
        bridge.engine_changed.connect(self._on_changed)
        bridge.show_changed.connect(self._on_changed)
        self._on_changed()

    def _figure(self, widest: str) -> QLabel:
        made = label(role="small")
        made.setMinimumWidth(made.fontMetrics().horizontalAdvance(widest))
        return made

    @Slot()
    def _on_changed(self, *_snapshot: object) -> None:
        engine, show = self._bridge.engine, self._bridge.show
        self._show_figures(engine)
        level, words = self._verdict(show, engine)
        icon = {"good": Icon.GOOD, "warn": Icon.WARN, "bad": Icon.BAD, "text-2": Icon.INFO}[level]
        self._sign.setPixmap(self._icons.get(icon, level).pixmap(16, 16))
        self.words.setText(words)

    def _show_figures(self, engine: EngineSnapshot) -> None:
        status = engine.status
        is_sending = status is not None and engine.is_on_air
        for figure in (self.bit_rate, self.frames, self.dropped, self.round_trip):
            figure.setVisible(is_sending)
        self.cpu.setVisible(status is not None)
        if status is None:
            return
        self.bit_rate.setText(f"{formats.count(round(status.sent_kbps))} kb/s" if is_sending else "")
        self.frames.setText(f"{formats.decimal(status.encoded_fps, 0)} fps" if is_sending else "")
        dropped = formats.count(status.dropped_frames + status.late_frames)
        self.dropped.setText(self.tr("{count} dropped").format(count=dropped) if is_sending else "")
        has_trip = is_sending and status.round_trip_ms is not None
        self.round_trip.setText(f"rtt {formats.count(round(status.round_trip_ms or 0))} ms" if has_trip else "")
        self.round_trip.setToolTip(self.tr("Round trip to the shop and back"))
        self.cpu.setText(f"CPU {formats.count(round(status.cpu_percent))} %")

    def _verdict(self, show: ShowSnapshot, engine: EngineSnapshot) -> tuple[str, str]:
        status, state = engine.status, air_state(show, engine)
        if not engine.is_up or status is None:
            return "warn", self.tr("Starting the video engine…")
        if state is AirState.OFF:
            if status.state is EngineState.FAILED:
                return "bad", self.tr("Stopped")
            return "text-2", self.tr("Ready. Viewers see nothing yet.")
        if state is AirState.ON_AIR:
            trouble = self._trouble(show, engine, status)
            return ("warn", trouble) if trouble else ("good", self.tr("All good"))
        return {
            AirState.CONNECTING: ("warn", self.tr("Connecting…")),
            AirState.RECONNECTING: ("warn", self.tr("Reconnecting…")),
            AirState.FAILED: ("bad", self.tr("Not sending")),
            AirState.ENDING: ("text-2", self.tr("Ending…")),
        }[state]

    def _trouble(self, show: ShowSnapshot, engine: EngineSnapshot, status: EngineStatus) -> str:
        """What is not well on air, the worst first; empty when all is well."""
        loss = self._loss.take(status)
        if status.congestion >= _SLOW or loss is Loss.UPLOAD:
            return self.tr("Your upload is slow. Close other uploads.")
        if loss is Loss.COMPUTER:
            return self.tr("Pictures are lost: this computer is busy. Close other programs.")
        if status.bitrate_reason:
            rate = formats.decimal(status.video_kbps / 1000, 1)
            return self.tr("Your upload is slow: picture lowered to {rate} Mb/s.").format(rate=rate)
        if status.overload:
            return self.tr("This computer is busy: the picture is made more simply.")
        if engine.is_muted:
            return self.tr("You are muted: viewers hear nothing.")
        if not show.is_connected:
            return self.tr("Picture is fine, chat is reconnecting.")
        if status.is_unconfirmed:
            return self.tr("Sending, but the server does not confirm what arrives.")
        return ""
