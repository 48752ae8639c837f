"""Encoded test footage as RTMP publishers send it: FLV tags with milliseconds. Encoded once a shape, kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gshop_studio.rtmp import flv
from gshop_studio.rtmp.avc import AvcConfig
from gshop_studio.rtmp.flv import AudioTag, VideoTag

_START_CODE = re.compile(rb"\x00\x00\x00?\x01")


@dataclass(frozen=True)
class Shape:
    """What to encode."""

    duration_s: float = 4.0
    fps: Fraction = Fraction(30)
    gop: int = 30
    b_frames: int = 0
    width: int = 160
    height: int = 96
    layout: str | None = "stereo"
    sample_rate_hz: int = 48000


@dataclass(frozen=True)
class Tag:
    timestamp_ms: int
    tag: VideoTag | AudioTag


@cache
def encode(shape: Shape = Shape()) -> tuple[Tag, ...]:
    """The tags in the order of their time stamps, configurations first."""
    configs, video = _encode_video(shape)
    audio: list[Tag] = []
    if shape.layout:
        config, audio = _encode_audio(shape, shape.layout)
        configs.append(config)
    return (*configs, *sorted([*video, *audio], key=lambda one: one.timestamp_ms))


def shifted(tags: tuple[Tag, ...], by_ms: int) -> list[Tag]:
    """The same tags later (or earlier)."""
    return [Tag(one.timestamp_ms + by_ms, one.tag) for one in tags]


def _encode_video(shape: Shape) -> tuple[list[Tag], list[Tag]]:
    with av.open("/dev/null", "w", format="null") as container:
        stream = container.add_stream("libx264", rate=shape.fps)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = shape.width, shape.height, "yuv420p"
        stream.codec_context.gop_size = shape.gop
        stream.codec_context.max_b_frames = shape.b_frames
        stream.codec_context.thread_count = 1
        options = {"preset": "ultrafast", "x264-params": f"scenecut=0:bframes={shape.b_frames}:b-adapt=0"}
        stream.codec_context.options = options
        packets = []
        for number in range(round(shape.duration_s * shape.fps)):
            picture = np.full((shape.height * 3 // 2, shape.width), 128, np.uint8)
            picture[: shape.height, number % shape.width :: 16] = 200
            frame = VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = number, 1 / shape.fps
            packets += stream.encode(frame)
        packets += stream.encode(None)
    first_dts = min(packet.dts or 0 for packet in packets)
    tags = []
    parameter_sets: list[bytes] = []
    for packet in packets:
        assert packet.dts is not None and packet.pts is not None and packet.time_base is not None
        nals = _split_annex_b(bytes(packet))
        parameter_sets += [nal for nal in nals if nal[0] & 0x1F in (7, 8)] if not parameter_sets else []
        payload = b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals if nal[0] & 0x1F not in (7, 8))
        dts_ms = round((packet.dts - first_dts) * packet.time_base * 1000)
        pts_ms = round((packet.pts - first_dts) * packet.time_base * 1000)
        body = flv.build_avc_frame(payload, is_keyframe=packet.is_keyframe, composition_ms=pts_ms - dts_ms)
        tags.append(Tag(dts_ms, flv.parse_video(body)))
    sps = tuple(nal for nal in parameter_sets if nal[0] & 0x1F == 7)
    pps = tuple(nal for nal in parameter_sets if nal[0] & 0x1F == 8)
    config = AvcConfig(sps[0][1], sps[0][2], sps[0][3], 4, sps, pps)
    return [Tag(0, flv.parse_video(flv.build_avc_config(config.build())))], tags


def _encode_audio(shape: Shape, layout: str) -> tuple[Tag, list[Tag]]:
    with av.open("/dev/null", "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=shape.sample_rate_hz, layout=layout)
        assert isinstance(stream, AudioStream)
        channels = stream.codec_context.layout.nb_channels
        packets = []
        for start in range(0, round(shape.duration_s * shape.sample_rate_hz), 1024):
            phase = np.arange(start, start + 1024, dtype=np.float32) * (440 * 2 * np.pi / shape.sample_rate_hz)
            samples = np.tile(np.sin(phase).astype(np.float32) * 0.2, (channels, 1))
            frame = AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = shape.sample_rate_hz, start
            packets += stream.encode(frame)
        packets += stream.encode(None)
        extradata = stream.codec_context.extradata
    assert extradata is not None
    first_pts = min(packet.pts or 0 for packet in packets)
    tags = []
    for packet in packets:
        assert packet.pts is not None and packet.time_base is not None
        pts_ms = round((packet.pts - first_pts) * packet.time_base * 1000)
        tags.append(Tag(pts_ms, flv.parse_audio(flv.build_aac_frame(bytes(packet)))))
    return Tag(0, flv.parse_audio(flv.build_aac_config(extradata))), tags


def _split_annex_b(data: bytes) -> list[bytes]:
    return [nal for nal in _START_CODE.split(data) if nal]
