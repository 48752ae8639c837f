"""H.264 by x264: veryfast, zero latency, constant bit rate, a keyframe a second. Lives on the video loop's thread."""

from __future__ import annotations

import os
from fractions import Fraction

import av
from av.codec.context import Flags
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from encoder.clock import tick_to_us
from encoder.errors import EncoderError, reason_of
from encoder.packets import MediaPacket, PacketKind
from encoder.picture import PIXEL_FORMAT
from encoder.sources.source import ColourMatrix
from gshop_studio.domain.quality import FRAMES_PER_SECOND, KEYFRAME_INTERVAL_S, QualitySettings
from gshop_studio.engine_protocol import Fault

_SMALL_HEIGHT = 480
_LARGE_HEIGHT = 1080


class VideoEncoder:
    """One encoder for one broadcast. It never pauses while the broadcast lasts."""

    def __init__(self, settings: QualitySettings, matrix: ColourMatrix) -> None:
        """Open.

        Raises:
            EncoderError: `encoder.failed`.
        """
        rate = f"{settings.video_kbps}k"
        context = av.VideoCodecContext.create("libx264", "w")
        context.width, context.height = settings.width, settings.height
        context.pix_fmt = PIXEL_FORMAT
        context.time_base = Fraction(1, FRAMES_PER_SECOND)
        context.framerate = Fraction(FRAMES_PER_SECOND)
        context.bit_rate = settings.video_kbps * 1000
        context.gop_size = FRAMES_PER_SECOND * KEYFRAME_INTERVAL_S
        context.color_range = ColorRange.MPEG
        is_709 = matrix is ColourMatrix.BT709
        context.colorspace = Colorspace.ITU709 if is_709 else Colorspace.SMPTE170M
        context.color_primaries = ColorPrimaries.BT709 if is_709 else ColorPrimaries.SMPTE170M
        context.color_trc = ColorTrc.BT709 if is_709 else ColorTrc.SMPTE170M
        context.flags |= Flags.global_header
        context.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "maxrate": rate,
            "bufsize": rate,
            "sc_threshold": "0",
            "forced-idr": "1",
            "threads": str(_thread_count(settings.height)),
            "x264-params": "annexb=0",  # length prefixes, as FLV and MP4 want them
        }
        try:
            context.open()
        except (av.error.FFmpegError, ValueError) as error:
            raise EncoderError(Fault("encoder.failed", {"reason": reason_of(error)})) from error
        self._context = context
        self._wants_keyframe = False
        self._last_tick = -1
        self.config = bytes(context.extradata or b"")
        if self.config[:1] != b"\x01":
            raise EncoderError(Fault("encoder.failed", {"reason": "no AVC configuration"}))

    def request_keyframe(self) -> None:
        """Make the next picture a keyframe. From any thread."""
        self._wants_keyframe = True

    def encode(self, frame: av.VideoFrame, tick: int) -> list[MediaPacket]:
        """Encode the picture of a tick.

        Raises:
            EncoderError: `encoder.failed`.
        """
        frame.pts = tick
        frame.time_base = self._context.time_base
        # A decoded frame says what it was in its file; left so, each of its keyframes would become one of ours.
        frame.pict_type = PictureType.I if self._wants_keyframe else PictureType.NONE
        self._wants_keyframe = False
        try:
            packets = self._context.encode(frame)
        except (av.error.FFmpegError, ValueError) as error:
            raise EncoderError(Fault("encoder.failed", {"reason": reason_of(error)})) from error
        return [
            MediaPacket(PacketKind.VIDEO, tick_to_us(packet.pts or 0), packet.is_keyframe, bytes(packet))
            for packet in packets
        ]


def _thread_count(height: int) -> int:
    """Slices cost bits and CPU, so only as many as the picture needs to be done in time."""
    if height <= _SMALL_HEIGHT:
        return 1
    return 2 if height < _LARGE_HEIGHT else max(2, min(4, os.cpu_count() or 2))
