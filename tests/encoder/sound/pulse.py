"""A PulseAudio of a test's own. Its microphone says what the test writes into a pipe, in real time."""

from __future__ import annotations

import fcntl
import os
import subprocess
import threading
from pathlib import Path

import numpy as np

from encoder.clock import MonotonicClock, sample_to_us, us_to_sample
from encoder.sources.source import AudioSource
from tests.support.processes import wait_until

_CHUNK_SAMPLES = 480
_PIPE_BYTES = 8192
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ, which Python 3.11 has on Linux only


class PulseAudio:
    """The server; `environment` leads to it. It can be killed and started again."""

    def __init__(self, folder: Path, sound: AudioSource) -> None:
        self._runtime = folder / "pulse"
        self._runtime.mkdir(mode=0o700)
        self._sound = sound
        self._server: subprocess.Popen[bytes] | None = None
        self._speaker: threading.Thread | None = None
        self._is_speaking = False
        self.unheard_ms = 0.0
        """What was said while the server did not listen, as it may on a busy host: lost on its way."""
        self.environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(self._runtime),
            "HOME": str(self._runtime),
            "PULSE_SERVER": f"unix:{self._runtime}/pa.sock",
        }

    def start(self) -> None:
        """Start it, and speak into its microphone from now on."""
        pipe = self._runtime / "microphone.pipe"
        pipe.unlink(missing_ok=True)
        modules = [
            f"module-native-protocol-unix auth-anonymous=1 socket={self._runtime}/pa.sock",
            f"module-pipe-source source_name=vmic file={pipe} format=float32le rate=48000 channels=2",
        ]
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--log-target=stderr", "--log-level=0"]
        for module in modules:
            command += ["-L", module]
        self._server = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers, what="PulseAudio to answer")
        self._is_speaking = True
        self._speaker = threading.Thread(target=self._speak, args=(pipe,), daemon=True)
        self._speaker.start()

    def kill(self) -> None:
        """kill -9: every device is gone at once."""
        self._is_speaking = False
        if self._speaker is not None:
            self._speaker.join()
            self._speaker = None
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def _answers(self) -> bool:
        return subprocess.run(["pactl", "info"], env=self.environment, capture_output=True).returncode == 0

    def _speak(self, pipe: Path) -> None:
        clock = MonotonicClock()
        descriptor = os.open(pipe, os.O_WRONLY)
        try:
            fcntl.fcntl(descriptor, _SET_PIPE_SIZE, _PIPE_BYTES)  # what waits in it is late
            os.set_blocking(descriptor, False)
            position = us_to_sample(clock.now_us())
            while self._is_speaking:
                clock.sleep_until(sample_to_us(position + _CHUNK_SAMPLES))
                samples = self._sound.read(position, _CHUNK_SAMPLES).samples
                position += _CHUNK_SAMPLES
                try:
                    os.write(descriptor, np.ascontiguousarray(samples.T, "<f4").tobytes())
                except BlockingIOError:
                    self.unheard_ms += _CHUNK_SAMPLES / 48
        except BrokenPipeError:
            pass
        finally:
            os.close(descriptor)
