"""From a source's name to the open source. One file for picture and sound is opened once.

Devices are given in a form that comes back: lost, they are opened again by the same id (see `rebinding`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from encoder.clock import Clock
from encoder.errors import SourceError
from encoder.picture import FrameShape, PictureSize
from encoder.sources.media_file import MediaFile
from encoder.sources.rebinding import PERIOD_S, RebindingAudio, RebindingVideo
from encoder.sources.silence import Silence
from encoder.sources.source import AudioSource, VideoSource
from encoder.sources.source_name import AUDIO_HINT as AUDIO_HINT
from encoder.sources.source_name import AUDIO_KINDS
from encoder.sources.source_name import VIDEO_HINT as VIDEO_HINT
from encoder.sources.source_name import SourceName as SourceName
from encoder.sources.source_name import parse_audio as parse_audio
from encoder.sources.source_name import parse_video as parse_video
from encoder.sources.test_card import TestCard
from encoder.sources.tone import Tone
from gshop_studio.engine_protocol import Device, Fault

OpenVideo = Callable[[str, PictureSize], VideoSource]
OpenAudio = Callable[[str], AudioSource]


@dataclass(frozen=True, slots=True)
class SourceLists:
    """What is plugged in and can be shown or heard."""

    cameras: list[Device]
    microphones: list[Device]
    screens: list[Device]


class SourceOpener:
    """Opens sources. Blocks while a device starts, so it is called away from the event loop.

    The devices' openers are injected; the real ones load OpenCV and PortAudio only when they are used.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        open_camera: OpenVideo | None = None,
        open_microphone: OpenAudio | None = None,
        rebind_period_s: float = PERIOD_S,
    ) -> None:
        """`rebind_period_s` lies between the attempts to find a lost device again."""
        self._clock = clock
        self._injected_camera = open_camera
        self._open_microphone = open_microphone or self._real_microphone
        self._rebind_period_s = rebind_period_s

    def open(
        self,
        video: SourceName | None,
        audio: SourceName | None,
        size: PictureSize | FrameShape,
        on_back: Callable[[Fault], None] | None = None,
    ) -> tuple[VideoSource | None, AudioSource | None]:
        """Open what is named; all or nothing.

        Args:
            on_back: Hears `source.back` each time a device that was lost is found again, on a thread of ours.

        Raises:
            SourceError: what is wrong with the one or the other.
        """
        if audio and audio.kind not in AUDIO_KINDS:
            raise SourceError(Fault("source.no_audio", {"source": str(audio)}))
        shape = size if isinstance(size, FrameShape) else FrameShape(size)
        if video and audio and video.kind == audio.kind == "file" and _is_same_file(video.argument, audio.argument):
            file = MediaFile(Path(video.argument), self._clock, shape, wants_video=True, wants_audio=True)
            return file.pictures, file.sound
        pictures = self.open_input(video, shape, on_back) if video else None
        try:
            sound = self.open_sound(audio, on_back) if audio else None
        except SourceError:
            if pictures:
                pictures.close()
            raise
        return pictures, sound

    def open_input(
        self, name: SourceName, shape: FrameShape, on_back: Callable[[Fault], None] | None = None
    ) -> VideoSource:
        """Open one picture source.

        Raises:
            SourceError: what is wrong with it.
        """
        if name.kind == "test":
            return TestCard(shape.size)
        if name.kind == "file":
            file = MediaFile(Path(name.argument), self._clock, shape, wants_video=True, wants_audio=False)
            assert file.pictures is not None
            return file.pictures
        if name.kind == "image":
            from encoder.sources.still import Still

            return Still(Path(name.argument), shape)
        return RebindingVideo(
            str(name),
            lambda shape: self._device(name, shape),
            shape,
            period_s=self._rebind_period_s,
            on_back=on_back,
        )

    def open_sound(self, name: SourceName, on_back: Callable[[Fault], None] | None = None) -> AudioSource:
        """Open one sound source.

        Raises:
            SourceError: what is wrong with it.
        """
        if name.kind == "tone":
            return Tone()
        if name.kind == "silence":
            return Silence()
        if name.kind == "file":
            # The size does not matter where no picture is decoded.
            size = PictureSize(2, 2)
            file = MediaFile(Path(name.argument), self._clock, size, wants_video=False, wants_audio=True)
            assert file.sound is not None
            return file.sound
        return RebindingAudio(
            str(name),
            lambda: self._open_microphone(name.argument),
            period_s=self._rebind_period_s,
            on_back=on_back,
        )

    def _device(self, name: SourceName, shape: FrameShape) -> VideoSource:
        if name.kind == "screen":
            from encoder.sources.screen import Screen

            return Screen(name.argument, self._clock, shape)
        if name.is_network:
            from encoder.sources.network_camera import NetworkCamera

            return NetworkCamera(name.argument, self._clock, shape, name.kind)
        if self._injected_camera is not None:
            return self._injected_camera(name.argument, shape.size)
        from encoder.sources.camera import Camera

        return Camera(name.argument, self._clock, shape)

    def _real_microphone(self, name: str) -> AudioSource:
        from encoder.sources.microphone import Microphone

        return Microphone(name, self._clock)


def list_devices() -> tuple[list[Device], list[Device]]:
    """The machine's cameras and microphones. Slow: away from the event loop."""
    from encoder.sources.camera_devices import list_cameras
    from encoder.sources.microphone import list_microphones

    return list_cameras(), list_microphones()


def list_sources() -> SourceLists:
    """The machine's cameras, microphones and screens. Slow: away from the event loop."""
    from encoder.sources.screen import list_screens

    cameras, microphones = list_devices()
    return SourceLists(cameras, microphones, list_screens())


def _is_same_file(one: str, other: str) -> bool:
    return Path(one).resolve() == Path(other).resolve()
