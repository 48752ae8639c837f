"""Chunks: what is written is read, by the bytes of the specification and by those that real peers send."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gshop_studio.rtmp.chunk_reader import ChunkReader
from gshop_studio.rtmp.chunk_writer import ChunkWriter
from gshop_studio.rtmp.limits import IngestLimits
from gshop_studio.rtmp.message import Message, MessageType

VIDEO = MessageType.VIDEO
_ANY_TYPE = st.sampled_from([MessageType.AUDIO, VIDEO, MessageType.DATA_AMF0, MessageType.COMMAND_AMF0, 99])
_CHUNK_STREAMS = st.sampled_from([2, 3, 63, 64, 319, 320, 65_599])
_TIMES = st.integers(0, 2**32 - 1) | st.sampled_from([0, 40, 80, 0xFFFFFE, 0xFFFFFF, 0x1000000, 2**32 - 1])
_LENGTHS = st.integers(0, 700) | st.sampled_from([0, 1, 127, 128, 129, 256, 5000])
_MESSAGES = st.builds(
    lambda type_id, stream_id, time, length: Message(type_id, stream_id, time, bytes(i % 251 for i in range(length))),
    _ANY_TYPE,
    st.integers(0, 2**32 - 1) | st.just(1),
    _TIMES,
    _LENGTHS,
)
_SCRIPT = st.lists(st.tuples(_CHUNK_STREAMS, _MESSAGES) | st.sampled_from([128, 129, 4096, 0xFFFFFF]), max_size=12)


def reader() -> ChunkReader:
    chunk_reader = ChunkReader(IngestLimits())
    chunk_reader.allows_media = True
    return chunk_reader


def read(*pieces: bytes) -> list[Message]:
    chunk_reader = reader()
    return [message for piece in pieces for message in chunk_reader.feed(piece)]


def header(kind: int, chunk_stream: int, time: int, length: int, type_id: int = VIDEO, stream_id: int = 1) -> bytes:
    fields = time.to_bytes(3, "big") + length.to_bytes(3, "big") + bytes((type_id,)) + stream_id.to_bytes(4, "little")
    return bytes((kind << 6 | chunk_stream,)) + fields[: (11, 7, 3, 0)[kind]]


@settings(deadline=None, max_examples=150)
@given(_SCRIPT, st.lists(st.integers(0, 20_000), max_size=12))
def test_what_is_written_is_read_however_it_is_cut(script: list[tuple[int, Message] | int], cuts: list[int]) -> None:
    """case 49, case 54"""
    writer = ChunkWriter()
    data = bytearray()
    for step in script:
        data += writer.set_chunk_size(step) if isinstance(step, int) else writer.write(*step)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [bytes(data[start:end]) for start, end in itertools.pairwise(edges)]
    assert read(*pieces) == [step[1] for step in script if not isinstance(step, int)]


def test_byte_by_byte() -> None:
    writer = ChunkWriter()
    messages = [Message(VIDEO, 1, 0xFFFFF0 + 20 * index, bytes(300)) for index in range(4)]
    data = b"".join(writer.write(6, message) for message in messages)
    assert read(*(data[index : index + 1] for index in range(len(data)))) == messages


def test_the_writer_uses_all_four_types() -> None:
    writer = ChunkWriter()
    sizes = [(0, 10), (40, 10), (80, 10), (120, 11), (160, 11), (90, 11)]
    written = [writer.write(6, Message(VIDEO, 1, time, bytes(length))) for time, length in sizes]
    assert [data[0] >> 6 for data in written] == [0, 2, 3, 1, 3, 0]
    assert [message.timestamp for message in read(*written)] == [time for time, _ in sizes]


def test_type_3_after_type_0_counts_its_time_as_delta() -> None:
    """As the specification says and ffmpeg does."""
    data = header(0, 4, 23, 1) + b"a" + header(3, 4, 0, 0) + b"b" + header(3, 4, 0, 0) + b"c"
    assert [(m.timestamp, m.body) for m in read(data)] == [(23, b"a"), (46, b"b"), (69, b"c")]


def test_deltas_wrap() -> None:
    """case 54"""
    first = header(0, 4, 0xFFFFFF, 1) + (2**32 - 10).to_bytes(4, "big") + b"a"
    assert [m.timestamp for m in read(first + header(2, 4, 25, 0) + b"b")] == [2**32 - 10, 15]


@pytest.mark.parametrize("time", [0xFFFFFF, 0x1000000, 0xF0000000])
@pytest.mark.parametrize("repeats", ["same", "not"])
def test_extended_time_stamps_repeated_or_not(time: int, repeats: str) -> None:
    """case 54: ffmpeg and librtmp repeat the field in type 3 chunks, some peers do not"""
    extended = time.to_bytes(4, "big")
    body = bytes(range(1, 251)) + bytes(50)
    middle = header(3, 6, 0, 0) + (extended if repeats == "same" else b"")
    start = header(0, 6, 0xFFFFFF, len(body)) + extended
    data = start + body[:128] + middle + body[128:256] + middle + body[256:]
    expected = [Message(VIDEO, 1, time, body)]
    assert read(data) == expected
    assert read(*(data[index : index + 1] for index in range(len(data)))) == expected


def test_a_repeated_absolute_time_after_an_extended_delta() -> None:
    """case 54: some peers repeat the absolute time where the delta belongs"""
    delta, body = 0x1000000, bytes(range(200))
    first = header(0, 6, 100, 1) + b"x"
    second = header(1, 6, 0xFFFFFF, 200) + delta.to_bytes(4, "big") + body[:128]
    third = header(3, 6, 0, 0) + (100 + delta).to_bytes(4, "big") + body[128:]
    assert read(first + second + third)[1] == Message(VIDEO, 1, 100 + delta, body)


def test_interleaved_chunk_streams() -> None:
    a, b = bytes(200), b"\1" * 300
    data = (
        header(0, 4, 5, 200, MessageType.AUDIO)
        + a[:128]
        + header(0, 6, 7, 300)
        + b[:128]
        + header(3, 4, 0, 0)
        + a[128:]
    )
    data += header(3, 6, 0, 0) + b[128:256] + header(3, 6, 0, 0) + b[256:]
    assert read(data) == [Message(MessageType.AUDIO, 1, 5, a), Message(VIDEO, 1, 7, b)]


def test_a_type_1_chunk_may_come_first() -> None:
    """case 50: librtmp sends its first ping so"""
    assert read(header(1, 2, 3, 1, 99) + b"x") == [Message(99, 0, 3, b"x")]


def test_chunk_size_changed_in_mid_message() -> None:
    """case 50"""
    change = header(0, 2, 0, 4, MessageType.SET_CHUNK_SIZE, 0) + (256).to_bytes(4, "big")
    body = bytes(i % 256 for i in range(384))
    data = header(0, 6, 0, 384) + body[:128] + change + header(3, 6, 0, 0) + body[128:]
    assert [message.body for message in read(data)] == [body]


def test_abort_drops_what_was_there() -> None:
    abort = header(0, 2, 0, 4, MessageType.ABORT, 0) + (6).to_bytes(4, "big")
    of_nobody = header(3, 2, 0, 0) + (7).to_bytes(4, "big")
    chunk_reader = reader()
    assert not list(chunk_reader.feed(header(0, 6, 0, 200) + bytes(128)))
    assert chunk_reader.held_bytes == 128
    assert not list(chunk_reader.feed(abort + of_nobody))
    assert chunk_reader.held_bytes == 0
    assert [message.body for message in chunk_reader.feed(header(0, 6, 0, 2) + b"ok")] == [b"ok"]


def test_the_writers_own_limits() -> None:
    writer = ChunkWriter()
    for size in (0, 1, 127, 1 << 24, 1 << 31):
        with pytest.raises(ValueError):
            writer.set_chunk_size(size)
    with pytest.raises(ValueError):
        writer.write(6, Message(VIDEO, 1, 0, bytes(1 << 24)))
    for chunk_stream in (0, 1, 65_600):
        with pytest.raises(ValueError):
            writer.write(chunk_stream, Message(VIDEO, 1, 0, b""))
