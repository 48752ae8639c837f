"""Whole shows, whatever they carry and however they are cut: the same events; broken ones: an RtmpError at most."""

from __future__ import annotations

import contextlib
import functools
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from gshop_studio.rtmp import (
    AudioReceived,
    IngestConnection,
    IngestEvent,
    IngestLimits,
    MetadataReceived,
    PublisherConnection,
    PublisherEvent,
    PublisherState,
    RtmpError,
    VideoReceived,
)
from gshop_studio.rtmp.flv import build_aac_config, build_aac_frame, build_avc_config, build_avc_frame
from tests.gshop_studio.rtmp.conversation import answering, conversation

_HANDSHAKE_BYTES = 3073
_HEADER_BYTES = 18
_SMALL = IngestLimits(max_message_bytes=2000, max_command_bytes=1000, max_partial_bytes=3000, max_chunk_streams=8)

_STEPS = st.integers(-100, 60_000) | st.sampled_from([0, 33, 0xFFFFFE, 0xFFFFFF, 0x1000000, 2**30])
_MEDIA = st.tuples(st.sampled_from(["video", "audio"]), _STEPS, st.integers(0, 9000))


@functools.cache
def recorded() -> tuple[bytes, bytes]:
    """What both ends of a show said, from the first byte to the goodbye."""
    talk = conversation("key?token=1", window_ack_size=2000)
    talk.run()
    talk.publisher.send_metadata({"width": 320.0, "title": "show"})
    talk.publisher.send_video(0, build_avc_config(bytes(40)))
    talk.publisher.send_audio(0, build_aac_config(b"\x11\x90"))
    for index in range(6):
        payload = b"\0\0\3\xe8" + bytes(i % 256 for i in range(1000))
        talk.publisher.send_video(
            0xFFFFC0 + 33 * index, build_avc_frame(payload, is_keyframe=not index, composition_ms=9)
        )
        talk.publisher.send_audio(0xFFFFC0 + 21 * index, build_aac_frame(bytes(200)))
        talk.publisher.send_ping(index)
        talk.ingest.send_ping(index)
        talk.run()
    talk.publisher.finish()
    talk.run()
    return bytes(talk.said_by_publisher), bytes(talk.said_by_ingest)


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def ingest_events(pieces: list[bytes]) -> list[IngestEvent]:
    ingest = IngestConnection()
    return [event for piece in pieces for event in answering(ingest, piece)]


def publisher_events(pieces: list[bytes]) -> list[PublisherEvent]:
    publisher = PublisherConnection("live", "rtmp://127.0.0.1/live", "key?token=1")
    publisher.start()
    return [event for piece in pieces for event in publisher.receive_data(piece)]


_CUTS = st.lists(st.integers(0, 1 << 20), max_size=30)


@settings(deadline=None, max_examples=60)
@given(_CUTS)
def test_any_split_gives_the_ingest_the_same_events(cuts: list[int]) -> None:
    data = recorded()[0]
    whole = ingest_events([data])
    assert len(whole) == 24
    assert ingest_events(pieces_of(data, cuts)) == whole


@settings(deadline=None, max_examples=60)
@given(_CUTS)
def test_any_split_gives_the_publisher_the_same_events(cuts: list[int]) -> None:
    data = recorded()[1]
    whole = publisher_events([data])
    assert len(whole) > 7
    assert publisher_events(pieces_of(data, cuts)) == whole


