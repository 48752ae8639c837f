"""The little of an H.264 sequence parameter set that a server must know: profile, level and the picture's size.

Source: ITU-T H.264, 7.3.2.1.1 (seq_parameter_set_data), 7.4.2.1.1 (cropping), 7.4.1.1 (emulation prevention).
"""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.rtmp.bits import BitReader
from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode

_NAL_SPS = 7
_MAX_SPS_BYTES = 1024
_MAX_SIDE_PX = 8192
_PROFILES_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})


@dataclass(frozen=True, slots=True)
class SequenceParameterSet:
    """What a set says.

    Attributes:
        width: In pixels, cropping applied; `height` too.
        chroma_format: 0 is monochrome, 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4.
        luma_bits: A sample.
        chroma_bits: A sample.
    """

    profile: int
    compatibility: int
    level: int
    width: int
    height: int
    chroma_format: int = 1
    luma_bits: int = 8
    chroma_bits: int = 8

    @classmethod
    def parse(cls, nal: bytes) -> SequenceParameterSet:
        """Read one SPS NAL unit, its header byte included.

        Raises:
            RtmpError: `bad_video`.
        """
        if not 4 <= len(nal) <= _MAX_SPS_BYTES or nal[0] & 0x1F != _NAL_SPS:
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "not a sequence parameter set")
        try:
            bits = BitReader(_unescape(nal[4:]))
            bits.unsigned()  # seq_parameter_set_id
            chroma = _chroma(bits) if nal[1] in _PROFILES_WITH_CHROMA else _Chroma()
            width, height = _size(bits, chroma)
        except (EOFError, ValueError):
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "broken sequence parameter set") from None
        if not (0 < width <= _MAX_SIDE_PX and 0 < height <= _MAX_SIDE_PX):
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "absurd picture size")
        return cls(nal[1], nal[2], nal[3], width, height, chroma.format, chroma.luma_bits, chroma.chroma_bits)


@dataclass(frozen=True, slots=True)
class _Chroma:
    format: int = 1
    luma_bits: int = 8
    chroma_bits: int = 8


def _unescape(payload: bytes) -> bytes:
    """Without emulation prevention bytes. A 3 after two zeros is always one: the pattern is legal nowhere else."""
    return payload.replace(b"\x00\x00\x03", b"\x00\x00")


def _chroma(bits: BitReader) -> _Chroma:
    chroma_format = bits.unsigned()
    if chroma_format == 3:
        bits.bits(1)  # separate_colour_plane_flag
    luma_bits = 8 + bits.unsigned()
    chroma_bits = 8 + bits.unsigned()
    if chroma_format > 3 or luma_bits > 14 or chroma_bits > 14:
        raise ValueError("chroma format or bit depth")
    bits.bits(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.bits(1):
        for index in range(12 if chroma_format == 3 else 8):
            if bits.bits(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return _Chroma(chroma_format, luma_bits, chroma_bits)


def _size(bits: BitReader, chroma: _Chroma) -> tuple[int, int]:
    bits.unsigned()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.unsigned()  # max_num_ref_frames
    bits.bits(1)  # gaps_in_frame_num_value_allowed_flag
    width_mbs = bits.unsigned() + 1
    height_units = bits.unsigned() + 1
    is_frame_only = bits.bits(1)
    if not is_frame_only:
        bits.bits(1)  # mb_adaptive_frame_field_flag
    bits.bits(1)  # direct_8x8_inference_flag
    left = right = top = bottom = 0
    if bits.bits(1):
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
    unit_x = 2 if chroma.format in (1, 2) else 1
    unit_y = (2 if chroma.format == 1 else 1) * (2 - is_frame_only)
    width = width_mbs * 16 - (left + right) * unit_x
    height = height_units * 16 * (2 - is_frame_only) - (top + bottom) * unit_y
    return width, height


def _skip_picture_order(bits: BitReader) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.bits(1)  # delta_pic_order_always_zero_flag
        bits.signed()  # offset_for_non_ref_pic
        bits.signed()  # offset_for_top_to_bottom_field
        frames = bits.unsigned()
        if frames > 255:
            raise ValueError("num_ref_frames_in_pic_order_cnt_cycle")
        for _ in range(frames):
            bits.signed()
    elif kind > 2:
        raise ValueError("pic_order_cnt_type")


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last
