"""H.264 as RTMP and MP4 carry it: the AVCDecoderConfigurationRecord and length-prefixed NAL units.

Encoders tend to give Annex B instead (start codes between the units); what converts it is here too.
Source: ISO/IEC 14496-15, 5.2.4.1; ITU-T H.264, annex B.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode
from gshop_studio.rtmp.sps import SequenceParameterSet

_MAX_RECORD_BYTES = 16 * 1024
_NAL_SPS, _NAL_PPS = 7, 8
_NAL_LENGTH_SIZE = 4
_PROFILES_WITH_EXTENSION = frozenset({100, 110, 122, 144})
_START_CODE = re.compile(rb"\x00\x00\x01")


@dataclass(frozen=True, slots=True)
class AvcConfig:
    """A decoder's configuration.

    Attributes:
        profile: `profile_idc`, such as 100 for High.
        compatibility: The constraint flags' byte.
        level: `level_idc`, such as 31 for 3.1.
        nal_length_size: Bytes of the length before each NAL unit: 1, 2 or 4.
        extension: What follows the parameter sets (chroma and bit depth of the High profiles), kept as it came.
    """

    profile: int
    compatibility: int
    level: int
    nal_length_size: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    extension: bytes = b""

    @classmethod
    def parse(cls, record: bytes) -> AvcConfig:
        """Read and check a record: at least one SPS (that makes sense) and one PPS.

        Raises:
            RtmpError: `bad_video`.
        """
        if not 7 <= len(record) <= _MAX_RECORD_BYTES or record[0] != 1:
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "not an AVC configuration")
        nal_length_size = (record[4] & 3) + 1
        if nal_length_size == 3:
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "NAL length of 3 bytes")
        sps, position = _parameter_sets(record, 6, record[5] & 0x1F)
        if position >= len(record):
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "AVC configuration cut short")
        pps, position = _parameter_sets(record, position + 1, record[position])
        if not sps or not pps:
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "AVC configuration without parameter sets")
        for nal in sps:
            SequenceParameterSet.parse(nal)
        if any(nal[0] & 0x1F != _NAL_PPS for nal in pps):
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "not a picture parameter set")
        return cls(record[1], record[2], record[3], nal_length_size, sps, pps, record[position:])

    @classmethod
    def from_annexb(cls, extradata: bytes) -> AvcConfig:
        """The configuration of an encoder that gives its parameter sets as Annex B; NAL lengths will be of 4 bytes.

        Raises:
            RtmpError: `bad_video`, if an SPS or a PPS is absent or broken.
        """
        nals = split_annexb(extradata)
        sps = tuple(nal for nal in nals if nal[0] & 0x1F == _NAL_SPS)
        pps = tuple(nal for nal in nals if nal[0] & 0x1F == _NAL_PPS)
        if not sps or not pps:
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "no parameter sets")
        parsed = SequenceParameterSet.parse(sps[0])
        extension = b""
        if parsed.profile in _PROFILES_WITH_EXTENSION:
            extension = bytes(
                (0xFC | parsed.chroma_format, 0xF8 | parsed.luma_bits - 8, 0xF8 | parsed.chroma_bits - 8, 0)
            )
        return cls(parsed.profile, parsed.compatibility, parsed.level, _NAL_LENGTH_SIZE, sps, pps, extension)

    def build(self) -> bytes:
        """The record's bytes."""
        parts = [
            bytes((1, self.profile, self.compatibility, self.level, 0xFC | self.nal_length_size - 1)),
            bytes((0xE0 | len(self.sps),)),
            *(len(nal).to_bytes(2, "big") + nal for nal in self.sps),
            bytes((len(self.pps),)),
            *(len(nal).to_bytes(2, "big") + nal for nal in self.pps),
            self.extension,
        ]
        return b"".join(parts)

    @property
    def codec_string(self) -> str:
        """As in RFC 6381, such as `avc1.64001f`."""
        return f"avc1.{self.profile:02x}{self.compatibility:02x}{self.level:02x}"

    @property
    def width(self) -> int:
        return SequenceParameterSet.parse(self.sps[0]).width

    @property
    def height(self) -> int:
        return SequenceParameterSet.parse(self.sps[0]).height


def _parameter_sets(record: bytes, position: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found = []
    for _ in range(count):
        start = position + 2
        end = start + int.from_bytes(record[position:start], "big")
        if start >= end or end > len(record):
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "AVC configuration cut short")
        found.append(record[start:end])
        position = end
    return tuple(found), position


def split_nals(payload: bytes, nal_length_size: int) -> list[bytes]:
    """The NAL units of an access unit, without their lengths.

    Raises:
        RtmpError: `bad_video` if a unit is empty or longer than what is there.
    """
    nals = []
    position = 0
    while position < len(payload):
        start = position + nal_length_size
        end = start + int.from_bytes(payload[position:start], "big")
        if start >= end or end > len(payload):
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "NAL unit of a wrong length")
        nals.append(payload[start:end])
        position = end
    return nals


def join_nals(nals: Iterable[bytes]) -> bytes:
    """An access unit of NAL units, each after its length in 4 bytes."""
    return b"".join(len(nal).to_bytes(_NAL_LENGTH_SIZE, "big") + nal for nal in nals)


def split_annexb(data: bytes) -> list[bytes]:
    """The NAL units between start codes, without the zeros around them."""
    pieces = _START_CODE.split(data)[1:]
    return [nal for piece in pieces if (nal := piece.rstrip(b"\x00"))]
