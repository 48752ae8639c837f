"""PortAudio, of which a process has only one: who may look for devices anew, and when.

PortAudio sees the devices that were there when it was initialised. To see others it must be terminated, which kills
every open stream. So the library, its count of open streams and the lock around both are one object, and the one
instance of it stands here: a second one would terminate the first one's streams.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

from encoder.errors import SourceError, reason_of
from gshop_studio.engine_protocol import Fault


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """ALSA writes pages to stderr while PortAudio looks around; what is wrong is told by our own faults."""
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def _sounddevice() -> Any:
    import sounddevice

    return sounddevice


class PortAudio:
    """The library, loaded when it is first needed. All its calls may block: away from the event loop."""

    def __init__(
        self, load: Callable[[], Any] = _sounddevice, *, close_timeout_s: float = 2.0, patience_s: float = 10.0
    ) -> None:
        """Nothing is loaded yet.

        Args:
            load: Gives the module `sounddevice`, or raises `OSError` where PortAudio is not installed.
            close_timeout_s: How long closing waits for a driver.
            patience_s: How long opening waits for another opening or closing.
        """
        self._load = load
        self._close_timeout_s = close_timeout_s
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._streams: list[Any] = []
        self._module: Any = None

    @property
    def open_streams(self) -> int:
        return len(self._streams)

    def devices(self) -> list[dict[str, Any]]:
        """What is plugged in now, or, while a stream is open, what was when the first one was opened.

        Raises:
            SourceError: `source.unreadable`, where PortAudio is not installed or fails; `source.busy`, while a driver
                hangs.
        """
        with self._held(), quiet_stderr():
            return list(self._fresh().query_devices())

    def open(self, opening: Callable[[Any], Any]) -> Any:
        """Open a stream, after a look for new devices where that harms nobody.

        Args:
            opening: Gets the sounddevice module, gives the started stream; what else it raises is passed on.

        Raises:
            SourceError: `source.unreadable`, where PortAudio is not installed or fails; `source.busy`, while a driver
                hangs.
        """
        with self._held(), quiet_stderr():
            stream = opening(self._fresh())
            self._streams.append(stream)
            return stream

    def close(self, stream: Any) -> None:
        """End a stream that `open` gave; ending it again does nothing.

        A driver that hangs is left behind after a while. Until it ends, no other device can be opened.
        """
        ended = threading.Event()

        def end() -> None:
            with self._lock:
                if any(stream is one for one in self._streams):
                    stream.abort(ignore_errors=True)
                    stream.close(ignore_errors=True)
                    self._streams = [one for one in self._streams if one is not stream]
            ended.set()

        threading.Thread(target=end, name="close-sound-device", daemon=True).start()
        ended.wait(self._close_timeout_s)

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=self._patience_s):
            raise SourceError(Fault("source.busy", {"source": "microphone"}))
        try:
            yield
        except getattr(self._module, "PortAudioError", ()) as error:
            reason = str(error.args[0]) if error.args else reason_of(error)
            raise SourceError(Fault("source.unreadable", {"source": "microphone", "reason": reason})) from error
        finally:
            self._lock.release()

    def _fresh(self) -> Any:
        """The module, having looked for devices anew unless a stream is open."""
        if self._module is None:
            try:
                self._module = self._load()
            except OSError as error:
                fault = Fault("source.unreadable", {"source": "microphone", "reason": reason_of(error)})
                raise SourceError(fault) from error
        elif not self._streams:
            self._module._terminate()
            self._module._initialize()
        return self._module


PORTAUDIO = PortAudio()
