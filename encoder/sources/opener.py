"""From a source's name, as on the command line, to the open source. One file for picture and sound is opened once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from encoder.clock import Clock
from encoder.errors import SourceError
from encoder.picture import PictureSize
from encoder.sources.media_file import MediaFile
from encoder.sources.silence import Silence
from encoder.sources.source import AudioSource, VideoSource
from encoder.sources.test_card import TestCard
from encoder.sources.tone import Tone
from gshop_studio.engine_protocol import Device, Fault

VIDEO_HINT = "camera, camera:NAME, file:PATH, test"
AUDIO_HINT = "microphone, microphone:NAME, file:PATH, tone, silence"


@dataclass(frozen=True, slots=True)
class SourceName:
    """`kind` or `kind:argument`."""

    kind: str
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.argument}" if self.argument else self.kind


def parse_video(text: str) -> SourceName:
    """A picture source's name.

    Raises:
        SourceError: `source.bad_name`.
    """
    return _parse(text, alone={"camera", "test"}, with_argument={"camera", "file"}, hint=VIDEO_HINT)


def parse_audio(text: str) -> SourceName:
    """A sound source's name.

    Raises:
        SourceError: `source.bad_name`.
    """
    return _parse(text, alone={"microphone", "tone", "silence"}, with_argument={"microphone", "file"}, hint=AUDIO_HINT)


def _parse(text: str, *, alone: set[str], with_argument: set[str], hint: str) -> SourceName:
    kind, colon, argument = text.partition(":")
    if (not colon and kind in alone) or (kind in with_argument and argument):
        return SourceName(kind, argument)
    raise SourceError(Fault("source.bad_name", {"source": text, "hint": hint}))


OpenVideo = Callable[[str, PictureSize], VideoSource]
OpenAudio = Callable[[str], AudioSource]


class SourceOpener:
    """Opens sources. Blocks while a device starts, so it is called away from the event loop.

    The devices' openers are injected; the real ones load OpenCV and PortAudio only when they are used.
    """

    def __init__(
        self, clock: Clock, *, open_camera: OpenVideo | None = None, open_microphone: OpenAudio | None = None
    ) -> None:
        self._clock = clock
        self._open_camera = open_camera or self._real_camera
        self._open_microphone = open_microphone or self._real_microphone

    def open(
        self, video: SourceName | None, audio: SourceName | None, size: PictureSize
    ) -> tuple[VideoSource | None, AudioSource | None]:
        """Open what is named; all or nothing.

        Raises:
            SourceError: what is wrong with the one or the other.
        """
        if video and audio and video.kind == audio.kind == "file" and _is_same_file(video.argument, audio.argument):
            file = MediaFile(Path(video.argument), self._clock, size, wants_video=True, wants_audio=True)
            return file.pictures, file.sound
        pictures = self._open_video(video, size) if video else None
        try:
            sound = self._open_audio(audio, size) if audio else None
        except SourceError:
            if pictures:
                pictures.close()
            raise
        return pictures, sound

    def _open_video(self, name: SourceName, size: PictureSize) -> VideoSource:
        if name.kind == "test":
            return TestCard(size)
        if name.kind == "file":
            file = MediaFile(Path(name.argument), self._clock, size, wants_video=True, wants_audio=False)
            assert file.pictures is not None
            return file.pictures
        return self._open_camera(name.argument, size)

    def _open_audio(self, name: SourceName, size: PictureSize) -> AudioSource:
        if name.kind == "tone":
            return Tone()
        if name.kind == "silence":
            return Silence()
        if name.kind == "file":
            file = MediaFile(Path(name.argument), self._clock, size, wants_video=False, wants_audio=True)
            assert file.sound is not None
            return file.sound
        return self._open_microphone(name.argument)

    def _real_camera(self, name: str, size: PictureSize) -> VideoSource:
        from encoder.sources.camera import Camera

        return Camera(name, self._clock, size)

    def _real_microphone(self, name: str) -> AudioSource:
        from encoder.sources.microphone import Microphone

        return Microphone(name, self._clock)


def list_devices() -> tuple[list[Device], list[Device]]:
    """The machine's cameras and microphones. Slow: away from the event loop."""
    from encoder.sources.camera_devices import list_cameras
    from encoder.sources.microphone import list_microphones

    return list_cameras(), list_microphones()


def _is_same_file(one: str, other: str) -> bool:
    return Path(one).resolve() == Path(other).resolve()
