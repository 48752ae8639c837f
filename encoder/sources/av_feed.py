"""A live picture that libav reads: of a network camera or the screen. Its thread is `LivePictures`'s."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator

import av
from av.codec.context import Flags

from encoder.clock import Clock
from encoder.errors import SourceError, reason_of
from gshop_studio.engine_protocol import Fault

_MAX_DECODE_ERRORS_IN_A_ROW = 100


class AvFeed:
    """Opens a container and decodes its first picture stream."""

    def __init__(
        self,
        label: str,
        clock: Clock,
        open_container: Callable[[], av.container.InputContainer],
        convert: Callable[[av.VideoFrame], av.VideoFrame] | None = None,
    ) -> None:
        """`label` is told in faults, so it holds no secrets; `convert` is applied to each frame."""
        self._label = label
        self._clock = clock
        self._open_container = open_container
        self._convert = convert

    def why_silent(self) -> Fault:
        return Fault("source.unreadable", {"source": self._label, "reason": "no picture came in time"})

    def frames(self, is_closed: threading.Event) -> Generator[tuple[av.VideoFrame, int] | None]:
        try:
            container = self._open_container()
        except (av.error.FFmpegError, OSError, ValueError) as error:
            params = {"source": self._label, "reason": _reason(error)}
            raise SourceError(Fault("source.unreadable", params)) from None  # the cause may quote the address
        try:
            if not container.streams.video:
                raise SourceError(Fault("source.no_video", {"source": self._label}))
            stream = container.streams.video[0]
            stream.thread_type = "NONE"
            stream.codec_context.thread_count = 1
            stream.codec_context.flags |= Flags.low_delay.value
            yield from self._decoded(container, stream, is_closed)
        finally:
            container.close()

    def _decoded(
        self, container: av.container.InputContainer, stream: av.VideoStream, is_closed: threading.Event
    ) -> Generator[tuple[av.VideoFrame, int] | None]:
        errors = 0
        packets = container.demux(stream)
        while not is_closed.is_set():
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, OSError):
                return  # it has gone, or is silent for too long
            if packet is None:
                return
            arrived_us = self._clock.now_us()
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                errors += 1
                if errors > _MAX_DECODE_ERRORS_IN_A_ROW:
                    return
                yield None
                continue
            errors = 0
            for frame in frames:
                yield (self._convert(frame) if self._convert else frame), arrived_us


def _reason(error: Exception) -> str:
    """The system's words. libav's message quotes the address, so it is never told whole."""
    if isinstance(error, av.error.TimeoutError | av.error.ExitError):
        return "no answer in time"
    if isinstance(error, av.error.FFmpegError) or (isinstance(error, OSError) and error.strerror):
        return reason_of(error) if not isinstance(error, av.error.FFmpegError) else str(error.strerror)
    return type(error).__name__
