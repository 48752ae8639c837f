"""AAC's configuration."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gshop_studio.rtmp.aac import AacConfig
from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode


def test_the_usual_configuration() -> None:
    config = AacConfig.parse(b"\x11\x90")
    assert config == AacConfig(object_type=2, sample_rate_hz=48000, channels=2)
    assert config.codec_string == "mp4a.40.2"
    assert config.build() == b"\x11\x90"


def test_what_ffmpeg_appends_is_passed_over() -> None:
    assert AacConfig.parse(b"\x11\x90\x56\xe5\x00") == AacConfig(2, 48000, 2)
    assert AacConfig.parse(b"\x12\x08\x56\xe5\x00") == AacConfig(2, 44100, 1)


def test_he_aac_signalled_explicitly() -> None:
    config = AacConfig.parse(AacConfig(5, 24000, 2, extension_rate_hz=48000).build())
    assert config == AacConfig(5, 24000, 2, 48000) and config.codec_string == "mp4a.40.5"


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("rate_hz", [7350, 8000, 44100, 48000, 96000, 12345])
@pytest.mark.parametrize("object_type", [1, 2, 29, 39])
def test_there_and_back(object_type: int, rate_hz: int, channels: int) -> None:
    extension = rate_hz if object_type == 29 else 0
    config = AacConfig(object_type, rate_hz, channels, extension)
    assert AacConfig.parse(config.build()) == config


@pytest.mark.parametrize(
    "asc",
    [
        b"",
        b"\x11",
        b"\x01\x90",
        b"\x16\x90",
        b"\x11\x80",
        b"\x17\x80\0",
        b"\x17\x80\0\0\0",
        b"\xf8",
        bytes(65),
        b"\xff" * 9,
    ],
)
def test_bad_configurations(asc: bytes) -> None:
    """case 55: cut short, type 0, unknown rate, no channels, absurd rate, too long"""
    with pytest.raises(RtmpError) as caught:
        AacConfig.parse(asc)
    assert caught.value.code is RtmpErrorCode.BAD_AUDIO


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=8))
def test_any_bytes_are_a_configuration_or_an_rtmp_error(asc: bytes) -> None:
    """case 55"""
    with contextlib.suppress(RtmpError):
        config = AacConfig.parse(asc)
        assert 0 < config.sample_rate_hz <= 192_000 and 1 <= config.channels <= 8
