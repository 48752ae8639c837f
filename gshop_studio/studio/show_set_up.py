"""Everything that was set through the studio, as it must be given to a new engine: what, and in which order.

Kept in memory only: the keys of the destinations are in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gshop_studio.engine_protocol import Command, DestinationStatus, EngineState, EngineStatus

MAIN_INPUT = "main"
MICROPHONE = "microphone"
MAIN_DESTINATION = "main"
LANDSCAPE = "landscape"
ON_AIR_STATES = (EngineState.CONNECTING, EngineState.LIVE, EngineState.RECONNECTING)
_PART = re.compile(r"-part\d+$")

Request = tuple[Command, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SceneWish:
    """What SET_SCENE asks for, without the transition: a new engine shows it at once."""

    scene: str | dict[str, Any]
    """A ready-made one's name, or its layers."""
    parameters: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        return self.scene if isinstance(self.scene, str) else str(self.scene.get("name", ""))


@dataclass(frozen=True, slots=True)
class InputWish:
    """A further picture for scenes; `with_sound`: its sound too, on the channel of the same name."""

    source: str
    with_sound: bool = False

    def request(self, name: str) -> Request:
        params: dict[str, Any] = {"input": name, "source": self.source}
        return Command.SET_INPUT, params | ({"with_sound": True} if self.with_sound else {})


