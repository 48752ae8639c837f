"""From a name to the open source: each kind, one file opened once, devices that come back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from encoder.clock import MonotonicClock
from encoder.errors import SourceError
from encoder.picture import FrameShape, PictureSize
from encoder.sources.media_file import FilePictures, FileSound
from encoder.sources.opener import SourceName, SourceOpener, list_devices, list_sources, parse_audio, parse_video
from encoder.sources.rebinding import RebindingAudio, RebindingVideo
from encoder.sources.source import AudioSource, VideoSource
from encoder.sources.test_card import TestCard
from gshop_studio.engine_protocol import Fault
from tests.encoder.media import write_flash_and_beep
from tests.encoder.sources.network_servers import MjpegCamera
from tests.encoder.sources.test_rebinding import Pictures, Sound
from tests.support.processes import wait_until

SIZE = PictureSize(64, 36)
SHAPE = FrameShape(SIZE)
LOST = Fault("source.lost", {"source": "camera"})


class Room:
    """An opener with devices of its own, and what it tells of them."""

    def __init__(self) -> None:
        self.cameras: list[tuple[str, Pictures]] = []
        self.microphones: list[tuple[str, Sound]] = []
        self.heard: list[Fault] = []
        self.clock = MonotonicClock()
        self.opener = SourceOpener(
            self.clock,
            open_camera=self._camera,
            open_microphone=self._microphone,
            rebind_period_s=0.02,
        )

    def _camera(self, name: str, size: PictureSize) -> VideoSource:
        if name == "none":
            raise SourceError(Fault("source.not_found", {"source": name}))
        self.cameras.append((name, Pictures(FrameShape(size))))
        return self.cameras[-1][1]

    def _microphone(self, name: str) -> AudioSource:
        if name == "none":
            raise SourceError(Fault("source.not_found", {"source": name}))
        self.microphones.append((name, Sound(100)))
        return self.microphones[-1][1]


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_flash_and_beep(tmp_path / "card.mp4", 1, SIZE)


def test_devices_are_given_in_a_form_that_comes_back(room: Room) -> None:
    """Case 66."""
    pictures, sound = room.opener.open(SourceName("camera", "cam"), SourceName("microphone"), SIZE, room.heard.append)
    assert isinstance(pictures, RebindingVideo) and isinstance(sound, RebindingAudio)
    assert (pictures.name, sound.name) == ("camera:cam", "microphone")
    room.cameras[0][1].fault, room.microphones[0][1].fault = LOST, Fault("source.lost", {"source": "microphone"})
    assert pictures.picture_at(1) is None and sound.read(0, 480).silent_samples == 480
    wait_until(lambda: len(room.cameras) == 2 and len(room.microphones) == 2)
    assert room.cameras[1][0] == "cam", "looked for by the same id"
    wait_until(lambda: len(room.heard) == 2)
    assert {fault.code for fault in room.heard} == {"source.back"}
    assert sorted(fault.params["source"] for fault in room.heard) == ["camera", "microphone"], "as they were lost"
    pictures.close()
    sound.close()


def test_all_or_nothing_and_loudly(room: Room) -> None:
    for video, audio in (("cam", "none"), ("none", "mic")):
        with pytest.raises(SourceError) as caught:
            room.opener.open(SourceName("camera", video), SourceName("microphone", audio), SIZE)
        assert caught.value.fault.code == "source.not_found"
    assert [camera.is_closed for _, camera in room.cameras] == [True]
    assert room.microphones == []


def test_one_file_for_both_is_opened_once(room: Room, film: Path) -> None:
    name = SourceName("file", str(film))
    alias = SourceName("file", str(film.parent / "." / film.name))
    pictures, sound = room.opener.open(name, alias, SIZE)
    assert isinstance(pictures, FilePictures) and isinstance(sound, FileSound)
    assert pictures.media_control is sound.media_control
    pictures.close()
    sound.close()


def test_each_face_alone_has_a_control_of_its_own(room: Room, film: Path) -> None:
    name = SourceName("file", str(film))
    pictures, sound = room.opener.open_input(name, SHAPE), room.opener.open_sound(name)
    assert isinstance(pictures, FilePictures) and isinstance(sound, FileSound)
    assert pictures.media_control is not sound.media_control
    pictures.close()
    sound.close()


def test_stills_cards_and_shapes_are_opened(room: Room, tmp_path: Path) -> None:
    Image.fromarray(np.full((36, 64, 3), 255, np.uint8)).save(tmp_path / "a.png")
    still = room.opener.open_input(parse_video(f"image:{tmp_path / 'a.png'}"), SHAPE)
    picture = still.picture_at(room.clock.now_us())
    assert picture is not None and picture.shape == SHAPE
    assert isinstance(room.opener.open_input(parse_video("test"), SHAPE), TestCard)
    for text in ("tone", "silence"):
        assert room.opener.open_sound(parse_audio(text)).name == text


@pytest.mark.parametrize("kind", ["camera", "network"])
def test_an_address_is_opened_as_a_network_camera(room: Room, kind: str) -> None:
    phone = MjpegCamera()
    with phone.serving() as server:
        name = parse_video(f"{kind}:http://user:CaNaRy@127.0.0.1:{server.port}/video")
        source = room.opener.open_input(name, SHAPE)
        try:
            picture = wait_until(lambda: source.picture_at(room.clock.now_us()), timeout_s=20, every_s=0.005)
            assert picture is not None and picture.frame.width == SIZE.width
            assert source.name == f"{kind}:http://127.0.0.1:{server.port}/video"
        finally:
            source.close()
    assert room.cameras == []


def test_this_machines_sources_can_be_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    lists = list_sources()
    cameras, microphones = list_devices()
    assert (lists.cameras, lists.microphones, lists.screens) == (cameras, microphones, [])