def test_single_bytes_give_the_same_events() -> None:
    for data, events in zip(recorded(), (ingest_events, publisher_events), strict=True):
        assert events([data[index : index + 1] for index in range(len(data))]) == events([data])


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([128, 129, 1000, 4096, 65_536]), st.integers(0, 2**33), st.lists(_MEDIA, max_size=15), _CUTS)
def test_what_the_publisher_sends_the_ingest_tells(
    chunk_size: int, start_ms: int, media: list[tuple[str, int, int]], cuts: list[int]
) -> None:
    """case 54"""
    talk = conversation(chunk_size=chunk_size)
    talk.run()
    assert talk.publisher.state is PublisherState.PUBLISHING
    time_ms = start_ms
    sent = []
    for kind, step_ms, length in media:
        time_ms = max(0, time_ms + step_ms)
        body = bytes(i % 253 for i in range(length))
        sent.append((kind, time_ms, body))
        if kind == "video":
            talk.publisher.send_video(time_ms, build_avc_frame(body, is_keyframe=False, composition_ms=0))
        else:
            talk.publisher.send_audio(time_ms, build_aac_frame(body))
    told = []
    for piece in pieces_of(talk.publisher.data_to_send(), cuts):
        for event in talk.ingest.receive_data(piece):
            assert isinstance(event, VideoReceived | AudioReceived)
            kind = "video" if isinstance(event, VideoReceived) else "audio"
            told.append((kind, event.timestamp_ms, event.tag.payload))
    era = sent[0][1] - sent[0][1] % 2**32 if sent else 0  # which era a stream begins in, nobody can tell
    if all(time >= era for _, time, _ in sent):
        assert told == [(kind, time - era, body) for kind, time, body in sent]
    assert [(kind, body) for kind, _, body in told] == [(kind, body) for kind, _, body in sent]


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), st.floats(allow_nan=False)
    )
)
def test_metadata_arrives_as_it_was(values: dict[str, float]) -> None:
    talk = conversation()
    talk.run()
    talk.publisher.send_metadata(values)
    talk.run()
    assert talk.ingest_events[-1] == MetadataReceived(values)


def swallow(ingest: IngestConnection, pieces: list[bytes]) -> None:
    """Feed until it ends, with a look at the memory held; nothing but an RtmpError may come of it."""
    with contextlib.suppress(RtmpError):
        for piece in pieces:
            answering(ingest, piece)
            assert ingest.held_bytes <= _SMALL.max_partial_bytes + _HEADER_BYTES
    ingest.data_to_send()


@settings(deadline=None, max_examples=250)
@given(st.lists(st.binary(max_size=400), max_size=5), st.booleans())
def test_random_bytes_do_no_harm(pieces: list[bytes], is_after_handshake: bool) -> None:
    """case 46, case 48, case 49, case 50, case 51, case 52"""
    ingest = IngestConnection(_SMALL)
    start = recorded()[0][:_HANDSHAKE_BYTES] if is_after_handshake else b"\3"
    swallow(ingest, [start, *pieces])
    publisher = PublisherConnection("live", "rtmp://h/live", "key", limits=_SMALL)
    publisher.start()
    with contextlib.suppress(RtmpError):
        for piece in [recorded()[1][:_HANDSHAKE_BYTES] if is_after_handshake else b"\3", *pieces]:
            publisher.receive_data(piece)


_EDITS = st.lists(
    st.tuples(st.sampled_from(["set", "insert", "delete", "repeat"]), st.integers(0, 1 << 20), st.integers(0, 255)),
    min_size=1,
    max_size=8,
)


def mutated(data: bytes, edits: list[tuple[str, int, int]], *, first: int) -> bytes:
    """`data` with some bytes changed from `first` on."""
    changed = bytearray(data)
    for kind, where, value in edits:
        at = first + where % (len(changed) - first)
        if kind == "set":
            changed[at] = value
        elif kind == "insert":
            changed[at:at] = bytes((value,))
        elif kind == "delete":
            del changed[at : at + 1 + value % 16]
        else:
            changed[at:at] = changed[at : at + value]
    return bytes(changed)


@settings(deadline=None, max_examples=300)
@given(_EDITS, _CUTS, st.booleans())
def test_mutated_shows_do_no_harm(edits: list[tuple[str, int, int]], cuts: list[int], is_early: bool) -> None:
    """case 46, case 48, case 49, case 50, case 51, case 52, case 53, case 54, case 55"""
    said = recorded()[0]
    data = said[: _HANDSHAKE_BYTES + 700] if is_early else said  # the commands are in the first few hundred bytes
    swallow(IngestConnection(_SMALL), pieces_of(mutated(data, edits, first=_HANDSHAKE_BYTES), cuts))


@settings(deadline=None, max_examples=200)
@given(_EDITS, _CUTS)
def test_mutated_servers_do_the_publisher_no_harm(edits: list[tuple[str, int, int]], cuts: list[int]) -> None:
    """case 46, case 49, case 50, case 52"""
    publisher = PublisherConnection("live", "rtmp://127.0.0.1/live", "key?token=1")
    publisher.start()
    with contextlib.suppress(RtmpError):
        for piece in pieces_of(mutated(recorded()[1], edits, first=_HANDSHAKE_BYTES), cuts):
            publisher.receive_data(piece)
    publisher.data_to_send()
