"""The check before the show: what was looked at, what was found, what to do, and the quality to take."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gshop_studio.doctor_texts import check_name, tell_recommendation, tell_result, verdict_word
from gshop_studio.domain.doctor_report import Check, CheckResult, Verdict
from ui.bridge import Bridge
from ui.icons import Icon, Icons
from ui.trouble_texts import trouble_text
from ui.widgets.notice import Notice
from ui.widgets.style import frame, label

_ICONS = {
    Verdict.GOOD: (Icon.GOOD, "good"),
    Verdict.WARN: (Icon.WARN, "warn"),
    Verdict.BAD: (Icon.BAD, "bad"),
    Verdict.NOT_CHECKED: (Icon.INFO, "text-2"),
}
_ICON_PX = 20
_WIDTH, _HEIGHT, _LEAST_HEIGHT = 640, 660, 440


class PreflightDialog(QDialog):
    """Non-blocking: `open()` it. It looks at once, and can be closed at any time."""

    def __init__(self, bridge: Bridge, icons: Icons, language: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._language = language
        self.setWindowTitle(self.tr("Check before the show"))
        self.setMinimumSize(_WIDTH, _LEAST_HEIGHT)
        self.resize(_WIDTH, _HEIGHT)  # room for every check without scrolling
        self.rows = {check: PreflightRow(check, icons, language) for check in Check}
        self.notice = Notice(icons)
        self.recommendation = label(role="strong", wraps=True)
        self.progress = QProgressBar()
        self.progress.setRange(0, len(Check))
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.take = QPushButton()
        self.take.setProperty("role", "primary")
        self.again = QPushButton(self.tr("Check again"))
        self.leave = QPushButton()
        for button in (self.take, self.again, self.leave):
            button.setAutoDefault(False)
        self._lay_out()
        self.take.clicked.connect(self._on_take)
        self.again.clicked.connect(self._look)
        self.leave.clicked.connect(self._on_leave)
        bridge.preflight_changed.connect(self._refresh)
        bridge.engine_changed.connect(self._refresh)
        self._look()
        self._refresh()
        self.leave.setFocus()

    def reject(self) -> None:
        """Close: a check that runs is given up."""
        self._bridge.cancel_preflight()
        super().reject()

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        for row in self.rows.values():
            column.addWidget(row)
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setAccessibleName(self.windowTitle())
        self.area.setWidget(inside)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (self.leave, self.again, self.take):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("Check before the show"), "title"))
        layout.addWidget(self.progress)
        layout.addWidget(self.notice)
        layout.addWidget(self.area, 1)
        layout.addWidget(self.recommendation)
        layout.addLayout(buttons)

    @Slot()
    def _look(self) -> None:
        self._bridge.run_preflight(self.tr("Connection test"))

    @Slot()
    def _on_take(self) -> None:
        quality = self._bridge.preflight.recommended_quality
        if quality is not None:
            self._bridge.choose_quality(quality)

    @Slot()
    def _on_leave(self) -> None:
        """While it looks: look no more. Else close."""
        if self._bridge.preflight.is_running:
            self._bridge.cancel_preflight()
        else:
            self.reject()

    @Slot()
    def _refresh(self, *_snapshot: object) -> None:
        now, engine = self._bridge.preflight, self._bridge.engine
        found = {result.check: result for result in now.results}
        for check, row in self.rows.items():
            row.show_result(found.get(check), is_awaited=now.is_running)
        self.progress.setVisible(now.is_running)
        self.progress.setValue(len(found))
        if now.trouble is not None:
            self.notice.say("bad", trouble_text(now.trouble, self._language))
        else:
            self.notice.silence()
        words = "" if now.is_running else tell_recommendation(now.report, self._language)
        quality = now.recommended_quality
        is_taken = quality is not None and quality.value == engine.quality
        if is_taken:
            words = " ".join((words, self.tr("It is chosen already.")))
        self.recommendation.setText(words)
        self.recommendation.setVisible(bool(words))
        self.take.setVisible(quality is not None and not is_taken and not now.is_running)
        self.take.setEnabled(engine.is_up and not engine.is_on_air)
        self.take.setText(self.tr("Use {quality}").format(quality=quality.value if quality is not None else ""))
        self.again.setVisible(not now.is_running)
        self.again.setEnabled(engine.is_up)
        self.leave.setText(self.tr("Cancel") if now.is_running else self.tr("Close"))


class PreflightRow(QWidget):
    """One check."""

    def __init__(self, check: Check, icons: Icons, language: str) -> None:
        super().__init__()
        self._icons = icons
        self._language = language
        self._name = check_name(check, language)
        surface = frame("row")
        self._icon = QLabel()
        self._icon.setFixedSize(_ICON_PX, _ICON_PX)
        self.verdict = label(role="small")
        self.words = label(role="secondary", wraps=True)
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        grid = QGridLayout(surface)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.addWidget(self._icon, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(label(self._name, "strong"), 0, 1)
        grid.addWidget(self.verdict, 0, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.words, 1, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(surface)

    def show_result(self, result: CheckResult | None, *, is_awaited: bool) -> None:
        """What was found, or that it is still looked for."""
        if result is not None:
            icon, colour = _ICONS[result.verdict]
            self._icon.setPixmap(self._icons.get(icon, colour).pixmap(_ICON_PX, _ICON_PX))
            self.verdict.setText(verdict_word(result.verdict, self._language))
            self.words.setText(tell_result(result, self._language))
        else:
            self._icon.clear()
            self.verdict.setText(self.tr("looking…") if is_awaited else self.tr("not looked at"))
            self.words.setText("")
        self.words.setVisible(result is not None)
        self.setAccessibleName(f"{self._name}: {self.verdict.text()}. {self.words.text()}".strip())
