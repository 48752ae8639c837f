"""What is before the encoders: open sources, the scene and its overlays, the mixer, and the two loops.

Lives on the event loop's thread. Opening a source may take seconds and happens in a thread of its own; when it fails,
what was on stays on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from encoder.audio_loop import AudioLoop
from encoder.clock import Clock
from encoder.daemon_call import call_in_daemon_thread
from encoder.errors import EngineError, SourceError
from encoder.picture import PictureSize
from encoder.sources.media_control import MediaControl
from encoder.sources.opener import SourceName, SourceOpener
from encoder.sources.source import AudioSource, ColourMatrix, VideoSource
from encoder.video_loop import VideoLoop
from gshop_studio.domain.scene import Layer, Scene, Transition
from gshop_studio.engine_protocol import Fault

MAIN_INPUT = "main"
MICROPHONE = "microphone"
MOST_INPUTS = 8
MOST_CHANNELS = 8
_DRAWING_S = 2.0
"""So long what was asked before may take before what was asked after it goes first: a file on a dead server."""

_S = TypeVar("_S", VideoSource, AudioSource)


@dataclass(frozen=True, slots=True)
class _Opened(Generic[_S]):
    """A source that is on, and by which name it was asked for."""

    name: SourceName
    source: _S


class Stage:
    """Owns everything that captures and composes.

    Args:
        on_lost: Called on the loops' threads, once for each source that goes away.
        on_back: Called on threads of the sources, with `source.back`, when a lost device is found again.
    """

    def __init__(
        self,
        clock: Clock,
        opener: SourceOpener,
        size: PictureSize,
        on_lost: Callable[[Fault], None],
        on_back: Callable[[Fault], None],
        *,
        burns_time_code: bool = False,
    ) -> None:
        self._opener = opener
        self._on_back = on_back
        self._size = size
        self.video_loop = VideoLoop(clock, size, on_lost, burns_time_code=burns_time_code)
        self.audio_loop = AudioLoop(clock, on_lost)
        self.compositor = self.video_loop.compositor
        self.mixer = self.audio_loop.mixer
        self._pictures: dict[str, _Opened[VideoSource]] = {}
        self._sounds: dict[str, _Opened[AudioSource]] = {}
        self._switching = asyncio.Lock()
        self._drawing: dict[str, asyncio.Future[None]] = {}
        """What is being drawn last, for the scene and for each overlay."""
        self._is_running = False

    # --- what is on ---

    @property
    def inputs(self) -> dict[str, str]:
        """Each picture input's SPEC."""
        return {name: str(opened.name) for name, opened in self._pictures.items()}

    @property
    def channel_sources(self) -> dict[str, str]:
        """Each sound channel's SPEC."""
        return {name: str(opened.name) for name, opened in self._sounds.items()}

    @property
    def lost(self) -> tuple[str, ...]:
        """Inputs and channels whose source is gone now."""
        pictures = [name for name, opened in self._pictures.items() if opened.source.fault is not None]
        return (*pictures, *(name for name, opened in self._sounds.items() if opened.source.fault is not None))

    @property
    def lost_sources(self) -> tuple[str, ...]:
        """Their SPECs."""
        pictures = [str(opened.name) for opened in self._pictures.values() if opened.source.fault is not None]
        return (*pictures, *(str(opened.name) for opened in self._sounds.values() if opened.source.fault is not None))

    @property
    def colour_matrix(self) -> ColourMatrix:
        """The main picture's."""
        main = self._pictures.get(MAIN_INPUT)
        return main.source.colour_matrix if main else ColourMatrix.BT601

    # --- sources ---

    async def set_sources(self, video: SourceName | None = None, audio: SourceName | None = None) -> None:
        """Switch input "main" and channel "microphone" to what is named; None leaves that one as it is.

        Raises:
            SourceError: any `source.*` fault.
        """
        async with self._switching:
            main, microphone = self._pictures.get(MAIN_INPUT), self._sounds.get(MICROPHONE)
            video = video or (main.name if main else None)
            audio = audio or (microphone.name if microphone else None)
            is_whole_file = video is not None and video == audio and video.kind == "file"
            opens_video, opens_audio = _is_stale(main, video), _is_stale(microphone, audio)
            if is_whole_file and (opens_video or opens_audio):
                opens_video = opens_audio = True  # one open file gives both
            replaced = await self._switch(
                MAIN_INPUT, video if opens_video else None, MICROPHONE, audio if opens_audio else None
            )
        await _close(replaced)

    async def set_input(self, name: str, source: SourceName | None, *, with_sound: bool = False) -> None:
        """A further picture input by that name, or none any more. `with_sound`: a film's sound too, if it has any, on
        the channel so named; it goes when its picture goes.

        Raises:
            SourceError: any `source.*` fault.
            EngineError: `engine.bad_request`, for too many inputs.
        """
        async with self._switching:
            picture, sound = self._pictures.get(name), self._sounds.get(name)
            had_sound = picture is not None and sound is not None and sound.name == picture.name
            if source is None:
                replaced, has_sound = self._drop_picture(name), False
            else:
                _check_room(self._pictures, name, MOST_INPUTS, "input")
                replaced, has_sound = await self._switch_input(name, source, with_sound=with_sound)
            if not has_sound and (had_sound or with_sound):
                replaced += self._drop_sound(name)
        await _close(replaced)

    async def set_channel_source(self, name: str, source: SourceName | None) -> None:
        """What a channel of the mixer sounds; None: nothing any more.

        Raises:
            SourceError: any `source.*` fault.
            EngineError: `engine.bad_request`, for too many channels.
        """
        async with self._switching:
            if source is None:
                replaced = self._drop_sound(name)
            else:
                _check_room(self._sounds, name, MOST_CHANNELS, "channel")
                replaced = await self._switch("", None, name, source)
        await _close(replaced)

    def media(self, name: str) -> MediaControl | None:
        """What steers the media file of an input or a channel; None where it is no file."""
        for opened in (self._pictures.get(name), self._sounds.get(name)):
            control = getattr(opened.source, "media_control", None) if opened else None
            if isinstance(control, MediaControl):
                return control
        return None

    # --- picture ---

    async def show(self, scene: Scene, transition: Transition) -> None:
        """Put a scene on.

        Raises:
            SourceError: `source.unreadable`, for a picture of the scene.
        """
        async with self._in_turn("scene"):
            await call_in_daemon_thread(self.compositor.show, scene, transition)

    async def set_overlay(self, name: str, layer: Layer | None) -> None:
        """Burn a layer in over whichever scene is on, or no more.

        Raises:
            EngineError: `source.unreadable` for its picture, `engine.bad_request` for too many.
        """
        async with self._in_turn(f"overlay {name}"):
            await call_in_daemon_thread(self.compositor.set_overlay, name, layer)

    async def resize(self, size: PictureSize) -> None:
        """Another canvas. Not while anything is encoded."""
        self._size = size
        await call_in_daemon_thread(self.video_loop.resize, size)

    async def close(self) -> None:
        """Stop the loops and let every device go."""
        if self._is_running:
            await call_in_daemon_thread(self.video_loop.stop)
            await call_in_daemon_thread(self.audio_loop.stop)
        await _close([opened.source for opened in self._pictures.values()])
        await _close([opened.source for opened in self._sounds.values()])

    # --- inside ---

    @asynccontextmanager
    async def _in_turn(self, what: str) -> AsyncIterator[None]:
        """What was asked last is on in the end, though its picture be read sooner."""
        before, mine = self._drawing.get(what), asyncio.get_running_loop().create_future()
        self._drawing[what] = mine
        try:
            if before is not None:
                await asyncio.wait([before], timeout=_DRAWING_S)
            yield
        finally:
            mine.set_result(None)
            if self._drawing.get(what) is mine:
                del self._drawing[what]

    async def _switch_input(
        self, name: str, source: SourceName, *, with_sound: bool
    ) -> tuple[list[VideoSource | AudioSource], bool]:
        """What was on before, and whether sound came along: a silent film is shown all the same."""
        if with_sound:
            try:
                return await self._switch(name, source, name, source), True
            except SourceError as error:
                if error.fault.code != "source.no_audio":
                    raise
        return await self._switch(name, source, "", None), False

    async def _switch(
        self, input_name: str, video: SourceName | None, channel: str, audio: SourceName | None
    ) -> list[VideoSource | AudioSource]:
        """Open, put on, and return what was on before."""
        is_new = audio is not None and channel not in self.mixer.channels
        if audio is not None:
            self.mixer.configure(channel, self.mixer.settings(channel))  # refused before anything is opened
        try:
            new_video, new_audio = await call_in_daemon_thread(
                self._opener.open, video, audio, self._size, self._on_back
            )
        except BaseException:
            if is_new:
                self.mixer.remove(channel)
            raise
        self._start()
        replaced: list[VideoSource | AudioSource] = []
        if new_video is not None and video is not None:
            before = self.compositor.use_input(input_name, new_video)
            replaced += [before] if before else []
            self._pictures[input_name] = _Opened(video, new_video)
        if new_audio is not None and audio is not None:
            silenced = self.mixer.use(channel, new_audio)
            replaced += [silenced] if silenced else []
            self._sounds[channel] = _Opened(audio, new_audio)
        return replaced

    def _drop_picture(self, name: str) -> list[VideoSource | AudioSource]:
        self._pictures.pop(name, None)
        before = self.compositor.use_input(name, None)
        return [before] if before else []

    def _drop_sound(self, name: str) -> list[VideoSource | AudioSource]:
        self._sounds.pop(name, None)
        before = self.mixer.remove(name)
        return [before] if before else []

    def _start(self) -> None:
        if not self._is_running:
            self._is_running = True
            self.video_loop.start()
            self.audio_loop.start()


def _is_stale(opened: _Opened[VideoSource] | _Opened[AudioSource] | None, wanted: SourceName | None) -> bool:
    """Whether a source must be opened: another name, or the one that is on is gone."""
    return wanted is not None and (opened is None or opened.name != wanted or opened.source.fault is not None)


def _check_room(entries: Iterable[str], name: str, most: int, what: str) -> None:
    names = list(entries)
    if name not in names and len(names) >= most:
        raise EngineError(Fault("engine.bad_request", {"reason": f"{what}: at most {most}"}))


async def _close(sources: Sequence[VideoSource | AudioSource]) -> None:
    for source in sources:
        await call_in_daemon_thread(source.close)
