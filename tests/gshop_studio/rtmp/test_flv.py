"""FLV tags there and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gshop_studio.rtmp.errors import RtmpError
from gshop_studio.rtmp.flv import (
    AudioCodec,
    AudioTag,
    FrameType,
    PacketType,
    VideoCodec,
    VideoTag,
    build_aac_config,
    build_aac_frame,
    build_avc_config,
    build_avc_frame,
    is_video_info,
    parse_audio,
    parse_video,
)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=50), st.booleans(), st.integers(-(2**23), 2**23 - 1))
def test_video_frames(payload: bytes, is_keyframe: bool, composition_ms: int) -> None:
    tag = parse_video(build_avc_frame(payload, is_keyframe=is_keyframe, composition_ms=composition_ms))
    frame_type = FrameType.KEY if is_keyframe else FrameType.INTER
    assert tag == VideoTag(frame_type, VideoCodec.AVC, PacketType.FRAME, composition_ms, payload)
    assert tag.is_keyframe is is_keyframe and not tag.is_config


def test_configurations() -> None:
    video = parse_video(build_avc_config(b"avcc"))
    assert video.is_config and not video.is_keyframe and video.payload == b"avcc"
    audio = parse_audio(build_aac_config(b"asc"))
    assert audio == AudioTag(AudioCodec.AAC, PacketType.CONFIG, b"asc") and audio.is_config
    assert not parse_audio(build_aac_frame(b"x")).is_config


def test_the_bytes_are_those_of_the_specification() -> None:
    assert build_avc_frame(b"x", is_keyframe=True, composition_ms=-1) == b"\x17\x01\xff\xff\xffx"
    assert build_avc_frame(b"x", is_keyframe=False, composition_ms=66) == b"\x27\x01\x00\x00\x42x"
    assert build_avc_config(b"c") == b"\x17\x00\x00\x00\x00c"
    assert build_aac_config(b"c") == b"\xaf\x00c"
    assert build_aac_frame(b"x") == b"\xaf\x01x"


@pytest.mark.parametrize("composition_ms", [2**23, -(2**23) - 1])
def test_a_composition_time_that_does_not_fit(composition_ms: int) -> None:
    with pytest.raises(ValueError):
        build_avc_frame(b"", is_keyframe=True, composition_ms=composition_ms)


def test_info_frames_are_told_apart() -> None:
    assert is_video_info(b"\x57\x00")
    assert not is_video_info(b"") and not is_video_info(b"\x17") and not is_video_info(b"\xd0")


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=8))
def test_any_bytes_are_a_tag_or_an_rtmp_error(body: bytes) -> None:
    """case 55"""
    for parse in (parse_video, parse_audio):
        try:
            parse(body)
        except RtmpError as error:
            assert str(error)  # noqa: PT017
