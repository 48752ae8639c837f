"""Makes every encoder's output alike: length-prefixed NAL units, and the parameter sets apart as configuration. Pure.

x264 gives that by itself. Hardware encoders give Annex B, some with the parameter sets in each keyframe, some with
delimiters and filler.
"""

from __future__ import annotations

from gshop_studio.rtmp.avc import AvcConfig, join_nals, split_annexb

_SLICE, _IDR_SLICE, _SPS, _PPS, _DELIMITER, _FILLER = 1, 5, 7, 8, 9, 12
_LEFT_OUT = frozenset({_SPS, _PPS, _DELIMITER, _FILLER})
_LENGTH_BYTES = 4


class AccessUnits:
    """Reads one encoder's output.

    Attributes:
        config: The AVCDecoderConfigurationRecord; empty until the encoder has told it.
    """

    def __init__(self, extradata: bytes) -> None:
        """`extradata` is the encoder's, AVCC or Annex B; it may be empty when the keyframes carry what it says.

        Raises:
            RtmpError: `bad_video`.
        """
        self._is_annexb = extradata[:1] != b"\x01"
        if not self._is_annexb:
            AvcConfig.parse(extradata)
            self.config = extradata
        else:
            self.config = AvcConfig.from_annexb(extradata).build() if extradata else b""

    def read(self, data: bytes, *, is_keyframe: bool) -> bytes:
        """One access unit with length prefixes.

        Raises:
            RtmpError: `bad_video`: a keyframe came and the configuration is not known.
        """
        if not self._is_annexb:
            return data
        nals = split_annexb(data)
        if is_keyframe:
            sets = [nal for nal in nals if nal[0] & 0x1F in (_SPS, _PPS)]
            if sets:
                self.config = AvcConfig.from_annexb(b"".join(b"\x00\x00\x01" + nal for nal in sets)).build()
            elif not self.config:
                AvcConfig.from_annexb(b"")
        return join_nals(nal for nal in nals if nal[0] & 0x1F not in _LEFT_OUT)


def is_disposable(payload: bytes) -> bool:
    """Whether no other picture refers to this one: `nal_ref_idc` of its slices is 0."""
    position = 0
    while position + _LENGTH_BYTES < len(payload):
        header = payload[position + _LENGTH_BYTES]
        if header & 0x1F in (_SLICE, _IDR_SLICE):
            return header & 0x60 == 0
        position += _LENGTH_BYTES + int.from_bytes(payload[position : position + _LENGTH_BYTES], "big")
    return False
