"""`gshop-studio broadcast`: the engine without a window. The stream key comes from the environment or a prompt only."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import math
import signal
import sys
from datetime import UTC, datetime
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import av

from encoder.clock import MonotonicClock
from encoder.compositor.ready_made import ReadyMade, SceneParameters, ready_made
from encoder.encoders.catalogue import candidates
from encoder.engine import DEFAULT_ENCODER, Engine, EngineHooks
from encoder.errors import EngineError
from encoder.outputs.target import RtmpTarget
from encoder.sources.opener import AUDIO_HINT, VIDEO_HINT, SourceOpener, parse_audio, parse_video
from encoder.statistics import StatsFile
from encoder.stream_key import KEY_VARIABLE, read_stream_key
from gshop_studio import logs
from gshop_studio.domain.quality import DEFAULT_QUALITY, Orientation, Quality
from gshop_studio.domain.scene import Transition
from gshop_studio.engine_protocol import EngineState, EngineStatus, Fault
from gshop_studio.fault_texts import tell
from gshop_studio.texts import catalogue, person_language

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2

_EPILOG = f"""\
The stream key is taken from the environment ({KEY_VARIABLE}) or asked for; it is never an argument.
A server that cannot be reached at the start ends the command with status 1. Once on air, a lost connection is made anew
until the command is stopped (Ctrl-C) or its duration is over. Files loop. The recording is an MP4 that plays up to its
last second whatever happens."""

_SCENES = [
    name.value for name in (ReadyMade.CAMERA, ReadyMade.CLOSE_UP, ReadyMade.STARTING_SOON, ReadyMade.BE_RIGHT_BACK)
]
"""Those that need nothing else: no product, no second picture."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("--video", default="camera", metavar="SOURCE", help=f"{VIDEO_HINT} (default: camera)")
    parser.add_argument("--audio", default="microphone", metavar="SOURCE", help=f"{AUDIO_HINT} (default: microphone)")
    parser.add_argument("--quality", choices=[one.value for one in Quality], default=DEFAULT_QUALITY.value,
                        metavar="QUALITY", help=f"{', '.join(Quality)} (default: {DEFAULT_QUALITY})")  # fmt: skip
    ways = [one.value for one in Orientation]
    parser.add_argument("--orientation", choices=ways, default=Orientation.LANDSCAPE.value, metavar="WAY",
                        help="landscape (default), or portrait for phones")  # fmt: skip
    parser.add_argument("--scene", default=ReadyMade.CAMERA.value, choices=_SCENES,
                        metavar="SCENE", help=f"{', '.join(_SCENES)} (default: camera)")  # fmt: skip
    encoders = [DEFAULT_ENCODER, *candidates()]
    named = f"{', '.join(encoders)} (default: {DEFAULT_ENCODER}); x264 where it cannot be opened"
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, choices=encoders, metavar="ID", help=named)
    parser.add_argument("--to", metavar="URL", help="rtmp(s)://host/app, without the key")
    parser.add_argument("--record", type=Path, metavar="FOLDER", help="record there too, or only, without --to")
    parser.add_argument(
        "--duration", type=_duration, metavar="S", help="stop after so many seconds on air (or recording)"
    )
    parser.add_argument("--stats", type=Path, metavar="PATH", help="write one line of JSON a second")
    parser.add_argument("--burn-time-code", action="store_true", help="draw a machine-readable time code")


def run(arguments: argparse.Namespace) -> int:
    """Broadcast until stopped. The exit status is 0 when it was on air and ended as it should."""
    logs.configure("broadcast", logging.ERROR)  # faults are told in the person's words, once
    av.logging.restore_default_callback()
    av.logging.set_level(av.logging.PANIC)  # what is wrong is told by our own faults
    try:
        if arguments.to is None and arguments.record is None:
            return _complain(Fault("broadcast.nowhere"))
        key = read_stream_key() if arguments.to else ""
        return asyncio.run(_Command(arguments, key).run())
    except EngineError as error:
        return _complain(error.fault)
    except KeyboardInterrupt:  # before the signal handlers were there
        return EXIT_FAILED


