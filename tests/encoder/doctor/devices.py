"""Cameras and microphones of the tests' own making, for a `SourceOpener`."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from encoder.clock import Clock, MonotonicClock, us_to_sample
from encoder.errors import SourceError
from encoder.picture import FrameShape, Picture, PictureSize, black_frame
from encoder.sources.opener import SourceOpener
from encoder.sources.source import AudioSource, ColourMatrix, SoundBlock, VideoSource
from encoder.sources.test_card import TestCard
from gshop_studio.engine_protocol import Fault


class FakeCamera:
    colour_matrix = ColourMatrix.BT601
    name = "camera:Webcam"

    def __init__(self, picture: str) -> None:
        self.fault: Fault | None = None
        self.is_closed = False
        self._picture = picture

    def reshape(self, shape: FrameShape) -> None:
        """Nothing to do."""

    def picture_at(self, due_us: int) -> Picture | None:
        if self._picture == "none":
            return None
        if self._picture == "lost":
            self.fault = Fault("source.lost", {"source": "camera Webcam"})
            return None
        size = PictureSize(320, 180)
        if self._picture == "flat":
            return Picture(black_frame(size), due_us)
        return TestCard(size).picture_at(due_us)

    def close(self) -> None:
        self.is_closed = True


class FakeMicrophone:
    name = "microphone:Desk"
    delay_samples = 4800

    def __init__(self, level: float, given_share: float, clock: Clock) -> None:
        self.fault: Fault | None = None
        self.is_closed = False
        self._level = level
        self._given_share = given_share
        self._clock = clock

    def read(self, position: int, count: int) -> SoundBlock:
        assert position + count <= us_to_sample(self._clock.now_us()), "read before its time"
        silent = round(count * (1 - self._given_share))
        return SoundBlock(np.full((2, count), self._level, np.float32), silent)

    def close(self) -> None:
        self.is_closed = True


class Devices:
    """What was opened, and what opening does."""

    def __init__(self, picture: str = "card", level: float = 0.25, given_share: float = 1.0) -> None:
        self.clock = MonotonicClock()
        self.opened: list[Any] = []
        self.names: list[str] = []
        self.refusal: Fault | None = None
        self.may_open = threading.Event()
        self.may_open.set()
        self._picture, self._level, self._given_share = picture, level, given_share
        self.opener = SourceOpener(self.clock, open_camera=self._open_camera, open_microphone=self._open_microphone)

    def _open(self, name: str, device: Any) -> Any:
        self.names.append(name)
        self.may_open.wait(30)
        if self.refusal:
            raise SourceError(self.refusal)
        self.opened.append(device)
        return device

    def _open_camera(self, name: str, size: PictureSize) -> VideoSource:
        camera: VideoSource = self._open(name, FakeCamera(self._picture))
        return camera

    def _open_microphone(self, name: str) -> AudioSource:
        microphone: AudioSource = self._open(name, FakeMicrophone(self._level, self._given_share, self.clock))
        return microphone
