"""Play, pause, loop and seek: what is seen and heard of a file while it is steered, picture and sound in step."""

from __future__ import annotations

import math
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from encoder.clock import first_tick_from, tick_to_sample, tick_to_us
from encoder.errors import SourceError
from encoder.picture import FrameShape, PictureSize, planes_of
from encoder.sources.media_control import MediaControl
from encoder.sources.media_file import MediaFile
from tests.encoder.media import SettableClock
from tests.support.processes import wait_until

SHAPE = FrameShape(PictureSize(64, 36))
STEP = 4
"""Brightness from one picture to the next, and so the loudness of the sound beside it."""
SECONDS = 1.6
FRAMES = round(SECONDS * 30)


def write_ramp(
    path: Path, *, pictures: bool = True, sound: bool = True, codec: str = "flac", layout: str = "stereo"
) -> Path:
    """Each thirtieth of a second has a brightness and a loudness of its own, both exact, so that each can be told."""
    with av.open(str(path), "w") as container:
        video: av.VideoStream | None = None
        audio: av.AudioStream | None = None
        if pictures:
            video = container.add_stream("ffv1", rate=30)
            video.width, video.height, video.pix_fmt = 64, 36, "yuv420p"
        if sound:
            audio = container.add_stream("flac", rate=48000, layout=layout)
        for index in range(FRAMES):
            if video is not None:
                frame = av.VideoFrame(64, 36, "yuv420p")
                for plane, value in zip(planes_of(frame), (20 + STEP * index, 128, 128), strict=True):
                    plane[:] = value
                frame.pts, frame.time_base = index, Fraction(1, 30)
                container.mux(video.encode(frame))
            if audio is not None:
                samples = np.full((1, 1600 * audio.layout.nb_channels), 300 * (index + 1), np.int16)
                piece = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
                piece.sample_rate, piece.pts, piece.time_base = 48000, index * 1600, Fraction(1, 48000)
                container.mux(audio.encode(piece))
        if video is not None:
            container.mux(video.encode(None))
        if audio is not None:
            container.mux(audio.encode(None))
    return path


class Screening:
    """Shows a file tick by tick, as the loops do: sound is taken ahead of its moment."""

    def __init__(self, file: MediaFile, clock: SettableClock) -> None:
        self.file = file
        self.clock = clock
        self.tick = first_tick_from(clock.us)
        self.seen: int | None = None
        self.heard: int | None = None
        self.silent = 0
        self._sounds: dict[int, tuple[int, int]] = {}
        self._heard_to = self.tick

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            self.step()

    def step(self) -> None:
        """One tick: `seen` is the picture's number in the file, `heard` the sound's, None for silence."""
        self._wait_for_the_decoder()
        self.clock.us = tick_to_us(self.tick)
        while self._heard_to <= self.tick + 2:  # 64 ms ahead, in whole ticks
            block = self.file.read(tick_to_sample(self._heard_to), 1600)
            self._sounds[self._heard_to] = (
                round(float(block.samples[0, 800]) * 32768 / 300) - 1,
                block.silent_samples,
            )
            self._heard_to += 1
        picture = self.file.picture_at(tick_to_us(self.tick))
        if picture is not None:
            luma = planes_of(picture.frame)[0]
            self.seen = round((int(luma[18, 32]) - 20) / STEP)
        heard, silent = self._sounds.pop(self.tick)
        self.heard = heard if heard >= 0 else None
        self.silent += silent
        self.tick += 1

    def _wait_for_the_decoder(self) -> None:
        file, queues = self.file, self.file._playback.queues

        def is_ready() -> bool:
            if file._playback.end_us is not None:
                return True
            has_pictures = file.pictures is None or len(queues.pictures) >= 2
            has_sound = file.sound is None or queues.queued_samples >= 8000
            return not file._playback.is_held and has_pictures and has_sound

        wait_until(is_ready, timeout_s=20, every_s=0.001, what="the decoder")


