"""A media file as a source: loops without a seam, keeps sound and picture together, tells what it lacks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from encoder.audio_encoder import BLOCK_SAMPLES
from encoder.clock import first_tick_from, sample_to_us, tick_to_sample, tick_to_us
from encoder.errors import SourceError
from encoder.picture import PictureSize, planes_of
from encoder.sources.media_file import MediaFile
from encoder.sources.source import ColourMatrix
from encoder.sources.test_card import flash_box
from tests.encoder.media import SettableClock, rms, write_flash_and_beep, write_silent_film
from tests.support.processes import wait_until

SIZE = PictureSize(640, 360)


@contextmanager
def opened(path: Path, clock: SettableClock, *, video: bool = True, audio: bool = True) -> Iterator[MediaFile]:
    file = MediaFile(path, clock, SIZE, wants_video=video, wants_audio=audio)
    try:
        yield file
    finally:
        for face in (file.pictures, file.sound):
            if face:
                face.close()


class Player:
    """Plays a file by the ticks and blocks of its own clock, as fast as the decoder gives."""

    def __init__(self, file: MediaFile) -> None:
        self.file = file
        self.tick = file._playback.timeline.changed_tick
        self.position = tick_to_sample(self.tick)
        self.repeated = 0
        self.silent = 0

    def picture(self) -> np.ndarray | None:
        self._wait_for(lambda: len(self.file._playback.queues.pictures) > 2)
        picture = self.file.picture_at(tick_to_us(self.tick))
        self.tick += 1
        if picture is None:
            self.repeated += 1
            return None
        return planes_of(picture.frame)[0]

    def sound(self, count: int) -> np.ndarray:
        self._wait_for(lambda: self.file._playback.queues.queued_samples > count + BLOCK_SAMPLES)
        block = self.file.read(self.position, count)
        self.position += count
        self.silent += block.silent_samples
        return block.samples

    @staticmethod
    def _wait_for(condition: Callable[[], bool]) -> None:
        wait_until(condition, timeout_s=10, every_s=0.001, what="the decoder")


def test_flash_and_beep_stay_together_over_many_loops(tmp_path: Path) -> None:
    clock = SettableClock()
    box = flash_box(SIZE)
    with opened(write_flash_and_beep(tmp_path / "card.mp4", 2), clock) as file:
        player = Player(file)
        flashes_us, beeps_us = [], []
        was_white, quiet_for = True, 0
        for _ in range(30 * 9):
            luma = player.picture()
            if luma is not None:
                is_white = luma[box.top + 8, box.left + 8] > 180
                if is_white and not was_white:
                    flashes_us.append(tick_to_us(player.tick - 1))
                was_white = bool(is_white)
            start = player.position
            samples = np.abs(player.sound(1600)[0])
            if samples.max() > 0.05:
                if quiet_for > 8:
                    beeps_us.append(sample_to_us(start + int(np.argmax(samples > 0.02))))
                quiet_for = 0
            else:
                quiet_for += 1
    assert len(flashes_us) >= 8 and len(beeps_us) >= 8
    for flash_us in flashes_us:
        nearest = min(beeps_us, key=lambda beep_us: abs(beep_us - flash_us))
        assert abs(nearest - flash_us) < 40_000, (flashes_us, beeps_us)
    assert player.silent == 0
    assert player.repeated <= 4 * 2, "a seam may cost a picture or two, no more"


def test_a_loop_has_no_seam(tmp_path: Path) -> None:
    """Each tick brings a new picture, also where the file begins anew."""
    clock = SettableClock()
    with opened(write_silent_film(tmp_path / "film.mkv", frames=30), clock, audio=False) as file:
        player = Player(file)
        levels = [int(luma.mean()) for luma in (player.picture() for _ in range(120)) if luma is not None]
    assert len(levels) == 120 and player.repeated == 0
    falls = [index for index, (one, following) in enumerate(pairwise(levels)) if following < one]
    assert all(later - earlier == 30 for earlier, later in pairwise(falls))
    assert len(falls) >= 3


def test_only_the_face_that_is_in_use_is_waited_for(tmp_path: Path) -> None:
    clock = SettableClock()
    with opened(write_flash_and_beep(tmp_path / "card.mp4", 2), clock) as file:
        assert file.pictures is not None
        file.pictures.close()
        player = Player(file)
        heard = np.concatenate([player.sound(4800) for _ in range(50)], axis=1)
    assert player.silent == 0
    assert rms(heard) > 0.01


def test_a_late_decoder_gives_silence_and_counts_it(tmp_path: Path) -> None:
    clock = SettableClock()
    with opened(write_flash_and_beep(tmp_path / "card.mp4", 2), clock, video=False) as file:
        position = tick_to_sample(first_tick_from(clock.now_us())) + 60 * 48000
        block = file.read(position, BLOCK_SAMPLES)
    assert block.silent_samples == BLOCK_SAMPLES and not block.samples.any()


def test_a_picture_of_the_right_size_is_not_scaled(tmp_path: Path) -> None:
    clock = SettableClock()
    with opened(write_flash_and_beep(tmp_path / "card.mp4", 1), clock) as file:
        clock.us += 200_000
        picture = file.picture_at(clock.us)
    assert picture is not None and picture.is_shared


def test_a_still_picture_is_a_film_that_stands(tmp_path: Path) -> None:
    path = tmp_path / "still.png"
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "rgb24"
        image = av.VideoFrame.from_ndarray(np.full((180, 320, 3), 200, np.uint8), format="rgb24")
        container.mux(stream.encode(image))
        container.mux(stream.encode(None))
    clock = SettableClock()
    with opened(path, clock, audio=False) as file:
        clock.us += 300_000
        assert file.picture_at(clock.us) is not None
        assert file.fault is None


@pytest.mark.parametrize(
    ("make", "video", "audio", "code"),
    [
        (lambda path: None, True, True, "source.unreadable"),
        (lambda path: path.write_bytes(b""), True, True, "source.unreadable"),
        (lambda path: path.write_bytes(b"this is no film" * 1000), True, True, "source.unreadable"),
        (lambda path: path.mkdir(), True, True, "source.unreadable"),
        (write_silent_film, True, True, "source.no_audio"),
        (write_silent_film, False, True, "source.no_audio"),
    ],
)
def test_a_file_that_will_not_do_says_why(
    tmp_path: Path, make: Callable[[Path], object], video: bool, audio: bool, code: str
) -> None:
    path = tmp_path / "film.mkv"
    make(path)
    with pytest.raises(SourceError) as caught, opened(path, SettableClock(), video=video, audio=audio):
        pass
    assert caught.value.fault.code == code
    assert caught.value.fault.params["source"] == str(path)


def test_a_file_cut_short_in_its_header_is_unreadable(tmp_path: Path) -> None:
    whole = write_flash_and_beep(tmp_path / "card.mp4", 1).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError) as caught, opened(tmp_path / "cut.mp4", SettableClock()):
        pass
    assert caught.value.fault.code == "source.unreadable"


def test_a_name_that_looks_like_an_address_is_only_a_file(tmp_path: Path) -> None:
    """Case 38."""
    with pytest.raises(SourceError) as caught, opened(Path("concat:/etc/hostname|/etc/hostname"), SettableClock()):
        pass
    assert caught.value.fault.code == "source.unreadable"


def test_damage_in_the_middle_is_played_over(tmp_path: Path) -> None:
    path = write_silent_film(tmp_path / "film.mkv", frames=60)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(40)
    path.write_bytes(data)
    clock = SettableClock()
    with opened(path, clock, audio=False) as file:
        player = Player(file)
        seen = [luma for luma in (player.picture() for _ in range(90)) if luma is not None]
        assert len(seen) > 30
        assert file.fault is None


def test_closing_ends_the_thread_at_once(tmp_path: Path) -> None:
    clock = SettableClock()
    began = time.monotonic()
    with opened(write_flash_and_beep(tmp_path / "card.mp4", 1), clock) as file:
        thread = file._thread
    assert not thread.is_alive()
    assert time.monotonic() - began < 10


def test_the_colours_of_small_and_large_films(tmp_path: Path) -> None:
    clock = SettableClock()
    with opened(write_silent_film(tmp_path / "small.mkv"), clock, audio=False) as file:
        assert file.colour_matrix is ColourMatrix.BT601
    large = write_silent_film(tmp_path / "large.mkv", size=PictureSize(1280, 720))
    with opened(large, clock, audio=False) as file:
        assert file.colour_matrix is ColourMatrix.BT709
