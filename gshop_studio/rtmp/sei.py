"""The capture clock inside the stream: when a keyframe's picture was captured, as an SEI message of the keyframe.

It is a `user_data_unregistered` message: a UUID of ours and 8 bytes, big endian, microseconds of UTC by the engine's
clock. Source: ITU-T H.264, 7.3.2.3 (SEI), 7.4.1 (emulation prevention), D.1.7 (user_data_unregistered).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

from gshop_studio.rtmp.errors import RtmpError, RtmpErrorCode

CAPTURE_UUID = UUID("8c9d5a1e-6f0b-4b7e-9a53-4753484f5031").bytes
"""Holds no two zeros in a row, so that it stands in a NAL unit as it is."""

_NAL_SEI = 6
_SLICE_TYPES = frozenset({1, 2, 5})
_LENGTH_SIZE = 4
_USER_DATA_UNREGISTERED = 5
_CLOCK_BYTES = 8
_HIGHEST_US = (1 << 64) - 1
_TO_PREVENT = re.compile(rb"\x00\x00(?=[\x00-\x03])")
_PREVENTED = re.compile(rb"\x00\x00\x03")


def build_capture_sei(capture_us: int) -> bytes:
    """The NAL unit that says when its picture was captured (microseconds of UTC).

    Raises:
        ValueError: the moment does not fit 64 bits without a sign.
    """
    if not 0 <= capture_us <= _HIGHEST_US:
        raise ValueError("capture time out of range")
    payload = CAPTURE_UUID + capture_us.to_bytes(_CLOCK_BYTES, "big")
    rbsp = bytes((_USER_DATA_UNREGISTERED, len(payload))) + payload + b"\x80"
    return bytes((_NAL_SEI,)) + escape(rbsp)


def insert_into(access_unit: bytes, sei_nal: bytes) -> bytes:
    """The access unit (lengths of 4 bytes) with the NAL unit before its first slice, after what must stand first.

    Raises:
        RtmpError: `bad_video` if a NAL unit is empty or longer than what is there.
    """
    position = len(access_unit)
    for start, end in _nal_spans(access_unit, _LENGTH_SIZE):
        if end is None:
            raise RtmpError(RtmpErrorCode.BAD_VIDEO, "NAL unit of a wrong length")
        if access_unit[start] & 0x1F in _SLICE_TYPES:
            position = start - _LENGTH_SIZE
            break
    return b"".join(
        (access_unit[:position], len(sei_nal).to_bytes(_LENGTH_SIZE, "big"), sei_nal, access_unit[position:])
    )


def find_capture_us(access_unit: bytes, nal_length_size: int) -> int | None:
    """What `build_capture_sei` put in; None where there is nothing of the kind, or it is broken. Never raises."""
    if CAPTURE_UUID not in access_unit:
        return None
    for start, end in _nal_spans(access_unit, nal_length_size):
        if end is None:
            return None
        nal_type = access_unit[start] & 0x1F
        if nal_type in _SLICE_TYPES:
            return None  # what follows a slice is not ours
        if nal_type == _NAL_SEI:
            found = _capture_us_of(unescape(access_unit[start + 1 : end]))
            if found is not None:
                return found
    return None


def escape(rbsp: bytes) -> bytes:
    """With emulation prevention: no start code can appear in it."""
    escaped, position = [], 0
    while match := _TO_PREVENT.search(rbsp, position):
        escaped += [rbsp[position : match.end()], b"\x03"]
        position = match.end()
    escaped.append(rbsp[position:])
    return b"".join(escaped)


def unescape(data: bytes) -> bytes:
    """Without emulation prevention."""
    return _PREVENTED.sub(b"\x00\x00", data)


def _nal_spans(access_unit: bytes, length_size: int) -> Iterator[tuple[int, int | None]]:
    """Where each NAL unit begins and ends; the last end is None if the unit is cut short or empty."""
    position = 0
    while position < len(access_unit):
        start = position + length_size
        end = start + int.from_bytes(access_unit[position:start], "big")
        if start >= end or end > len(access_unit):
            yield start, None
            return
        yield start, end
        position = end


def _capture_us_of(rbsp: bytes) -> int | None:
    """Of all messages in one SEI, that of ours."""
    position = 0
    while position + 2 <= len(rbsp):
        payload_type, position = _extended_number(rbsp, position)
        size, position = _extended_number(rbsp, position)
        payload = rbsp[position : position + size]
        if len(payload) < size:
            return None
        is_ours = payload_type == _USER_DATA_UNREGISTERED and payload.startswith(CAPTURE_UUID)
        if is_ours and size == len(CAPTURE_UUID) + _CLOCK_BYTES:
            return int.from_bytes(payload[len(CAPTURE_UUID) :], "big")
        position += size
    return None


def _extended_number(rbsp: bytes, position: int) -> tuple[int, int]:
    """A type or size: each 0xFF adds 255, the first other byte ends it."""
    number = 0
    while position < len(rbsp) and rbsp[position] == 0xFF:
        number += 255
        position += 1
    if position < len(rbsp):
        number += rbsp[position]
    return number, position + 1
