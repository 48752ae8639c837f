"""H.264's configuration and NAL units, with what a real encoder gives."""

from __future__ import annotations

import contextlib
import os

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gshop_studio.rtmp.avc import AvcConfig, join_nals, split_annexb, split_nals
from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode
from gshop_studio.rtmp.sps import SequenceParameterSet


def extradata(width: int, height: int, pixels: str = "yuv420p", profile: str = "", **options: str) -> bytes:
    """What x264 says about itself, as Annex B."""
    with av.open(os.devnull, "w", format="flv") as out:
        stream = out.add_stream("libx264", rate=30, options=options | ({"profile": profile} if profile else {}))
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        out.start_encoding()
        found = stream.codec_context.extradata
    assert found is not None
    return found


CONFIG = AvcConfig.from_annexb(extradata(1280, 720, profile="high"))


@pytest.mark.parametrize(
    ("width", "height", "pixels", "profile", "profile_idc"),
    [
        (640, 360, "yuv420p", "baseline", 66),
        (854, 480, "yuv420p", "main", 77),
        (1280, 720, "yuv420p", "high", 100),
        (1920, 1080, "yuv420p", "high", 100),
        (608, 1080, "yuv420p", "high", 100),
        (322, 182, "yuv422p10le", "high422", 122),
        (321, 181, "yuv444p", "high444", 244),
    ],
)
def test_real_configurations(width: int, height: int, pixels: str, profile: str, profile_idc: int) -> None:
    config = AvcConfig.from_annexb(extradata(width, height, pixels, profile))
    assert AvcConfig.parse(config.build()) == config
    assert (config.profile, config.width, config.height) == (profile_idc, width, height)
    assert config.nal_length_size == 4


def test_interlaced_pictures_are_twice_as_high_as_their_map() -> None:
    config = AvcConfig.from_annexb(extradata(1920, 1080, flags="+ildct", x264opts="tff=1"))
    assert (config.width, config.height) == (1920, 1080)


def test_the_codec_string() -> None:
    assert CONFIG.codec_string == "avc1.64001f"
    assert (CONFIG.profile, CONFIG.compatibility, CONFIG.level) == (100, 0, 31)


def test_a_records_extension_is_kept() -> None:
    record = CONFIG.build()
    assert record.endswith(b"\xfd\xf8\xf8\x00")
    assert AvcConfig.parse(record).build() == record


def test_every_truncation_is_refused() -> None:
    """case 55"""
    record = CONFIG.build()
    for length in range(len(record) - len(CONFIG.extension)):
        with pytest.raises(RtmpError) as caught:
            AvcConfig.parse(record[:length])
        assert caught.value.code is RtmpErrorCode.BAD_VIDEO


@pytest.mark.parametrize(
    "record",
    [
        b"\0" + CONFIG.build()[1:],
        CONFIG.build()[:4] + b"\xfe" + CONFIG.build()[5:],
        b"\1d\0\x1f\xff\xe0\0",
        b"\1d\0\x1f\xff\xe1\0\0\1\0\1h",
        b"\1d\0\x1f\xff\xe1\0\4gd\0\x1f\1\0\1h",
        AvcConfig(100, 0, 31, 4, CONFIG.sps, ()).build(),
        AvcConfig(100, 0, 31, 4, CONFIG.sps, CONFIG.sps).build(),
        AvcConfig(100, 0, 31, 4, CONFIG.pps, CONFIG.pps).build(),
        CONFIG.build() + bytes(20_000),
    ],
)
def test_bad_configurations(record: bytes) -> None:
    """case 55: version, NAL length of 3, none, empty, cut short, wrong kinds, absurdly long"""
    with pytest.raises(RtmpError):
        AvcConfig.parse(record)


def test_absurd_sizes_are_refused() -> None:
    """case 55"""
    # Baseline, everything minimal, 2**15 macroblocks wide
    bits = "1" + "1" + "1" + "1" + "1" + "0" + "0" * 15 + "1" + "0" * 15 + "1" + "1" + "0" + "0"
    bits += "0" * (-len(bits) % 8)
    nal = b"\x67\x42\x00\x1f" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    with pytest.raises(RtmpError):
        SequenceParameterSet.parse(nal)


def test_picture_order_of_type_1_is_read_over() -> None:
    # Baseline, two reference frames in the cycle, 2 x 1 macroblocks
    bits = "1" + "1" + "010" + "0" + "010" + "1" + "011" + "010" + "1" + "1" + "0" + "010" + "1" + "1" + "1" + "0" + "1"
    bits += "0" * (-len(bits) % 8)
    parsed = SequenceParameterSet.parse(b"\x67\x42\x00\x1f" + int(bits, 2).to_bytes(len(bits) // 8, "big"))
    assert (parsed.width, parsed.height) == (32, 16)


def test_an_endless_code_is_refused() -> None:
    """case 55"""
    with pytest.raises(RtmpError):
        SequenceParameterSet.parse(b"\x67\x42\x00\x1f" + bytes(60))


def test_annexb_of_either_start_code() -> None:
    assert split_annexb(b"\0\0\0\1ab\0\0\1c\0\0\0\1d\0") == [b"ab", b"c", b"d"]
    assert split_annexb(b"") == split_annexb(b"no start code") == []
    with pytest.raises(RtmpError):
        AvcConfig.from_annexb(b"\0\0\1\x67")


def test_nals_there_and_back() -> None:
    assert join_nals([b"abc", b"d"]) == b"\0\0\0\3abc\0\0\0\1d"
    assert split_nals(join_nals([b"abc", b"d"]), 4) == [b"abc", b"d"]
    assert split_nals(b"\0\1a\0\2bc", 2) == [b"a", b"bc"]
    assert split_nals(b"", 4) == []


@pytest.mark.parametrize("payload", [b"\0\0\0\0", b"\0\0\0\1a\0\0\0\0", b"\0\0\0\2a", b"\0\0", b"\xff\xff\xff\xffa"])
def test_bad_nals(payload: bytes) -> None:
    """case 55: zero length, too long, cut short"""
    with pytest.raises(RtmpError):
        split_nals(payload, 4)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_mutated_configurations_are_read_or_refused(data: st.DataObject) -> None:
    """case 55"""
    record = bytearray(CONFIG.build())
    for position in data.draw(st.lists(st.integers(0, len(record) - 1), max_size=6)):
        record[position] = data.draw(st.integers(0, 255))
    with contextlib.suppress(RtmpError):
        config = AvcConfig.parse(bytes(record))
        assert 0 < config.width <= 8192 and 0 < config.height <= 8192
    with contextlib.suppress(RtmpError):
        SequenceParameterSet.parse(b"\x67" + data.draw(st.binary(max_size=60)))
