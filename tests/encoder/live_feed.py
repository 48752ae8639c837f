"""Encoded media in real time without an encoder: one group of pictures of x264's, sent again and again.

Each group begins with a keyframe and decodes by itself. Filler data brings the pictures to the wanted bit rate; the
sound is blocks that carry their number, so that a test can tell whether each of them arrived.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from functools import cache

import av
import numpy as np

from encoder.clock import Clock, first_tick_from, sample_to_us, tick_to_us, us_to_sample
from encoder.packets import MediaPacket, PacketKind, StreamFormat
from gshop_studio.rtmp.avc import join_nals

_GOP = 30
_KEYFRAME_WEIGHT = 4
_AAC_SAMPLES = 1024
_AUDIO_CONFIG = b"\x11\x90"  # AAC-LC, 48 kHz, stereo
_LEAST_FILLER_BYTES = 8


@cache
def group_of_pictures(width: int = 320, height: int = 192) -> tuple[bytes, tuple[bytes, ...]]:
    """The AVCDecoderConfigurationRecord and the access units."""
    encoder = av.VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 30), Fraction(30)
    encoder.gop_size = _GOP
    encoder.flags |= av.codec.context.Flags.global_header
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "annexb=0"}
    encoder.open()
    packets = []
    for tick in range(_GOP):
        frame = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), 60 + tick, np.uint8), format="yuv420p")
        frame.pts = tick
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    assert len(packets) == _GOP and packets[0].is_keyframe
    return bytes(encoder.extradata or b""), tuple(bytes(packet) for packet in packets)


class LiveFeed:
    """Offers packets as they fall due.

    Attributes:
        video_kbps: May be changed at any time.
        sounds: How many blocks of sound were offered; they are numbered from 0.
        pictures: How many pictures were offered.
    """

    def __init__(
        self, clock: Clock, offer: Callable[[MediaPacket], None], video_kbps: float = 600, audio_kbps: float = 64
    ) -> None:
        self._clock = clock
        self._offer = offer
        self.config, self._units = group_of_pictures()
        self.video_kbps = video_kbps
        self._audio_kbps = audio_kbps
        self._in_group = 0
        self._wants_keyframe = False
        self.sounds = 0
        self.pictures = 0

    @property
    def stream(self) -> StreamFormat:
        """As an output wants to know it."""
        return StreamFormat(320, 192, round(self.video_kbps), round(self._audio_kbps), self.config, _AUDIO_CONFIG)

    def request_keyframe(self) -> None:
        self._wants_keyframe = True

    async def run(self) -> None:
        """Until cancelled."""
        tick = first_tick_from(self._clock.now_us())
        position = us_to_sample(tick_to_us(tick))
        while True:
            await asyncio.sleep(max(0.0, (tick_to_us(tick) - self._clock.now_us()) / 1e6))
            self._offer(self._picture(tick))
            while sample_to_us(position) <= tick_to_us(tick):
                self._offer(self._sound(position))
                position += _AAC_SAMPLES
            tick += 1

    def _picture(self, tick: int) -> MediaPacket:
        if self._in_group == _GOP or self._wants_keyframe:
            self._in_group, self._wants_keyframe = 0, False
        is_keyframe = self._in_group == 0
        unit = self._units[self._in_group]
        self._in_group += 1
        self.pictures += 1
        share = self.video_kbps * 125 / (_GOP - 1 + _KEYFRAME_WEIGHT)
        missing = round(share * (_KEYFRAME_WEIGHT if is_keyframe else 1)) - len(unit)
        if missing > _LEAST_FILLER_BYTES:
            unit += join_nals([b"\x0c" + b"\xff" * (missing - 6) + b"\x80"])
        config = self.config if is_keyframe else b""
        return MediaPacket(PacketKind.VIDEO, tick_to_us(tick), is_keyframe, unit, config)

    def _sound(self, position: int) -> MediaPacket:
        size = round(self._audio_kbps * 125 * _AAC_SAMPLES / 48000)
        payload = self.sounds.to_bytes(4, "big") + bytes(max(0, size - 4))
        self.sounds += 1
        return MediaPacket(PacketKind.AUDIO, sample_to_us(position), True, payload)


def sound_number(payload: bytes) -> int:
    """Which block of sound it is."""
    return int.from_bytes(payload[:4], "big")


@asynccontextmanager
async def running(feed: LiveFeed) -> AsyncIterator[LiveFeed]:
    """The feed's task; ended with the block."""
    task = asyncio.create_task(feed.run())
    try:
        yield feed
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
