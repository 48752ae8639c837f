"""The real PortAudio path, on a PulseAudio source that needs no sound card."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from encoder.clock import MonotonicClock, sample_to_us, us_to_sample
from encoder.errors import SourceError
from encoder.sound.portaudio import PortAudio
from encoder.sources.microphone import Microphone, list_microphones
from encoder.sources.tone import Tone
from tests.encoder.sound.pulse import PulseAudio
from tests.support.processes import wait_until

# The library reads its environment once a process, so each of these listens in a process of its own.
_LISTEN = """
import json, sys, time
import numpy as np
from encoder.clock import MonotonicClock, us_to_sample
from encoder.sources.microphone import Microphone, list_microphones
clock = MonotonicClock()
microphone = Microphone("", clock)
while microphone.drift.samples_in < 3.1 * 48000:
    time.sleep(0.01)  # PulseAudio takes a second or two to begin, and stutters at first
began = time.monotonic()
given, placings = microphone.drift.samples_in, microphone.drift.placings
position = begin = us_to_sample(clock.now_us())
heard, silent = [], 0
while position - begin < 6 * 48000:
    clock.sleep_until((position + 1024 + microphone.delay_samples) * 1000000 // 48000)
    block = microphone.read(position, 1024)
    heard.append(block.samples)
    silent += block.silent_samples
    position += 1024
elapsed = time.monotonic() - began
given = microphone.drift.samples_in - given
names = [device.name for device in list_microphones()]
sound = np.concatenate(heard, axis=1)[0]
loud = np.flatnonzero(np.abs(sound) > 0.05)
beeps = [int(begin + at) for at, before in zip(loud, [-48000, *loud]) if at - before > 4800]
beep = sound[loud[loud > 24000][0]:][:4000]
spectrum = np.abs(np.fft.rfft(beep * np.hanning(beep.size)))
drift = microphone.drift
json.dump({
    "silent": silent, "overflows": microphone.overflows, "dropped": microphone.dropped_samples, "names": names,
    "given_rate": given / elapsed, "beeps_ms": [(beep + 24000) % 48000 / 48 - 500 for beep in beeps],
    "peak": float(np.abs(sound).max()), "delay": microphone.delay_samples, "placings": drift.placings - placings,
    "hz": float(np.argmax(spectrum) * 48000 / beep.size), "fault": microphone.fault is not None,
}, sys.stdout)
microphone.close()
"""

_SURVIVE = """
import sys, time
from encoder.clock import MonotonicClock, us_to_sample
from encoder.errors import SourceError
from encoder.sources.microphone import Microphone, list_microphones
clock = MonotonicClock()

def say(word):
    print(word, flush=True)

def listen(microphone):
    while not microphone.drift.samples_in and microphone.fault is None:
        time.sleep(0.01)
    say("heard")
    while microphone.fault is None:
        microphone.read(us_to_sample(clock.now_us()) - microphone.delay_samples - 1024, 1024)
        time.sleep(0.02)

microphone = Microphone("", clock)
listen(microphone)
say(microphone.fault.code)
microphone.close()
say(f"{len(list_microphones())} left")
while True:
    try:
        microphone = Microphone("", clock)
        break
    except SourceError as error:
        say(error.fault.code)
        time.sleep(0.2)
listen(microphone)
"""


@pytest.fixture
def sound_server(tmp_path: Path) -> Iterator[PulseAudio]:
    """A PulseAudio whose microphone beeps at each whole second."""
    server = PulseAudio(tmp_path, Tone())
    server.start()
    try:
        yield server
    finally:
        server.kill()


def test_every_sample_arrives_in_its_place(sound_server: PulseAudio) -> None:
    listened = subprocess.run(
        [sys.executable, "-c", _LISTEN], env=sound_server.environment, capture_output=True, text=True, timeout=60
    )
    assert listened.returncode == 0, listened.stderr
    report = json.loads(listened.stdout)
    assert report["silent"] < 48000 * 0.5, report  # a busy host may not let the test speak for a while
    assert report["given_rate"] == pytest.approx(48000, rel=0.02), "nothing is lost before it comes to us"
    assert report["dropped"] == 0
    assert report["placings"] == 0, report
    assert 4 <= len(report["beeps_ms"]) <= 8, report
    # The median: on a busy host the test itself may speak late.
    assert abs(statistics.median(report["beeps_ms"])) < 40, report
    assert report["hz"] == pytest.approx(1000, abs=15)
    assert report["peak"] == pytest.approx(0.25, abs=0.03)
    assert report["delay"] < 48000 * 0.4
    assert not report["fault"]
    assert report["names"]


def test_a_microphone_that_went_away_can_be_opened_again(sound_server: PulseAudio) -> None:
    """Case 66: the fault shows within 3 s, and the same process opens the device when it is back."""
    listener = subprocess.Popen(
        [sys.executable, "-c", _SURVIVE], env=sound_server.environment, stdout=subprocess.PIPE, text=True
    )
    words: list[str] = []
    assert listener.stdout is not None
    reader = threading.Thread(
        target=lambda lines: words.extend(line.strip() for line in lines), args=(listener.stdout,)
    )
    reader.start()
    try:
        wait_until(lambda: "heard" in words, what="sound")
        killed = time.monotonic()
        sound_server.kill()
        wait_until(lambda: "source.lost" in words, what="the fault")
        assert time.monotonic() - killed < 3.5
        wait_until(lambda: "source.not_found" in words, what="the device to be looked for in vain")
        assert "0 left" in words
        sound_server.start()
        wait_until(lambda: words.count("heard") == 2, what="sound again")
    finally:
        listener.kill()
        listener.wait()
        reader.join()
        listener.stdout.close()


@pytest.mark.parametrize(("name", "environment"), [("No Such Microphone", {}), ("", {"PULSE_SERVER": "unix:/none"})])
def test_an_absent_microphone_is_said_to_be_absent(name: str, environment: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom encoder.clock import MonotonicClock\nfrom encoder.errors import SourceError\n"
        "from encoder.sources.microphone import Microphone\n"
        "for attempt in (1, 2):\n    try:\n        Microphone(sys.argv[1], MonotonicClock())\n"
        "    except SourceError as error:\n        print(error.fault.code)\n"
    )
    began = time.monotonic()
    asked = subprocess.run(
        [sys.executable, "-c", code, name],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert asked.stdout.split() == ["source.not_found"] * 2, asked.stderr
    assert asked.stderr == "", "PortAudio's and ALSA's own words are kept from the person"
    assert time.monotonic() - began < 30


class _Library:
    """Stands in for the sounddevice module: counts what is done to it."""

    PortAudioError = RuntimeError

    def __init__(self) -> None:
        self.initialised = 0
        self.open_streams = 0
        self.hangs = threading.Event()
        self.hangs.set()
        self.default: Any = None
        self.fails_with: Exception | None = None

    def _terminate(self) -> None:
        assert self.open_streams == 0, "would kill an open stream"

    def _initialize(self) -> None:
        self.initialised += 1

    def query_devices(self) -> list[dict[str, Any]]:
        if self.fails_with:
            raise self.fails_with
        return [{"name": "One", "max_input_channels": 2}, {"name": "Speaker", "max_input_channels": 0}]

    def InputStream(self, **options: Any) -> _Stream:
        return _Stream(self)


class _Stream:
    def __init__(self, library: _Library) -> None:
        self._library = library
        library.open_streams += 1

    def start(self) -> None:
        """Nothing to do."""

    def abort(self, ignore_errors: bool) -> None:
        self._library.hangs.wait(30)

    def close(self, ignore_errors: bool) -> None:
        self._library.open_streams -= 1


def test_new_devices_are_looked_for_only_while_no_stream_is_open() -> None:
    library = _Library()
    portaudio = PortAudio(load=lambda: library)
    assert len(portaudio.devices()) == 2
    microphone = Microphone("one", MonotonicClock(), portaudio)
    before = library.initialised
    other = Microphone("One", MonotonicClock(), portaudio)
    portaudio.devices()
    assert library.initialised == before
    microphone.close()
    microphone.close()
    portaudio.devices()
    assert library.initialised == before, "one is still open"
    other.close()
    with pytest.raises(SourceError, match=r"source\.not_found"):
        Microphone("Two", MonotonicClock(), portaudio)
    assert library.initialised == before + 1
    assert portaudio.open_streams == 0


def test_a_library_that_fails_is_told_as_a_source_that_cannot_be_read() -> None:
    """It ended the search for a lost microphone, which is only prepared for faults."""
    library = _Library()
    library.fails_with = library.PortAudioError("Internal PortAudio error")
    portaudio = PortAudio(load=lambda: library)
    with pytest.raises(SourceError, match=r"source\.unreadable") as caught:
        Microphone("One", MonotonicClock(), portaudio)
    assert caught.value.fault.params["reason"] == "Internal PortAudio error"
    assert list_microphones(portaudio) == []
    library.fails_with = None
    Microphone("One", MonotonicClock(), portaudio).close()


def test_a_driver_that_hangs_does_not_hold_up_who_closes() -> None:
    library = _Library()
    portaudio = PortAudio(load=lambda: library, close_timeout_s=0.1, patience_s=0.1)
    microphone = Microphone("One", MonotonicClock(), portaudio)
    library.hangs.clear()
    began = time.monotonic()
    microphone.close()
    assert time.monotonic() - began < 5
    with pytest.raises(SourceError, match=r"source\.busy"):
        Microphone("One", MonotonicClock(), portaudio)
    library.hangs.set()
    wait_until(lambda: portaudio.open_streams == 0, what="the late end of the stream")


class Clock:
    us = 1_700_000_000_000_000

    def now_us(self) -> int:
        return self.us

    def sleep_until(self, at_us: int) -> None:
        self.us = at_us


def test_sound_lost_on_its_way_is_counted_and_what_follows_is_in_its_place() -> None:
    """What a sound server loses without a word made the sound early against the picture, for minutes, uncounted."""
    clock = Clock()
    microphone = Microphone("One", clock, PortAudio(load=_Library))
    begin = captured = us_to_sample(clock.us)
    lost, beep = 4800, begin + 30 * 48000
    position, silent, heard = begin + 4 * 48000, 0, []
    for index in range(35 * 50):
        captured += 960
        clock.us = sample_to_us(captured + 960)
        if 20 * 50 <= index < 20 * 50 + lost // 960:
            continue
        times = SimpleNamespace(currentTime=0.0, inputBufferAdcTime=0.0)
        block = np.where(np.arange(captured, captured + 960) < beep, 0.0, 0.5).astype(np.float32)
        microphone._on_block(np.stack((block, block), axis=1), 960, times, SimpleNamespace(input_overflow=False))
        while position + 480 + microphone.delay_samples <= us_to_sample(clock.us):
            read = microphone.read(position, 480)
            position += 480
            silent += read.silent_samples
            heard.append(read.samples[0])
    microphone.close()
    assert silent == pytest.approx(lost, abs=480)
    assert begin + 4 * 48000 + int(np.argmax(np.concatenate(heard) > 0.25)) == pytest.approx(beep, abs=480)


def test_a_microphone_that_gives_nothing_is_lost() -> None:
    clock = Clock()
    microphone = Microphone("One", clock, PortAudio(load=_Library))
    clock.us += 4_900_000
    assert microphone.read(0, 10).silent_samples == 10
    assert microphone.fault is None
    clock.us += 200_000
    microphone.read(10, 10)
    assert microphone.fault is not None
    assert microphone.fault.code == "source.lost"
    microphone.close()