@contextmanager
def showing(path: Path, *, pictures: bool = True, sound: bool = True) -> Iterator[Screening]:
    clock = SettableClock()
    file = MediaFile(path, clock, SHAPE, wants_video=pictures, wants_audio=sound)
    try:
        yield Screening(file, clock)
    finally:
        for face in (file.pictures, file.sound):
            if face is not None:
                face.close()
    assert not file._thread.is_alive()


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    return write_ramp(tmp_path / "ramp.mkv")


def test_it_plays_at_once_and_loops_in_step(ramp: Path) -> None:
    """The old behaviour is the default."""
    with showing(ramp) as show:
        assert isinstance(show.file, MediaControl)
        assert show.file.pictures is not None and show.file.pictures.media_control is show.file
        assert show.file.sound is not None and show.file.sound.media_control is show.file
        show.run(10)
        for _ in range(2 * FRAMES):
            before = show.seen
            show.step()
            assert before is not None and show.seen == (before + 1) % FRAMES
            assert show.heard == show.seen
        state = show.file.state()
    assert show.silent == 0
    assert state.is_playing and state.is_looping and not state.has_ended
    assert state.duration_s == pytest.approx(SECONDS, abs=0.05)
    assert show.seen is not None and state.position_s == pytest.approx(show.seen / 30, abs=0.04)


def test_the_last_picture_stays_and_nothing_is_heard_while_it_pauses(ramp: Path) -> None:
    with showing(ramp) as show:
        show.run(15)
        show.file.pause()
        show.run(4)
        still, state = show.seen, show.file.state()
        for _ in range(60):
            show.step()
            assert show.seen == still and show.heard is None
        assert not state.is_playing and not state.has_ended
        assert show.file.state().position_s == state.position_s
        show.file.play()
        show.run(4)
        assert still is not None and show.seen is not None and show.seen > still
        for _ in range(60):
            show.step()
            assert show.heard == show.seen
    assert show.silent == 0, "silence that is wanted is not counted"


def test_not_a_picture_and_not_a_sample_is_lost_over_a_pause(ramp: Path) -> None:
    with showing(ramp) as show:
        show.run(12)
        seen, heard = [show.seen], [show.heard]
        for step in range(50):
            if step == 3:
                show.file.pause()
            if step == 20:
                show.file.play()
            show.step()
            seen.append(show.seen)
            heard.append(show.heard)
    distinct = list(dict.fromkeys(seen))
    sounds = [each for each in heard if each is not None]
    assert distinct[0] is not None
    assert distinct == list(range(distinct[0], distinct[0] + len(distinct)))
    assert sounds == list(range(sounds[0], sounds[0] + len(sounds)))


def test_without_loop_the_last_picture_stays_and_the_end_is_told(ramp: Path) -> None:
    with showing(ramp) as show:
        show.file.set_looping(False)
        show.run(FRAMES + 20)
        state = show.file.state()
        assert show.seen == FRAMES - 1 and show.heard is None
        assert state.has_ended and not state.is_playing and not state.is_looping
        assert state.position_s == pytest.approx(SECONDS, abs=0.05)
        show.file.set_looping(True)
        show.run(10)
        assert show.seen == FRAMES - 1, "an end that is reached is one"
        show.file.play()
        show.run(8)
        assert show.seen is not None and show.seen < 10 and show.heard == show.seen
        show.run(2 * FRAMES)
        assert not show.file.state().has_ended
    assert show.silent == 0


def test_loop_may_be_switched_off_when_the_next_round_is_already_decoded(ramp: Path) -> None:
    with showing(ramp) as show:
        show.run(FRAMES - 5)
        wait_until(lambda: len(show.file._playback.passes) > 1, timeout_s=20, what="the decoder to begin anew")
        show.file.set_looping(False)
        seen = set()
        for _ in range(30):
            show.step()
            seen.add(show.seen)
        assert show.file.state().has_ended
        assert 0 not in seen and show.seen == FRAMES - 1 and show.heard is None
    assert show.silent == 0


