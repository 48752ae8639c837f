"""AMF0, the encoding of RTMP's commands and metadata, read under a budget and written.

Python's values: float, bool, str, None, dict (object), `EcmaArray`, list (strict array), `AmfDate`, `UNDEFINED`.
Source: Adobe, "Action Message Format - AMF 0".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any

from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode
from gshop_studio.rtmp.limits import DEFAULT_AMF_LIMITS, AmfLimits

_DOUBLE = struct.Struct(">d")
_U16 = struct.Struct(">H")
_U32 = struct.Struct(">I")
_DATE = struct.Struct(">dh")
_MAX_SHORT_STRING_BYTES = 0xFFFF


class _Marker(IntEnum):
    NUMBER = 0x00
    BOOLEAN = 0x01
    STRING = 0x02
    OBJECT = 0x03
    NULL = 0x05
    UNDEFINED = 0x06
    ECMA_ARRAY = 0x08
    OBJECT_END = 0x09
    STRICT_ARRAY = 0x0A
    DATE = 0x0B
    LONG_STRING = 0x0C
    UNSUPPORTED = 0x0D
    XML_DOCUMENT = 0x0F
    TYPED_OBJECT = 0x10


class _Undefined(Enum):
    UNDEFINED = "undefined"


UNDEFINED = _Undefined.UNDEFINED
"""AMF's "undefined", which is not null."""


class EcmaArray(dict[str, Any]):
    """An associative array; equal to a dict of the same content."""


@dataclass(frozen=True, slots=True)
class AmfDate:
    """Milliseconds since 1970, UTC; the zone is reserved and should be 0."""

    ms: float
    zone: int = 0


def decode(data: bytes, limits: AmfLimits = DEFAULT_AMF_LIMITS) -> list[Any]:
    """All values of one message's body.

    Raises:
        RtmpError: `bad_amf` if it is broken, `amf_budget` if it asks for more than the limits give.
    """
    reader = _Reader(data, limits)
    values = []
    while not reader.is_at_end:
        values.append(reader.value(depth=0))
    return values


class _Reader:
    """A cursor with a budget. Recursion is bounded by `limits.max_depth`."""

    def __init__(self, data: bytes, limits: AmfLimits) -> None:
        self._data = data
        self._position = 0
        self._max_depth = limits.max_depth
        self._values_left = limits.max_values
        self._string_bytes_left = limits.max_string_bytes

    @property
    def is_at_end(self) -> bool:
        return self._position >= len(self._data)

    def value(self, depth: int) -> Any:
        self._spend_value()
        marker = self._take(1)[0]
        match marker:
            case _Marker.NUMBER:
                return _DOUBLE.unpack(self._take(8))[0]
            case _Marker.BOOLEAN:
                return self._take(1)[0] != 0
            case _Marker.STRING:
                return self._string(_U16)
            case _Marker.LONG_STRING | _Marker.XML_DOCUMENT:
                return self._string(_U32)
            case _Marker.NULL:
                return None
            case _Marker.UNDEFINED | _Marker.UNSUPPORTED:
                return UNDEFINED
            case _Marker.OBJECT:
                return self._pairs({}, depth)
            case _Marker.TYPED_OBJECT:
                self._string(_U16)
                return self._pairs({}, depth)
            case _Marker.ECMA_ARRAY:
                self._take(4)  # the count is only a hint, and often wrong
                return self._pairs(EcmaArray(), depth)
            case _Marker.STRICT_ARRAY:
                return self._strict_array(depth)
            case _Marker.DATE:
                return AmfDate(*_DATE.unpack(self._take(10)))
        raise RtmpError(RtmpErrorCode.BAD_AMF, "unknown type")

    def _pairs(self, into: dict[str, Any], depth: int) -> dict[str, Any]:
        self._check_depth(depth)
        while True:
            key = self._string(_U16)
            if not key and self._data[self._position : self._position + 1] == b"\x09":
                self._position += 1
                return into
            into[key] = self.value(depth + 1)

    def _strict_array(self, depth: int) -> list[Any]:
        self._check_depth(depth)
        count: int = _U32.unpack(self._take(4))[0]
        if count > self._values_left:
            raise RtmpError(RtmpErrorCode.AMF_BUDGET, "too many values")
        return [self.value(depth + 1) for _ in range(count)]

    def _string(self, length_format: struct.Struct) -> str:
        length: int = length_format.unpack(self._take(length_format.size))[0]
        if length > self._string_bytes_left:
            raise RtmpError(RtmpErrorCode.AMF_BUDGET, "too much text")
        self._string_bytes_left -= length
        return self._take(length).decode("utf-8", errors="replace")

    def _take(self, count: int) -> bytes:
        end = self._position + count
        if end > len(self._data):
            raise RtmpError(RtmpErrorCode.BAD_AMF, "cut short")
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def _spend_value(self) -> None:
        if self._values_left <= 0:
            raise RtmpError(RtmpErrorCode.AMF_BUDGET, "too many values")
        self._values_left -= 1

    def _check_depth(self, depth: int) -> None:
        if depth >= self._max_depth:
            raise RtmpError(RtmpErrorCode.AMF_BUDGET, "too deep")


def encode(*values: Any) -> bytes:
    """One message's body.

    Raises:
        TypeError: a value AMF0 has no form for.
        ValueError: a key of more than 65,535 bytes.
    """
    out = bytearray()
    for value in values:
        _write(out, value)
    return bytes(out)


def _write(out: bytearray, value: Any) -> None:
    match value:
        case None:
            out.append(_Marker.NULL)
        case _Undefined.UNDEFINED:
            out.append(_Marker.UNDEFINED)
        case bool():
            out += bytes((_Marker.BOOLEAN, value))
        case int() | float():
            out.append(_Marker.NUMBER)
            out += _DOUBLE.pack(value)
        case str():
            _write_string(out, value)
        case AmfDate():
            out.append(_Marker.DATE)
            out += _DATE.pack(value.ms, value.zone)
        case EcmaArray():
            out.append(_Marker.ECMA_ARRAY)
            out += _U32.pack(len(value))
            _write_pairs(out, value)
        case dict():
            out.append(_Marker.OBJECT)
            _write_pairs(out, value)
        case list() | tuple():
            out.append(_Marker.STRICT_ARRAY)
            out += _U32.pack(len(value))
            for item in value:
                _write(out, item)
        case _:
            raise TypeError(f"AMF0 has no form for {type(value).__name__}")


def _write_string(out: bytearray, text: str) -> None:
    raw = text.encode("utf-8", errors="replace")
    if len(raw) <= _MAX_SHORT_STRING_BYTES:
        out.append(_Marker.STRING)
        out += _U16.pack(len(raw))
    else:
        out.append(_Marker.LONG_STRING)
        out += _U32.pack(len(raw))
    out += raw


def _write_pairs(out: bytearray, pairs: dict[str, Any]) -> None:
    for key, value in pairs.items():
        raw = key.encode("utf-8", errors="replace")
        if len(raw) > _MAX_SHORT_STRING_BYTES:
            raise ValueError("AMF0 key too long")
        out += _U16.pack(len(raw))
        out += raw
        _write(out, value)
    out += b"\x00\x00\x09"
