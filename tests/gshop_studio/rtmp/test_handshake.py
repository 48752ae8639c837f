"""The handshake, in whatever pieces it comes."""

from __future__ import annotations

import pytest

from gshop_studio.rtmp import IngestConnection, PublisherConnection, RtmpError, RtmpErrorCode
from gshop_studio.rtmp.handshake import BLOCK_BYTES, ClientHandshake, ServerHandshake


def test_both_ends_are_done_and_give_back_what_follows() -> None:
    client, server = ClientHandshake(), ServerHandshake()
    hello = client.start()
    assert len(hello) == 1 + BLOCK_BYTES
    answer, rest = server.receive(hello)
    assert len(answer) == 1 + 2 * BLOCK_BYTES and rest == b"" and not server.is_done
    echo, rest = client.receive(answer + b"chunks")
    assert client.is_done and rest == b"chunks"
    assert server.receive(echo + b"more") == (b"", b"more")
    assert server.is_done


def test_a_digest_is_random_data_to_us() -> None:
    client_block = b"\0\0\0\1\x80\0\7\2" + bytes(range(256)) * 5 + bytes(248)
    server = ServerHandshake()
    answer, _ = server.receive(b"\3" + client_block)
    assert answer[1 + BLOCK_BYTES :][8:] == client_block[8:]
    server.receive(b"\xaa" * BLOCK_BYTES)
    assert server.is_done


def test_byte_by_byte() -> None:
    server = ServerHandshake(random_bytes=bytes)
    said = b"\3" + b"\5" * BLOCK_BYTES * 2
    answers = b"".join(server.receive(said[index : index + 1])[0] for index in range(len(said)))
    assert server.is_done and len(answers) == 1 + 2 * BLOCK_BYTES


@pytest.mark.parametrize("version", [0, 1, 2, 4, 6, 9, 0x16, ord("G"), 255])
def test_a_bad_version_is_refused_at_the_first_byte(version: int) -> None:
    """case 46"""
    ingest = IngestConnection()
    with pytest.raises(RtmpError) as caught:
        ingest.receive_data(bytes((version,)))
    assert caught.value.code is RtmpErrorCode.BAD_VERSION
    assert ingest.data_to_send() == b""
    with pytest.raises(RtmpError):
        ingest.receive_data(b"\3")
    publisher = PublisherConnection("live", "rtmp://h/live", "k")
    publisher.start()
    with pytest.raises(RtmpError):
        publisher.receive_data(bytes((version,)))


@pytest.mark.parametrize("length", [1, 2, BLOCK_BYTES, 1 + BLOCK_BYTES, 2 * BLOCK_BYTES])
def test_a_truncated_handshake_leaves_the_ingest_waiting(length: int) -> None:
    """case 46: the caller's deadline (case 47) closes it"""
    ingest = IngestConnection()
    assert ingest.receive_data((b"\3" + bytes(2 * BLOCK_BYTES))[:length]) == []
    assert not ingest.is_handshake_done
    with pytest.raises(RtmpError):
        ingest.send_ping(0)