def test_loop_may_be_switched_on_again_before_the_end(ramp: Path) -> None:
    with showing(ramp) as show:
        show.file.set_looping(False)
        show.run(FRAMES - 5)
        wait_until(lambda: show.file._playback.end_us is not None, timeout_s=20, what="the decoder to reach the end")
        show.file.set_looping(True)
        for _ in range(FRAMES):
            before = show.seen
            show.step()
            assert before is not None and show.seen == (before + 1) % FRAMES and show.heard == show.seen
    assert show.silent == 0


@pytest.mark.parametrize("position_s", [0.0, 0.5, 0.517, 1.0, 1.55])
def test_a_seek_goes_there_with_picture_and_sound(ramp: Path, position_s: float) -> None:
    with showing(ramp) as show:
        show.run(20)
        show.file.seek(position_s)
        show.step()
        state = show.file.state()
        assert state.position_s == pytest.approx(position_s, abs=0.12)
        show.run(5)
        target = math.floor(position_s * 30 + 1e-6)
        assert show.seen is not None
        assert (show.seen - target) % FRAMES <= 7
        for _ in range(40):
            show.step()
            assert show.heard is not None and show.seen is not None
            assert (show.heard - show.seen) % FRAMES in (0, 1, FRAMES - 1), "within a picture of each other"


def test_a_seek_during_a_pause_shows_the_picture_of_there(ramp: Path) -> None:
    with showing(ramp) as show:
        show.run(10)
        show.file.pause()
        show.run(5)
        show.file.seek(1.0)
        show.run(5)
        assert show.seen == 30 and show.heard is None
        assert show.file.state().position_s == pytest.approx(1.0, abs=0.001)
        assert not show.file.state().is_playing
        show.file.play()
        show.run(10)
        assert show.seen is not None and 31 <= show.seen <= 40 and show.heard == show.seen


def test_a_seek_beyond_the_end_is_the_end(ramp: Path) -> None:
    with showing(ramp) as show:
        show.file.set_looping(False)
        show.run(5)
        show.file.seek(1000.0)
        show.run(45)
        assert show.file.state().has_ended and show.seen == FRAMES - 1
        show.file.seek(0.2)
        show.run(6)
        assert not show.file.state().has_ended
        assert show.seen is not None and show.seen < 20


def test_steered_at_random_it_neither_stalls_nor_drifts(ramp: Path) -> None:
    dice = random.Random(66)
    with showing(ramp) as show:
        file = show.file
        for _ in range(120):
            action = dice.randrange(8)
            if action == 0:
                file.pause()
            elif action == 1:
                file.play()
            elif action == 2:
                file.seek(dice.random() * 2)
            elif action == 3:
                file.set_looping(dice.random() < 0.5)
            show.run(dice.randrange(6))
        file.set_looping(True)
        file.seek(0.0)
        file.play()
        show.run(10)
        for _ in range(FRAMES):
            show.step()
            assert show.heard == show.seen
        assert file.fault is None


def test_music_alone_is_steered_too(tmp_path: Path) -> None:
    with showing(write_ramp(tmp_path / "song.flac", pictures=False), pictures=False) as show:
        show.run(20)
        assert show.heard is not None
        show.file.pause()
        show.run(6)
        assert show.heard is None
        show.file.seek(1.0)
        show.file.play()
        show.run(6)
        assert show.heard is not None and 28 <= show.heard <= 40
    assert show.silent <= 3 * 1600, "what a seek makes useless is counted, no more"


def test_a_picture_alone_is_steered_too(tmp_path: Path) -> None:
    with showing(write_ramp(tmp_path / "film.mkv", sound=False), sound=False) as show:
        show.run(10)
        show.file.pause()
        show.run(4)
        still = show.seen
        show.run(10)
        assert show.seen == still
        show.file.seek(1.0)
        show.run(3)
        assert show.seen == 30


