"""What a test publish sends: a second of the test card at a rate above that of 1080p, filled up, and silence.

Made before anything is sent, so that sending it takes no processor: what is measured is the uplink.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.codec.context import Flags

from encoder.audio_encoder import BLOCK_SAMPLES, AudioEncoder
from encoder.clock import US_PER_S
from encoder.errors import EncoderError, reason_of
from encoder.packets import MediaPacket, PacketKind, StreamFormat
from encoder.picture import PIXEL_FORMAT, PictureSize
from encoder.sources.test_card import TestCard
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ, FRAMES_PER_SECOND, QUALITY_TABLE, Quality
from gshop_studio.engine_protocol import Fault

TEST_VIDEO_KBPS = 8000
"""What 1080p needs is 70 % of 6.7 Mb/s."""


@dataclass(frozen=True, slots=True)
class TestSignal:
    """Packets of one second, their times counted from zero; sent again and again with later times."""

    __test__ = False  # not a test, whatever its name

    stream: StreamFormat
    packets: tuple[MediaPacket, ...]

    @property
    def kbps(self) -> float:
        """What it is sent with, without the protocol's own bytes."""
        return sum(len(packet.payload) for packet in self.packets) * 8 / 1000


def make_test_signal() -> TestSignal:
    """Encode it. Blocks for about 0.1 s.

    Raises:
        EncoderError: `encoder.failed`.
    """
    settings = QUALITY_TABLE[Quality.P360]
    video = _open_filled(settings.width, settings.height)
    card = TestCard(PictureSize(settings.width, settings.height))
    packets: list[MediaPacket] = []
    config = bytes(video.extradata or b"")
    try:
        for tick in range(FRAMES_PER_SECOND):
            picture = card.picture_at(US_PER_S + tick * US_PER_S // FRAMES_PER_SECOND)
            assert picture is not None  # the card always has one
            frame = av.VideoFrame.from_ndarray(picture.frame.to_ndarray(), format=PIXEL_FORMAT)
            frame.pts, frame.time_base = tick, video.time_base
            for packet in video.encode(frame):
                at_us = tick * US_PER_S // FRAMES_PER_SECOND
                is_key = packet.is_keyframe
                packets.append(MediaPacket(PacketKind.VIDEO, at_us, is_key, bytes(packet), config if is_key else b""))
    except (av.error.FFmpegError, ValueError) as error:
        raise EncoderError(Fault("encoder.failed", {"reason": reason_of(error)})) from error
    audio = AudioEncoder(settings.audio_kbps)
    silence = np.zeros((2, BLOCK_SAMPLES), np.float32)
    for position in range(0, AUDIO_SAMPLE_RATE_HZ, BLOCK_SAMPLES):
        for sound in audio.encode(silence, position):
            packets.append(MediaPacket(PacketKind.AUDIO, max(0, sound.at_us), True, sound.payload))
    packets.sort(key=lambda packet: packet.at_us)
    stream = StreamFormat(settings.width, settings.height, TEST_VIDEO_KBPS, settings.audio_kbps, config, audio.config)
    return TestSignal(stream, tuple(packets))


def _open_filled(width: int, height: int) -> av.VideoCodecContext:
    """x264 with a constant rate that filler makes up for: an easy picture takes as much as a hard one."""
    rate = f"{TEST_VIDEO_KBPS}k"
    context = av.VideoCodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = width, height, PIXEL_FORMAT
    context.time_base, context.framerate = Fraction(1, FRAMES_PER_SECOND), Fraction(FRAMES_PER_SECOND)
    context.bit_rate, context.gop_size = TEST_VIDEO_KBPS * 1000, FRAMES_PER_SECOND
    context.flags |= Flags.global_header
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "maxrate": rate,
        "minrate": rate,
        "bufsize": f"{TEST_VIDEO_KBPS // 10}k",  # full at once, so that the filler begins at once
        "x264-params": "annexb=0:nal-hrd=cbr:filler=1",
    }
    try:
        context.open()
    except (av.error.FFmpegError, ValueError) as error:
        raise EncoderError(Fault("encoder.failed", {"reason": reason_of(error)})) from error
    return context
