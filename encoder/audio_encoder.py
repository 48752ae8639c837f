"""AAC, 48 kHz stereo, by FFmpeg's own encoder. Lives on the audio loop's thread."""

from __future__ import annotations

from fractions import Fraction

import av
from av.codec.context import Flags

from encoder.clock import sample_to_us
from encoder.errors import EncoderError, reason_of
from encoder.packets import MediaPacket, PacketKind
from encoder.sources.source import Samples
from gshop_studio.domain.quality import AUDIO_SAMPLE_RATE_HZ
from gshop_studio.engine_protocol import Fault

BLOCK_SAMPLES = 1024
"""What an AAC frame holds."""


class AudioEncoder:
    """One encoder for one broadcast."""

    def __init__(self, kbps: int) -> None:
        """Open.

        Raises:
            EncoderError: `encoder.failed`.
        """
        context = av.AudioCodecContext.create("aac", "w")
        context.sample_rate = AUDIO_SAMPLE_RATE_HZ
        context.layout = "stereo"
        context.format = "fltp"
        context.bit_rate = kbps * 1000
        context.time_base = Fraction(1, AUDIO_SAMPLE_RATE_HZ)
        context.flags |= Flags.global_header
        try:
            context.open()
        except (av.error.FFmpegError, ValueError) as error:
            raise EncoderError(Fault("encoder.failed", {"reason": reason_of(error)})) from error
        self._context = context
        self.config = bytes(context.extradata or b"")

    def encode(self, samples: Samples, position: int) -> list[MediaPacket]:
        """Encode one block that starts at `position`. Packets come out two blocks late, with their own time.

        Raises:
            EncoderError: `encoder.failed`.
        """
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate = AUDIO_SAMPLE_RATE_HZ
        frame.pts = position
        frame.time_base = self._context.time_base
        try:
            packets = self._context.encode(frame)
        except (av.error.FFmpegError, ValueError) as error:
            raise EncoderError(Fault("encoder.failed", {"reason": reason_of(error)})) from error
        return [MediaPacket(PacketKind.AUDIO, sample_to_us(packet.pts or 0), True, bytes(packet)) for packet in packets]