def test_the_cover_of_a_song_is_not_a_film(tmp_path: Path) -> None:
    song, cover = write_ramp(tmp_path / "song.flac", pictures=False), tmp_path / "cover.png"
    with av.open(str(cover), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    with_cover = tmp_path / "with-cover.flac"
    ffmpeg(
        ["-i", str(song), "-i", str(cover), "-map", "0", "-map", "1", "-c", "copy", "-disposition:v", "attached_pic"],
        with_cover,
    )
    with pytest.raises(SourceError) as caught:
        MediaFile(with_cover, SettableClock(), SHAPE, wants_video=True, wants_audio=True)
    assert caught.value.fault.code == "source.no_video"
    with showing(with_cover, pictures=False) as show:
        show.run(5)
        assert show.heard is not None


def test_surround_sound_is_heard_in_stereo(tmp_path: Path) -> None:
    path = write_ramp(tmp_path / "film.mkv", layout="5.1")
    with showing(path) as show:
        show.run(10)
        assert show.heard is not None and show.silent == 0


@pytest.mark.parametrize("faststart", [False, True])
def test_an_mp4_with_its_index_at_either_end_is_steered(tmp_path: Path, faststart: bool) -> None:
    ramp, path = write_ramp(tmp_path / "ramp.mkv"), tmp_path / "film.mp4"
    options = ["-movflags", "+faststart"] if faststart else []
    ffmpeg(["-i", str(ramp), "-c:v", "libx264", "-qp", "0", "-g", "12", "-bf", "2", "-c:a", "aac", *options], path)
    data = path.read_bytes()
    assert (data.index(b"moov") < data.index(b"mdat")) == faststart
    with showing(path) as show:
        show.run(10)
        show.file.pause()
        show.run(5)
        show.file.seek(1.0)
        show.run(5)
        assert show.seen is not None and abs(show.seen - 30) <= 1
        show.file.play()
        show.run(30)
        assert show.file.fault is None and show.heard is not None


def test_pictures_of_a_changing_rate_come_at_their_own_times(tmp_path: Path) -> None:
    times_ms = [0, 33, 66, 500, 533, 1000]
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for index, at_ms in enumerate(times_ms):
            frame = av.VideoFrame(64, 36, "yuv420p")
            for plane, value in zip(planes_of(frame), (20 + STEP * index, 128, 128), strict=True):
                plane[:] = value
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    clock = SettableClock()
    file = MediaFile(path, clock, SHAPE, wants_video=True, wants_audio=False)
    assert file.pictures is not None
    try:
        file.set_looping(False)
        begin, shown = file._playback.timeline.changed_tick, dict[int, int]()
        for tick in range(40):
            wait_until(
                lambda: file._playback.queues.pictures or file._playback.end_us is not None, timeout_s=10, every_s=0.001
            )
            clock.us = tick_to_us(begin + tick)
            picture = file.pictures.picture_at(clock.us)
            if picture is not None:
                shown[round((int(planes_of(picture.frame)[0][0, 0]) - 20) / STEP)] = tick
    finally:
        file.pictures.close()
    assert shown == {index: round(at_ms * 30 / 1000) for index, at_ms in enumerate(times_ms)}


def test_a_film_of_odd_size_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 321, 181, "bgr0"
        for _ in range(10):
            image = np.full((181, 321, 3), 255, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="bgr0")))
        container.mux(stream.encode(None))
    with showing(path, sound=False) as show:
        show.run(5)
        assert show.seen is not None and show.seen > 50


def test_closing_during_a_pause_ends_the_thread_at_once(ramp: Path) -> None:
    began = time.monotonic()
    with showing(ramp) as show:
        show.file.pause()
        show.run(5)
    assert time.monotonic() - began < 10


def ffmpeg(arguments: Sequence[str], output: Path) -> None:
    """Makes what libav's Python bindings cannot."""
    try:
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *arguments, str(output)], check=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("ffmpeg is not installed")
