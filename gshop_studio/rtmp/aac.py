"""AAC's AudioSpecificConfig. Source: ISO/IEC 14496-3, 1.6.2.1 and 4.4.1."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.rtmp.bits import BitReader
from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode

_MAX_CONFIG_BYTES = 64
_RATES_HZ = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_CHANNELS_BY_CONFIGURATION = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 14: 8}
_CONFIGURATION_BY_CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 8: 7, 7: 11}
_ESCAPE_TYPE = 31
_ESCAPE_RATE = 15
_SBR, _PS = 5, 29
_MAX_RATE_HZ = 192_000


@dataclass(frozen=True, slots=True)
class AacConfig:
    """A decoder's configuration.

    Attributes:
        object_type: 2 for AAC-LC, 5 for HE-AAC, 29 for HE-AAC v2.
        sample_rate_hz: Of the core coder; HE-AAC plays at `extension_rate_hz`.
        extension_rate_hz: Only for explicitly signalled HE-AAC, else 0.
    """

    object_type: int
    sample_rate_hz: int
    channels: int
    extension_rate_hz: int = 0

    @classmethod
    def parse(cls, asc: bytes) -> AacConfig:
        """Read and check a configuration.

        Raises:
            RtmpError: `bad_audio`.
        """
        if not 2 <= len(asc) <= _MAX_CONFIG_BYTES:
            raise RtmpError(RtmpErrorCode.BAD_AUDIO, "not an AAC configuration")
        bits = BitReader(asc)
        try:
            object_type = _object_type(bits)
            sample_rate_hz = _rate(bits)
            channels = _CHANNELS_BY_CONFIGURATION.get(bits.bits(4), 0)
            extension_rate_hz = _rate(bits) if object_type in (_SBR, _PS) else 0
        except EOFError:
            raise RtmpError(RtmpErrorCode.BAD_AUDIO, "AAC configuration cut short") from None
        if not object_type or not channels or not 0 < sample_rate_hz <= _MAX_RATE_HZ:
            raise RtmpError(RtmpErrorCode.BAD_AUDIO, "unknown object type, rate or channels")
        return cls(object_type, sample_rate_hz, channels, extension_rate_hz)

    def build(self) -> bytes:
        """The configuration's bytes: frames of 1024 samples, no extensions but HE-AAC's."""
        fields: list[tuple[int, int]] = [*_type_fields(self.object_type), *_rate_fields(self.sample_rate_hz)]
        fields.append((_CONFIGURATION_BY_CHANNELS[self.channels], 4))
        if self.object_type in (_SBR, _PS):
            fields += [*_rate_fields(self.extension_rate_hz or self.sample_rate_hz), *_type_fields(2)]
        fields.append((0, 3))  # GASpecificConfig: 1024 samples, no core coder, no extension
        value = length = 0
        for number, width in fields:
            value = value << width | number
            length += width
        padding = -length % 8
        return (value << padding).to_bytes((length + padding) // 8, "big")

    @property
    def codec_string(self) -> str:
        """As in RFC 6381, such as `mp4a.40.2`."""
        return f"mp4a.40.{self.object_type}"


def _object_type(bits: BitReader) -> int:
    object_type = bits.bits(5)
    return 32 + bits.bits(6) if object_type == _ESCAPE_TYPE else object_type


def _rate(bits: BitReader) -> int:
    index = bits.bits(4)
    if index == _ESCAPE_RATE:
        return bits.bits(24)
    return _RATES_HZ[index] if index < len(_RATES_HZ) else 0


def _type_fields(object_type: int) -> list[tuple[int, int]]:
    if object_type < _ESCAPE_TYPE:
        return [(object_type, 5)]
    return [(_ESCAPE_TYPE, 5), (object_type - 32, 6)]


def _rate_fields(rate_hz: int) -> list[tuple[int, int]]:
    if rate_hz in _RATES_HZ:
        return [(_RATES_HZ.index(rate_hz), 4)]
    return [(_ESCAPE_RATE, 4), (rate_hz, 24)]
