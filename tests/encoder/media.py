"""What tests of the engine share: decoding what was published, media files of the tests' own making, a clock to set."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from encoder.audio_encoder import BLOCK_SAMPLES
from encoder.flash_and_beep import BeepDetector, FlashDetector, pair_offsets_ms
from encoder.picture import PictureSize, plane_rows
from encoder.sources.test_card import TestCard
from encoder.sources.tone import Tone
from encoder.time_code_burner import read_time_code
from tests.encoder.ingest import Publication

_MS = Fraction(1, 1000)
SMALL, SMALLER = PictureSize(640, 360), PictureSize(320, 240)


class SettableClock:
    """A clock that stands still until it is told otherwise; sleeping moves it."""

    def __init__(self, now_us: int = 1_700_000_000_000_000) -> None:
        self.us = now_us

    def now_us(self) -> int:
        return self.us

    def sleep_until(self, at_us: int) -> None:
        self.us = max(self.us, at_us)


def decoded_pictures(publication: Publication) -> list[av.VideoFrame]:
    """The pictures of one connection; their pts are the time stamps in milliseconds."""
    decoder = av.VideoCodecContext.create("h264", "r")
    decoder.extradata = publication.avc_configs[0]
    frames: list[av.VideoFrame] = []
    for sample in publication.pictures:
        packet = av.Packet(sample.payload)
        packet.pts = packet.dts = sample.timestamp_ms
        packet.time_base = _MS
        frames += decoder.decode(packet)
    return frames + decoder.decode(None)


def decoded_sound(publication: Publication) -> list[av.AudioFrame]:
    """The sound of one connection."""
    decoder = av.AudioCodecContext.create("aac", "r")
    decoder.extradata = publication.audio_configs[0]
    frames: list[av.AudioFrame] = []
    for sample in publication.sounds:
        packet = av.Packet(sample.payload)
        packet.pts = packet.dts = sample.timestamp_ms
        packet.time_base = _MS
        frames += decoder.decode(packet)
    return frames


def time_code_of(frame: av.VideoFrame) -> int | None:
    """What the picture says of when it was captured."""
    return read_time_code(plane_rows(frame.planes[0]), frame.width, frame.height)


def offsets_ms(pictures: Sequence[av.VideoFrame], sounds: Sequence[av.AudioFrame]) -> list[float]:
    """How much later than its flash each beep comes."""
    flashes, beeps = FlashDetector(), BeepDetector()
    flashes_s = [moment for frame in pictures for moment in flashes.add(frame, _seconds(frame))]
    beeps_s = [moment for frame in sounds for moment in beeps.add(frame, _seconds(frame))]
    return pair_offsets_ms(flashes_s, beeps_s)


def write_flash_and_beep(path: Path, seconds: int, size: PictureSize = SMALL, rate: int = 30) -> Path:
    """A file of the test card with the tone, each second of it with a flash and a beep at its beginning."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "bf": "0"})
        video.width, video.height, video.pix_fmt = size.width, size.height, "yuv420p"
        audio = container.add_stream("aac", rate=44100, layout="stereo")
        card, tone = TestCard(size), Tone()
        for index in range(seconds * rate):
            picture = card.picture_at(index * 1_000_000 // rate)
            assert picture is not None
            picture.frame.pts, picture.frame.time_base = index, Fraction(1, rate)
            container.mux(video.encode(picture.frame))
        resampler = av.AudioResampler("fltp", "stereo", 44100)
        for position in range(0, seconds * 48000, BLOCK_SAMPLES):
            count = min(BLOCK_SAMPLES, seconds * 48000 - position)
            samples = np.ascontiguousarray(tone.read(position, count).samples)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48000, position, Fraction(1, 48000)
            for resampled in resampler.resample(frame):
                container.mux(audio.encode(resampled))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return path


def write_silent_film(path: Path, frames: int = 30, size: PictureSize = SMALLER) -> Path:
    """A file with a picture only, each frame brighter than the one before."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "qp": "10", "bf": "0"})
        video.width, video.height, video.pix_fmt = size.width, size.height, "yuv420p"
        for index in range(frames):
            image = np.full((size.height, size.width, 3), 40 + index * 180 // frames, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode(None))
    return path


def _seconds(frame: av.VideoFrame | av.AudioFrame) -> float:
    assert frame.pts is not None
    return frame.pts / 1000


def rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))
