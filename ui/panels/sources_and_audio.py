"""Where picture and sound come from, how loud the sound is, and mute."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QWidget,
)

from gshop_studio.domain.quality import Quality
from gshop_studio.engine_protocol import Meters
from gshop_studio.studio.engine_room import EngineSnapshot
from ui.bridge import Bridge
from ui.icons import Icon, Icons
from ui.tokens import Tokens
from ui.widgets.meter import SILENCE, Meter
from ui.widgets.source_box import SourceBox
from ui.widgets.style import label

_OPEN_FILE = "open-file"
_GAIN_RANGE_DB = (-40, 12)


class SourcesAndAudioPanel(QFrame):
    """One row of choices, one row of sound."""

    def __init__(self, bridge: Bridge, tokens: Tokens, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._bridge = bridge
        self._icons = icons
        self.video = SourceBox()
        self.video.setAccessibleName(self.tr("Picture from"))
        self.audio = SourceBox()
        self.audio.setAccessibleName(self.tr("Sound from"))
        self.quality = SourceBox()
        self.quality.setAccessibleName(self.tr("Quality"))
        self.quality.setMinimumContentsLength(5)
        self.quality.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.meter = Meter(tokens)
        self.meter.setAccessibleName(self.tr("Sound level"))
        self.mute = QPushButton()
        self.mute.setCheckable(True)
        self.mute.setProperty("role", "mute")
        self.mute.setToolTip(self.tr("Mute the sound (M)"))
        self.gain = QSlider(Qt.Orientation.Horizontal)
        self.gain.setRange(*_GAIN_RANGE_DB)
        self.gain.setPageStep(3)
        self.gain.setMinimumWidth(64)
        self.gain.setMaximumWidth(110)
        self.gain.setAccessibleName(self.tr("Loudness"))
        self._gain_words = label(role="small")
        self._gain_words.setMinimumWidth(44)
        self._lay_out()
        self.video.about_to_open.connect(bridge.refresh_devices)
        self.audio.about_to_open.connect(bridge.refresh_devices)
        self.video.chosen.connect(self._on_video_chosen)
        self.audio.chosen.connect(self._on_audio_chosen)
        self.quality.chosen.connect(lambda name: bridge.choose_quality(Quality(name)))
        self.mute.clicked.connect(bridge.set_muted)
        self.gain.valueChanged.connect(self._on_gain_changed)
        self.gain.sliderReleased.connect(self._send_gain)
        bridge.engine_changed.connect(self._on_engine_changed)
        bridge.meters_changed.connect(self._on_meters_changed)
        self._on_engine_changed(bridge.engine)

    def toggle_mute(self) -> None:
        """What the key M does."""
        if self.mute.isEnabled():
            self.mute.click()

    # --- inside ---------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.setSpacing(8)
        for icon, box, stretch in (
            (Icon.CAMERA, self.video, 3),
            (Icon.MICROPHONE, self.audio, 3),
            (Icon.QUALITY, self.quality, 0),
        ):
            sign = QLabel()
            sign.setPixmap(self._icons.get(icon).pixmap(16, 16))
            sign.setToolTip(box.accessibleName())
            choices.addWidget(sign)
            choices.addWidget(box, stretch)
            choices.addSpacing(8)
        choices.takeAt(choices.count() - 1)
        sound = QHBoxLayout()
        sound.setSpacing(12)
        sound.addWidget(self.meter, 3)
        sound.addWidget(self.gain, 1)
        sound.addWidget(self._gain_words)
        sound.addWidget(self.mute)
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setVerticalSpacing(10)
        layout.addLayout(choices, 0, 0)
        layout.addLayout(sound, 1, 0)

    @Slot(object)
    def _on_engine_changed(self, engine: EngineSnapshot) -> None:
        self.video.set_choices(self._video_choices(engine), engine.video_source)
        self.audio.set_choices(self._audio_choices(engine), engine.audio_source)
        self.quality.set_choices([(quality.value, quality.value) for quality in Quality], engine.quality)
        for widget in (self.video, self.audio, self.mute, self.gain):
            widget.setEnabled(engine.is_up)
        self.quality.setEnabled(engine.is_up and not engine.is_on_air)
        on_air_tip = self.tr("The quality cannot be changed while on air")
        self.quality.setToolTip(on_air_tip if engine.is_on_air else self.tr("Quality"))
        self.mute.setChecked(engine.is_muted)
        self.mute.setText(self.tr("Muted") if engine.is_muted else self.tr("Mute"))
        self.mute.setIcon(self._mute_icon(engine.is_muted))
        self.meter.set_muted(engine.is_muted)
        if not self.gain.isSliderDown() and not self.gain.hasFocus():
            self.gain.blockSignals(True)
            self.gain.setValue(round(engine.gain_db))
            self.gain.blockSignals(False)
            self._say_gain()
        if not engine.is_up:
            self.meter.show_level(SILENCE)

    @Slot(object)
    def _on_meters_changed(self, meters: Meters) -> None:
        self.meter.show_level(meters)

    def _mute_icon(self, is_muted: bool) -> QIcon:
        return self._icons.get(*((Icon.MICROPHONE_OFF, "bad") if is_muted else (Icon.MICROPHONE, "text-1")))

    def _video_choices(self, engine: EngineSnapshot) -> list[tuple[str, str]]:
        choices = [(device.name, f"camera:{device.id}") for device in engine.cameras]
        choices.append((self.tr("Test card"), "test"))
        return [*self._with_present(choices, engine.video_source), (self.tr("Video file…"), _OPEN_FILE)]

    def _audio_choices(self, engine: EngineSnapshot) -> list[tuple[str, str]]:
        choices = [(device.name, f"microphone:{device.id}") for device in engine.microphones]
        choices += [(self.tr("Test tone"), "tone"), (self.tr("Silence"), "silence")]
        if engine.video_source.startswith("file:") and engine.video_source != engine.audio_source:
            choices.append((self.tr("Sound of the video file"), engine.video_source))
        return [*self._with_present(choices, engine.audio_source), (self.tr("Sound file…"), _OPEN_FILE)]

    def _with_present(self, choices: list[tuple[str, str]], present: str) -> list[tuple[str, str]]:
        """What is on now is always among the choices, even a device that was pulled out."""
        if present and present not in [source for _, source in choices]:
            kind, _, name = present.partition(":")
            words = Path(name).name if kind == "file" else name or kind
            choices.append((words, present))
        return choices

    @Slot(str)
    def _on_video_chosen(self, source: str) -> None:
        if source == _OPEN_FILE:
            self._open_file(self.tr("Choose a video file"), is_video=True)
        else:
            self._bridge.choose_video(source)

    @Slot(str)
    def _on_audio_chosen(self, source: str) -> None:
        if source == _OPEN_FILE:
            self._open_file(self.tr("Choose a sound file"), is_video=False)
        else:
            self._bridge.choose_audio(source)

    def _open_file(self, title: str, *, is_video: bool) -> None:
        self._on_engine_changed(self._bridge.engine)  # the box says what is on, not "file…"
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        wish = self._bridge.choose_video if is_video else self._bridge.choose_audio
        dialog.fileSelected.connect(lambda path: wish(f"file:{path}"))
        dialog.open()

    @Slot(int)
    def _on_gain_changed(self, _value: int) -> None:
        self._say_gain()
        if not self.gain.isSliderDown():  # keys and wheel; a drag is sent when it ends
            self._send_gain()

    @Slot()
    def _send_gain(self) -> None:
        self._bridge.set_gain(float(self.gain.value()))

    def _say_gain(self) -> None:
        value = self.gain.value()
        self._gain_words.setText(f"{value:+d} dB" if value else "0 dB")
