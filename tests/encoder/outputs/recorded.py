"""What tests of recordings share: a few seconds of real packets, and reading a recording back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np

from encoder.audio_encoder import BLOCK_SAMPLES, AudioEncoder
from encoder.clock import tick_to_us
from encoder.encoders.video_encoder import VideoEncoder
from encoder.interleaver import Interleaver
from encoder.packets import MediaPacket, PacketKind, StreamFormat
from encoder.picture import PictureSize
from encoder.sources.source import ColourMatrix
from encoder.sources.test_card import TestCard
from encoder.sources.tone import Tone
from gshop_studio.domain.quality import QualitySettings

SETTINGS = QualitySettings(320, 240, 300, 64)
FIRST_TICK = 51_000_000_000
"""A whole second of UTC."""
START_US = tick_to_us(FIRST_TICK)
RUN_IN_S = 0.5
"""Sound comes before the first picture."""


@dataclass(frozen=True, slots=True)
class Footage:
    """Packets in the order outputs get them."""

    stream: StreamFormat
    packets: tuple[MediaPacket, ...]


@cache
def footage(seconds: int = 6, *, is_709: bool = False) -> Footage:
    """The test card and its tone from `START_US` on; another matrix makes another configuration."""
    video = VideoEncoder(SETTINGS, ColourMatrix.BT709 if is_709 else ColourMatrix.BT601)
    audio = AudioEncoder(SETTINGS.audio_kbps)
    card, tone, interleaver = TestCard(PictureSize(SETTINGS.width, SETTINGS.height)), Tone(), Interleaver()
    packets: list[MediaPacket] = []
    position = (START_US - int(RUN_IN_S * 1_000_000)) * 48 // 1000
    for tick in range(FIRST_TICK, FIRST_TICK + seconds * 30):
        while position * 1000 // 48 < tick_to_us(tick + 4):
            samples = np.ascontiguousarray(tone.read(position, BLOCK_SAMPLES).samples)
            for packet in audio.encode(samples, position):
                packets += interleaver.put(packet)
            position += BLOCK_SAMPLES
        picture = card.picture_at(tick_to_us(tick))
        assert picture is not None
        for packet in video.encode(picture.frame, tick):
            packets += interleaver.put(packet)
    stream = StreamFormat(
        SETTINGS.width, SETTINGS.height, SETTINGS.video_kbps, SETTINGS.audio_kbps, video.config, audio.config
    )
    return Footage(stream, tuple(packets))


def pictures_in(packets: tuple[MediaPacket, ...] | list[MediaPacket]) -> list[MediaPacket]:
    return [packet for packet in packets if packet.kind is PacketKind.VIDEO]


def sounds_in(packets: tuple[MediaPacket, ...] | list[MediaPacket]) -> list[MediaPacket]:
    return [packet for packet in packets if packet.kind is PacketKind.AUDIO]


@dataclass(frozen=True, slots=True)
class Played:
    """A file, decoded: frames with times in milliseconds from its beginning."""

    pictures: list[av.VideoFrame]
    sounds: list[av.AudioFrame]
    duration_s: float

    @property
    def picture_times_ms(self) -> list[int]:
        return [frame.pts or 0 for frame in self.pictures]

    @property
    def sound_times_ms(self) -> list[int]:
        return [frame.pts or 0 for frame in self.sounds]


def play(path: Path) -> Played:
    """Decode all of a file.

    Raises:
        av.error.FFmpegError: it does not play.
    """
    frames: dict[str, list[av.VideoFrame | av.AudioFrame]] = {"video": [], "audio": []}
    with av.open(str(path)) as container:
        for packet in container.demux():
            for frame in packet.decode():
                assert isinstance(frame, av.VideoFrame | av.AudioFrame) and frame.pts is not None
                assert frame.time_base is not None
                frame.pts = round(frame.pts * frame.time_base * 1000)
                frames[packet.stream.type].append(frame)
        duration_s = (container.duration or 0) / 1_000_000
    pictures = [frame for frame in frames["video"] if isinstance(frame, av.VideoFrame)]
    return Played(pictures, [frame for frame in frames["audio"] if isinstance(frame, av.AudioFrame)], duration_s)


def top_boxes(path: Path) -> list[str]:
    """The types of the file's whole boxes."""
    data, kinds, position = path.read_bytes(), [], 0
    while position + 16 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8].decode("latin-1")
        position += int.from_bytes(data[position + 8 : position + 16], "big") if size == 1 else size
        if position > len(data):
            break
        kinds.append(kind)
    return kinds


def is_ordinary(path: Path) -> bool:
    """Whether players can seek in it: one index, no fragments."""
    return top_boxes(path) == ["ftyp", "mdat", "moov"]