@dataclass(frozen=True, slots=True)
class Destination:
    """Where it is sent."""

    url: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecordingWish:
    """A new engine records on under the same name, in a next part."""

    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class ShowSetUp:
    """A value: every change makes another one."""

    quality: str = ""
    orientation: str = LANDSCAPE
    encoder: str = ""
    """Empty: the engine's own choice."""
    video: str = ""
    audio: str = ""
    gain_db: float = 0.0
    is_muted: bool = False
    inputs: Mapping[str, InputWish] = field(default_factory=dict)
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By name, what SET_CHANNEL takes; of the microphone only what SET_SOURCES and SET_AUDIO do not tell."""
    scene: SceneWish | None = None
    overlays: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    recording: RecordingWish | None = None
    replay_s: float | None = None
    """How much is kept for a clip; None: nobody asked."""

    # --- as requests, in the order in which an engine needs them ---

    def before_sources(self) -> list[Request]:
        """What sources and encoders are opened by."""
        quality: dict[str, Any] = {"quality": self.quality}
        if self.orientation != LANDSCAPE:
            quality["orientation"] = self.orientation
        made: list[Request] = [(Command.SET_QUALITY, quality)]
        if self.encoder:
            made.append((Command.SET_ENCODER, {"encoder": self.encoder}))
        made.append((Command.SET_AUDIO, {"gain_db": self.gain_db, "is_muted": self.is_muted}))
        return made

    def after_sources(self) -> list[Request]:
        """Everything else that is seen and heard: inputs and channels before the scene that shows them."""
        made: list[Request] = [wish.request(name) for name, wish in self.inputs.items()]
        made += [(Command.SET_CHANNEL, {"channel": name, **wish}) for name, wish in self.channels.items()]
        if self.scene is not None:
            parameters = {} if self.scene.parameters is None else {"parameters": self.scene.parameters}
            made.append((Command.SET_SCENE, {"scene": self.scene.scene, **parameters}))
        made += [(Command.SET_OVERLAY, {"name": name, "layer": dict(layer)}) for name, layer in self.overlays.items()]
        return made

    def outputs(self) -> list[Request]:
        """What goes out, the main destination first."""
        ordered = sorted(self.destinations, key=lambda name: (name != MAIN_DESTINATION, name))
        made: list[Request] = [] if self.replay_s is None else [(Command.SET_REPLAY, {"seconds": self.replay_s})]
        made += [go_live_request(name, self.destinations[name]) for name in ordered]
        if self.recording is not None:
            wish = self.recording
            made.append((Command.RECORD_START, {"folder": wish.folder, "name": wish.name}))
        return made

    # --- changes ---

    def with_channel(self, name: str, changes: Mapping[str, Any]) -> ShowSetUp:
        """Add to what is known of a channel; a source of None takes the channel away."""
        changes = dict(changes)
        made = self
        if name == MICROPHONE:
            if changes.get("source"):
                made = replace(made, audio=changes["source"])
            made = replace(
                made,
                gain_db=changes.pop("gain_db", made.gain_db),
                is_muted=changes.pop("is_muted", made.is_muted),
            )
            changes.pop("source", None)
        elif "source" in changes and changes["source"] is None:
            return replace(made, channels=_without(made.channels, name))
        known = dict(made.channels.get(name, {}))
        if "effects" in changes:
            changes["effects"] = {**known.get("effects", {}), **changes["effects"]}
        wish = known | changes
        return replace(made, channels={**made.channels, name: wish}) if wish else made

    def with_input(self, name: str, wish: InputWish | None) -> ShowSetUp:
        """A picture input, or none any more; its own sound goes with it."""
        if name == MAIN_INPUT and wish is not None:
            return replace(self, video=wish.source)
        before = self.inputs.get(name)
        had_sound = before is not None and before.with_sound
        channels = _without(self.channels, name) if had_sound else self.channels
        left = _without(self.inputs, name)
        return replace(self, inputs=left if wish is None else {**left, name: wish}, channels=channels)

    def with_overlay(self, name: str, layer: Mapping[str, Any] | None) -> ShowSetUp:
        """An overlay, or none any more."""
        left = _without(self.overlays, name)
        return replace(self, overlays=left if layer is None else {**left, name: layer})

    def with_destination(self, name: str, destination: Destination | None) -> ShowSetUp:
        """A destination, or none any more."""
        left = _without(self.destinations, name)
        return replace(self, destinations=left if destination is None else {**left, name: destination})

    def as_reported(self, status: EngineStatus) -> ShowSetUp:
        """What has ended by itself is not begun again: a refused destination, a recording on a full disk."""
        now = destination_states(status)
        left = {name: one for name, one in self.destinations.items() if now.get(name) in ON_AIR_STATES}
        recording = self.recording if status.recording is None or status.recording.is_running else None
        if len(left) == len(self.destinations) and recording == self.recording:
            return self
        return replace(self, destinations=left, recording=recording)

    def taken_over(self, status: EngineStatus) -> ShowSetUp:
        """Of an engine that runs already: what it tells, and what we knew of it where it tells only a name.

        The keys of its destinations it never tells.
        """
        scene = self.scene
        if status.scene and (scene is None or scene.name != status.scene):
            scene = SceneWish(status.scene)
        return replace(
            self,
            quality=status.quality or self.quality,
            orientation=status.orientation,
            video=status.video_source,
            audio=status.audio_source,
            gain_db=status.gain_db,
            is_muted=status.is_muted,
            inputs=_inputs_of(status),
            channels=_channels_of(status),
            scene=scene,
            overlays={name: layer for name, layer in self.overlays.items() if name in status.overlays},
            recording=_recording_of(status),
        ).as_reported(status)


def go_live_request(name: str, destination: Destination) -> Request:
    """How a destination is asked for."""
    params: dict[str, Any] = {"url": destination.url, "key": destination.key}
    return Command.GO_LIVE, params if name == MAIN_DESTINATION else params | {"destination": name}


def destination_states(status: EngineStatus) -> dict[str, EngineState]:
    """Each destination's state. The main one's is the engine's."""
    others: Mapping[str, DestinationStatus] = status.destinations
    return {name: one.state for name, one in others.items()} | {MAIN_DESTINATION: status.state}


def is_at_work(status: EngineStatus) -> bool:
    """Whether it sends or records: then it is taken over as it is."""
    is_recording = status.recording is not None and status.recording.is_running
    return is_recording or any(state in ON_AIR_STATES for state in destination_states(status).values())


def _inputs_of(status: EngineStatus) -> dict[str, InputWish]:
    made: dict[str, InputWish] = {}
    for name, source in status.inputs.items():
        channel = status.channels.get(name)
        if name != MAIN_INPUT:
            made[name] = InputWish(source, channel is not None and channel.source == source)
    return made


def _channels_of(status: EngineStatus) -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = {}
    for name, channel in status.channels.items():
        made[name] = {"delay_ms": channel.delay_ms, "effects": dict(channel.effects)}
        if name != MICROPHONE:
            made[name] |= {"gain_db": channel.gain_db, "is_muted": channel.is_muted}
            if channel.source and channel.source != status.inputs.get(name):
                made[name]["source"] = channel.source
    return made


def _recording_of(status: EngineStatus) -> RecordingWish | None:
    if status.recording is None or not status.recording.is_running:
        return None
    path = Path(status.recording.path)
    return RecordingWish(str(path.parent), _PART.sub("", path.stem))


def _without(entries: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if key != name}
