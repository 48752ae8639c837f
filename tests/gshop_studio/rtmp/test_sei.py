"""The capture clock as SEI: built, put into access units, found again, and never a stumbling block."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.rtmp import RtmpError, build_capture_sei, find_capture_us, insert_into
from gshop_studio.rtmp.avc import join_nals, split_nals
from gshop_studio.rtmp.sei import CAPTURE_UUID, escape, unescape

NOW_US = 1_767_225_600_123_456
AUD, SPS, PPS, SLICE, IDR = b"\x09\x10", b"\x67\x64\0\x1f", b"\x68\xeb", b"\x41\x9a", b"\x65\x88\x84"
moments = st.integers(0, (1 << 64) - 1)


def sei(payload_type: int, payload: bytes) -> bytes:
    """One NAL unit with one message."""
    head = b"\xff" * (payload_type // 255) + bytes((payload_type % 255,))
    head += b"\xff" * (len(payload) // 255) + bytes((len(payload) % 255,))
    return b"\x06" + escape(head + payload + b"\x80")


@given(moments)
def test_any_moment_comes_back(capture_us: int) -> None:
    unit = insert_into(join_nals([IDR]), build_capture_sei(capture_us))
    assert find_capture_us(unit, 4) == capture_us
    assert split_nals(unit, 4)[1] == IDR


@pytest.mark.parametrize("capture_us", [0, 1, 0x0000_0100_0000_0300, 0x0000_0003_0000_0001, (1 << 64) - 1])
def test_zeros_in_a_moment_make_no_start_code(capture_us: int) -> None:
    nal = build_capture_sei(capture_us)
    assert b"\0\0\0" not in nal and b"\0\0\1" not in nal and b"\0\0\2" not in nal
    assert find_capture_us(join_nals([nal, IDR]), 4) == capture_us


@given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 0x80, 0xFF]), max_size=64).map(bytes))
def test_emulation_prevention_goes_both_ways(rbsp: bytes) -> None:
    escaped = escape(rbsp)
    assert unescape(escaped) == rbsp
    assert not any(pattern in escaped for pattern in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))


def test_it_stands_before_the_first_slice_and_after_what_must_come_first() -> None:
    other = sei(5, b"x" * 300)
    unit = insert_into(join_nals([AUD, SPS, PPS, other, IDR, IDR]), build_capture_sei(NOW_US))
    assert split_nals(unit, 4) == [AUD, SPS, PPS, other, build_capture_sei(NOW_US), IDR, IDR]
    assert find_capture_us(unit, 4) == NOW_US


def test_other_messages_do_not_confuse_it() -> None:
    ours = CAPTURE_UUID + NOW_US.to_bytes(8, "big")
    both = b"\x06" + escape(b"\x01\x02ab" + b"\x05\x18" + ours + b"\x80")
    assert find_capture_us(join_nals([sei(5, CAPTURE_UUID), sei(6, ours), both, IDR]), 4) == NOW_US
    assert find_capture_us(join_nals([sei(5, CAPTURE_UUID + b"123")]), 4) is None
    assert find_capture_us(join_nals([SLICE, build_capture_sei(NOW_US)]), 4) is None, "before the picture only"
    assert find_capture_us(join_nals([IDR]), 4) is None


def test_shorter_lengths_are_read_too() -> None:
    nals = [build_capture_sei(NOW_US), IDR]
    for size in (1, 2):
        unit = b"".join(len(nal).to_bytes(size, "big") + nal for nal in nals)
        assert find_capture_us(unit, size) == NOW_US


@pytest.mark.parametrize("moment", [-1, 1 << 64])
def test_a_moment_out_of_range_is_refused(moment: int) -> None:
    with pytest.raises(ValueError):
        build_capture_sei(moment)


@pytest.mark.parametrize("unit", [b"\0\0\0\0", b"\0\0\0\x09abc", b"\0\0"])
def test_nothing_is_put_into_a_broken_unit(unit: bytes) -> None:
    with pytest.raises(RtmpError):
        insert_into(unit, build_capture_sei(NOW_US))


@given(st.binary(max_size=80), st.binary(max_size=80), st.sampled_from([1, 2, 4]))
def test_broken_units_are_passed_over(before: bytes, after: bytes, length_size: int) -> None:
    """Case 55."""
    find_capture_us(before + CAPTURE_UUID + after, length_size)
    for cut in range(len(after)):
        find_capture_us(join_nals([build_capture_sei(NOW_US)])[:cut] + CAPTURE_UUID, length_size)


@given(moments, st.data())
def test_one_wrong_byte_is_no_crash(capture_us: int, data: st.DataObject) -> None:
    """Case 55."""
    unit = bytearray(insert_into(join_nals([AUD, IDR]), build_capture_sei(capture_us)))
    index = data.draw(st.integers(0, len(unit) - 1))
    unit[index] = data.draw(st.integers(0, 255))
    found = find_capture_us(bytes(unit), 4)
    assert found is None or 0 <= found < 1 << 64


def test_the_encoders_own_text_does_not_confuse_it_and_decoders_do_not_mind() -> None:
    """x264 puts its options into the first picture, as a message of the same type."""
    encoder = av.VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 160, 96, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 30), Fraction(30)
    encoder.gop_size = 5
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "annexb=0"}
    decoder = av.VideoCodecContext.create("h264", "r")
    encoder.open()
    packets = []
    for tick in range(20):
        frame = av.VideoFrame.from_ndarray(np.full((144, 160), 16 + tick * 8, np.uint8), format="yuv420p")
        frame.pts = tick
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    assert b"x264" in bytes(packets[0]) and find_capture_us(bytes(packets[0]), 4) is None
    decoder.extradata = bytes(encoder.extradata or b"") or None
    pictures = 0
    for tick, packet in enumerate(packets):
        unit = bytes(packet)
        if packet.is_keyframe:
            unit = insert_into(unit, build_capture_sei(NOW_US + tick))
            assert find_capture_us(unit, 4) == NOW_US + tick
        annexb = b"".join(b"\0\0\0\1" + nal for nal in split_nals(unit, 4))
        pictures += len(list(islice(decoder.decode(av.Packet(annexb)), 2)))
    assert pictures + len(decoder.decode(None)) == 20
