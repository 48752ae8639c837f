"""Opens libav's H.264 encoders for live use: low latency, no B-frames, constant bit rate, keyframes on demand.

What each one calls these things differs; `_PRIVATE_OPTIONS` says it. Source: FFmpeg's documentation of codecs.
"""

from __future__ import annotations

import os
from fractions import Fraction

import av
from av.codec.context import Flags
from av.codec.hwaccel import HWAccel
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from encoder.encoders.encoder_settings import SOFTWARE_ENCODER, Effort, EncoderSettings
from encoder.errors import EncoderError, reason_of
from encoder.picture import PIXEL_FORMAT
from encoder.sources.source import ColourMatrix
from gshop_studio.domain.quality import FRAMES_PER_SECOND, KEYFRAME_INTERVAL_S
from gshop_studio.engine_protocol import Fault

GROUP_TICKS = FRAMES_PER_SECOND * KEYFRAME_INTERVAL_S
BUFFER_S = 0.5
"""So much of the full rate's media an encoder may save up and spend at once. libav lets nobody shrink that on air: with
a whole second of it, x264 goes on at nearly the old rate for a second after the rate was lowered."""
_SMALL_HEIGHT = 480
_LARGE_HEIGHT = 1080
_SECOND_PIXEL_FORMAT = "nv12"

_X264_PRESETS = {
    # The options after the preset keep SPS and PPS the same over all efforts: players need no new configuration.
    Effort.NORMAL: ("veryfast", ""),
    Effort.CHEAPER: ("superfast", ""),
    Effort.CHEAPEST: ("ultrafast", ":cabac=1:8x8dct=1:weightp=1"),
}
_PRIVATE_OPTIONS: dict[str, dict[str, str]] = {
    "h264_nvenc": {
        "preset": "p4",
        "tune": "ull",
        "rc": "cbr",
        "zerolatency": "1",
        "delay": "0",
        "forced-idr": "1",
        "no-scenecut": "1",
        "profile": "high",
    },
    "h264_qsv": {
        "preset": "veryfast",
        "async_depth": "1",
        "forced_idr": "1",
        "look_ahead": "0",
        "profile": "high",
    },
    "h264_amf": {
        "usage": "lowlatency",
        "quality": "speed",
        "rc": "cbr",
        "forced_idr": "1",
        "profile": "high",
    },
    "h264_videotoolbox": {"realtime": "1", "allow_sw": "0", "profile": "high"},
    "h264_vaapi": {"rc_mode": "CBR", "async_depth": "1", "profile": "high", "sei": "0"},
    "h264_mf": {"rate_control": "cbr", "scenario": "live_streaming", "hw_encoding": "1"},
}
_UPLOADING = {"h264_vaapi": "vaapi"}
"""Those that take pictures only in the hardware's memory: libav uploads them."""


def open_context(encoder_id: str, settings: EncoderSettings) -> av.VideoCodecContext:
    """An open encoder. Takes milliseconds for x264; a driver may take long, or hang.

    Raises:
        EncoderError: `encoder.failed`.
    """
    try:
        context = _configured(encoder_id, settings)
        context.open()
    except (av.error.FFmpegError, ValueError, NotImplementedError, RuntimeError) as error:
        raise EncoderError(Fault("encoder.failed", {"reason": reason_of(error)})) from error
    return context


def options_of(encoder_id: str, settings: EncoderSettings) -> dict[str, str]:
    """The encoder's options, as libav names them."""
    buffered = round(settings.video_kbps * BUFFER_S)
    options = {"maxrate": f"{settings.video_kbps}k", "bufsize": f"{buffered}k"}
    if encoder_id != SOFTWARE_ENCODER:
        return options | _PRIVATE_OPTIONS.get(encoder_id, {})
    preset, parameters = _X264_PRESETS[settings.effort]
    return options | {
        "preset": preset,
        "tune": "zerolatency",
        "sc_threshold": "0",
        "forced-idr": "1",
        "threads": str(_thread_count(min(settings.width, settings.height))),
        "x264-params": f"annexb=0{parameters}",  # length prefixes, as FLV and MP4 want them
    }


def _configured(encoder_id: str, settings: EncoderSettings) -> av.VideoCodecContext:
    device = _UPLOADING.get(encoder_id)
    hardware = HWAccel(device_type=device) if device else None
    context = av.CodecContext.create(encoder_id, "w", hwaccel=hardware)
    if not isinstance(context, av.VideoCodecContext):
        raise ValueError("not a video encoder")
    formats = [one.name for one in context.codec.video_formats or ()]
    context.pix_fmt = PIXEL_FORMAT if PIXEL_FORMAT in formats or hardware else _SECOND_PIXEL_FORMAT
    context.width, context.height = settings.width, settings.height
    context.time_base = Fraction(1, FRAMES_PER_SECOND)
    context.framerate = Fraction(FRAMES_PER_SECOND)
    context.bit_rate = settings.video_kbps * 1000
    context.gop_size = GROUP_TICKS
    context.max_b_frames = 0
    context.color_range = ColorRange.MPEG
    is_709 = settings.matrix is ColourMatrix.BT709
    context.colorspace = Colorspace.ITU709 if is_709 else Colorspace.SMPTE170M
    context.color_primaries = ColorPrimaries.BT709 if is_709 else ColorPrimaries.SMPTE170M
    context.color_trc = ColorTrc.BT709 if is_709 else ColorTrc.SMPTE170M
    context.flags |= Flags.global_header
    context.options = options_of(encoder_id, settings)
    return context


def _thread_count(shorter_side: int) -> int:
    """Slices cost bits and CPU, so only as many as the picture needs to be done in time."""
    if shorter_side <= _SMALL_HEIGHT:
        return 1
    return 2 if shorter_side < _LARGE_HEIGHT else max(2, min(4, os.cpu_count() or 2))