class _Command:
    """One run."""

    def __init__(self, arguments: argparse.Namespace, key: str) -> None:
        self._arguments = arguments
        self._key = key
        self._stats: StatsFile | None = None
        self._over = asyncio.Event()
        self._was_live = False
        self._last_state = EngineState.IDLE
        self._failure: Fault | None = None
        self._told: Fault | None = None
        """The last notice."""

    async def run(self) -> int:
        arguments = self._arguments
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt
                loop.add_signal_handler(number, self._over.set)
        if arguments.to is not None:
            RtmpTarget.parse(arguments.to)  # a wrong address is told before a device is opened
        video, audio = parse_video(arguments.video), parse_audio(arguments.audio)
        clock = MonotonicClock()
        self._stats = StatsFile(arguments.stats, self._on_notice) if arguments.stats else None
        engine = Engine(
            clock,
            SourceOpener(clock),
            EngineHooks(on_status=self._on_status, on_notice=self._on_notice),
            burns_time_code=arguments.burn_time_code,
            gives_up_before_live=True,
        )
        try:
            await engine.set_quality(Quality(arguments.quality), Orientation(arguments.orientation))
            engine.set_encoder(arguments.encoder)
            name = ReadyMade(arguments.scene)
            parameters = SceneParameters(language=person_language())
            await engine.show(lambda orientation: ready_made(name, orientation, parameters), Transition())
            opening = asyncio.ensure_future(engine.set_sources(video, audio))
            await self._unless_over(opening)
            if not self._over.is_set():
                await self._begin(engine)
                await self._over.wait()
        finally:
            await engine.close()
            if self._stats:
                self._stats.close()
        if self._failure and self._failure == self._told:
            return EXIT_FAILED
        if self._failure:
            return _complain(self._failure)
        return EXIT_DONE if self._was_live else EXIT_FAILED

    async def _begin(self, engine: Engine) -> None:
        arguments = self._arguments
        if arguments.record is not None:
            name = datetime.now(UTC).strftime("broadcast %Y-%m-%d %H-%M-%S")
            path = await engine.record(arguments.record, name)
            _say(_words().gettext("recording {path}").format(path=path))
        if arguments.to is not None:
            await engine.go_live(arguments.to, self._key)
        else:
            self._was_live = True
            self._end_after_duration()

    def _end_after_duration(self) -> None:
        if self._arguments.duration is not None:
            asyncio.get_running_loop().call_later(self._arguments.duration, self._over.set)

    async def _unless_over(self, opening: asyncio.Future[None]) -> None:
        """Wait for the sources, but not beyond Ctrl-C."""
        stopped = asyncio.ensure_future(self._over.wait())
        waited: list[asyncio.Future[Any]] = [opening, stopped]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if opening.done():
            opening.result()
        else:
            opening.cancel()

    def _on_status(self, status: EngineStatus) -> None:
        if self._stats:
            self._stats.write(status)
        state, before = status.state, self._last_state
        self._last_state = state
        if state is EngineState.LIVE and before is not EngineState.LIVE:
            if not self._was_live:
                self._end_after_duration()  # from the first moment on air, over reconnects too
            self._was_live = True
            _say(_words().gettext("on air"))
        if state is EngineState.RECONNECTING and before is not EngineState.RECONNECTING and status.fault:
            _say(tell(status.fault, person_language()))
        if state is EngineState.FAILED:
            self._failure = status.fault
            self._over.set()
        recording = status.recording
        if self._arguments.to is None and recording is not None and recording.fault is not None:
            self._failure = recording.fault  # nothing else is made of the pictures
            self._over.set()

    def _on_notice(self, fault: Fault) -> None:
        self._told = fault
        _say(tell(fault, person_language()))


def _words() -> NullTranslations:
    return catalogue("shared", person_language())


def _duration(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value <= 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds above 0")
    return value


def _complain(fault: Fault) -> int:
    _say(tell(fault, person_language()))
    return (
        EXIT_USAGE
        if fault.code in {"key.missing", "ingest.bad_url", "source.bad_name", "broadcast.nowhere"}
        else EXIT_FAILED
    )


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        print(f"gshop-studio: {text}", file=sys.stderr, flush=True)
