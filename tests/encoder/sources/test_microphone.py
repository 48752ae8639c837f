"""The real PortAudio path, on a PulseAudio source that needs no sound card."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from encoder.sources.tone import Tone
from tests.support.processes import wait_until

_LISTEN = """
import json, sys, time
import numpy as np
from encoder.clock import MonotonicClock, us_to_sample
from encoder.sources.microphone import Microphone, list_microphones
clock = MonotonicClock()
microphone = Microphone(sys.argv[1], clock)
while not microphone.drift.samples_in:
    time.sleep(0.01)  # PulseAudio takes a second or two to begin
time.sleep(1.5)  # and stutters at first
position = us_to_sample(clock.now_us())
heard, silent, gaps = [], 0, []
while len(heard) * 1024 < float(sys.argv[2]) * 48000:
    clock.sleep_until((position + 1024 + microphone.delay_samples) * 1000000 // 48000)
    block = microphone.read(position, 1024)
    heard.append(block.samples)
    silent += block.silent_samples
    if block.silent_samples:
        gaps.append((len(heard), block.silent_samples))
    position += 1024
names = [device.name for device in list_microphones()]
microphone.close()
sound = np.concatenate(heard, axis=1)
spectrum = np.abs(np.fft.rfft(sound[0] * np.hanning(sound.shape[1])))
json.dump({
    "samples": sound.shape[1], "silent": silent, "overflows": microphone.overflows, "gaps": gaps[:20], "names": names,
    "rms": float(np.sqrt(np.mean(sound**2))), "delay": microphone.delay_samples,
    "loudest_hz": float(np.argmax(spectrum) * 48000 / sound.shape[1]), "fault": microphone.fault is not None,
}, sys.stdout)
"""


@pytest.fixture
def sound_server(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A PulseAudio of our own, whose default source plays a tone; the environment that leads to it."""
    runtime = tmp_path / "pulse"
    runtime.mkdir(mode=0o700)
    environment = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(runtime),
        "HOME": str(runtime),
        "PULSE_SERVER": f"unix:{runtime}/pa.sock",
    }
    modules = [
        f"module-native-protocol-unix auth-anonymous=1 socket={runtime}/pa.sock",
        "module-null-sink sink_name=vspk rate=48000 channels=2",
        "module-remap-source source_name=vmic master=vspk.monitor channels=2",
    ]
    command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--log-target=stderr", "--log-level=0"]
    for module in modules:
        command += ["-L", module]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    player: subprocess.Popen[bytes] | None = None
    try:
        wait_until(
            lambda: subprocess.run(["pactl", "info"], env=environment, capture_output=True).returncode == 0,
            what="PulseAudio to answer",
        )
        subprocess.run(["pactl", "set-default-sink", "vspk"], env=environment, check=True)
        subprocess.run(["pactl", "set-default-source", "vmic"], env=environment, check=True)
        player = subprocess.Popen(
            ["paplay", "--device=vspk", str(_continuous_tone(tmp_path / "tone.wav"))], env=environment
        )
        yield environment
    finally:
        for process in (player, server):
            if process:
                process.kill()
                process.wait()


def _continuous_tone(path: Path) -> Path:
    samples = 0.25 * np.sin(2 * np.pi * 1000 * np.arange(48000 * 40) / 48000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(np.repeat((samples * 32767).astype("<i2"), 2).tobytes())
    assert Tone().name == "tone"
    return path


def test_every_sample_arrives(sound_server: dict[str, str]) -> None:
    listened = subprocess.run(
        [sys.executable, "-c", _LISTEN, "", "4"], env=sound_server, capture_output=True, text=True, timeout=60
    )
    assert listened.returncode == 0, listened.stderr
    report = json.loads(listened.stdout)
    assert report["samples"] >= 4 * 48000
    assert report["silent"] < 48000 * 0.1, report
    assert report["loudest_hz"] == pytest.approx(1000, abs=5)
    assert report["rms"] == pytest.approx(0.25 / 2**0.5, rel=0.1)
    assert report["delay"] < 48000 * 0.4
    assert not report["fault"]
    assert report["names"]


@pytest.mark.parametrize(("name", "environment"), [("No Such Microphone", {}), ("", {"PULSE_SERVER": "unix:/none"})])
def test_an_absent_microphone_is_said_to_be_absent(name: str, environment: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom encoder.clock import MonotonicClock\nfrom encoder.errors import SourceError\n"
        "from encoder.sources.microphone import Microphone\n"
        "try:\n    Microphone(sys.argv[1], MonotonicClock())\n"
        "except SourceError as error:\n    print(error.fault.code)\n"
    )
    began = time.monotonic()
    asked = subprocess.run(
        [sys.executable, "-c", code, name],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert asked.stdout.strip() == "source.not_found", asked.stderr
    assert asked.stderr == "", "PortAudio's and ALSA's own words are kept from the person"
    assert time.monotonic() - began < 30
