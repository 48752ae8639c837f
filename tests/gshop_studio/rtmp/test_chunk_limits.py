"""What a peer declares is checked before memory is taken."""

from __future__ import annotations

import tracemalloc

import pytest

from gshop_studio.rtmp import IngestLimits, RtmpError, RtmpErrorCode
from gshop_studio.rtmp.chunk_reader import ChunkReader
from gshop_studio.rtmp.message import Message, MessageType
from tests.gshop_studio.rtmp.test_chunks import header

LIMITS = IngestLimits(
    max_message_bytes=1000, max_command_bytes=300, max_partial_bytes=1500, max_chunk_streams=4, max_chunk_bytes=65_536
)


def feed(data: bytes, limits: IngestLimits = LIMITS, *, media: bool = True) -> list[Message]:
    chunk_reader = ChunkReader(limits)
    chunk_reader.allows_media = media
    return list(chunk_reader.feed(data))


def code_of(data: bytes, limits: IngestLimits = LIMITS, *, media: bool = True) -> RtmpErrorCode:
    with pytest.raises(RtmpError) as caught:
        feed(data, limits, media=media)
    return caught.value.code


def in_chunks(length: int, type_id: int = MessageType.VIDEO) -> bytes:
    body = bytes(length)
    pieces = [body[start : start + 128] for start in range(0, length, 128)]
    return header(0, 6, 0, length, type_id) + header(3, 6, 0, 0).join(pieces)


def test_a_message_at_the_cap_above_it_and_incomplete() -> None:
    """case 48"""
    assert len(feed(in_chunks(1000))[0].body) == 1000
    assert code_of(in_chunks(1001)) is RtmpErrorCode.MESSAGE_TOO_LARGE
    assert code_of(header(0, 6, 0, 1001)) is RtmpErrorCode.MESSAGE_TOO_LARGE
    assert code_of(header(1, 6, 0, 0xFFFFFF)) is RtmpErrorCode.MESSAGE_TOO_LARGE
    assert feed(in_chunks(1000)[:-1]) == []


def test_other_messages_have_a_smaller_cap_and_so_has_all_before_a_publish() -> None:
    """case 48"""
    assert len(feed(in_chunks(300, MessageType.COMMAND_AMF0))) == 1
    assert code_of(in_chunks(301, MessageType.COMMAND_AMF0)) is RtmpErrorCode.MESSAGE_TOO_LARGE
    assert code_of(in_chunks(301, MessageType.ABORT)) is RtmpErrorCode.MESSAGE_TOO_LARGE
    assert code_of(in_chunks(301), media=False) is RtmpErrorCode.MESSAGE_TOO_LARGE


def test_a_declared_length_takes_no_memory() -> None:
    """case 48"""
    tracemalloc.start()
    try:
        chunk_reader = ChunkReader(IngestLimits())
        chunk_reader.allows_media = True
        assert not list(chunk_reader.feed(header(0, 6, 0, 4 * 1024 * 1024) + b"x"))
        assert tracemalloc.get_traced_memory()[1] < 50_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [0, 1, 2, 127, 65_537, 1 << 24, 1 << 31, 2**32 - 1])
def test_chunk_sizes_out_of_bounds(size: int) -> None:
    """case 49"""
    data = header(0, 2, 0, 4, MessageType.SET_CHUNK_SIZE, 0) + size.to_bytes(4, "big")
    assert code_of(data) is RtmpErrorCode.CHUNK_SIZE


@pytest.mark.parametrize("size", [128, 65_536])
def test_chunk_sizes_at_the_bounds(size: int) -> None:
    """case 49"""
    data = header(0, 2, 0, 4, MessageType.SET_CHUNK_SIZE, 0) + size.to_bytes(4, "big")
    assert len(feed(data + header(0, 6, 0, 128) + bytes(128))) == 1


def test_control_messages_of_a_wrong_length() -> None:
    """case 49"""
    assert code_of(header(0, 2, 0, 3, MessageType.SET_CHUNK_SIZE) + bytes(3)) is RtmpErrorCode.CHUNK_SIZE
    assert code_of(header(0, 2, 0, 0, MessageType.SET_CHUNK_SIZE)) is RtmpErrorCode.CHUNK_SIZE
    assert code_of(header(0, 2, 0, 3, MessageType.ABORT) + bytes(3)) is RtmpErrorCode.BAD_CONTROL


@pytest.mark.parametrize("kind", [2, 3])
def test_a_chunk_stream_must_begin_with_a_header(kind: int) -> None:
    """case 50"""
    assert code_of(header(kind, 6, 0, 0)) is RtmpErrorCode.BAD_CHUNK


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_a_header_in_mid_message(kind: int) -> None:
    """case 50"""
    assert code_of(header(0, 6, 0, 200) + bytes(128) + header(kind, 6, 0, 200)) is RtmpErrorCode.BAD_CHUNK


def test_many_partial_messages_have_one_cap() -> None:
    """case 51"""
    limits = IngestLimits(max_message_bytes=1000, max_partial_bytes=256, max_chunk_streams=100)
    half = [header(0, stream, 0, 200) + bytes(128) for stream in range(3, 63)]
    assert feed(b"".join(half[:2]), limits) == []
    assert code_of(b"".join(half[:3]), limits) is RtmpErrorCode.TOO_MUCH_PARTIAL


def test_chunk_streams_have_a_cap() -> None:
    """case 51"""
    some = b"".join(header(0, stream, 0, 0) for stream in range(3, 7))
    assert len(feed(some)) == 4
    assert code_of(some + header(0, 7, 0, 0)) is RtmpErrorCode.TOO_MANY_CHUNK_STREAMS
