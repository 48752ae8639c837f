"""The publisher with servers that are odd or say no."""

from __future__ import annotations

from typing import Any

import pytest

from gshop_studio.rtmp import (
    PublisherConnection,
    PublisherEvent,
    PublisherState,
    PublishRefused,
    PublishStarted,
    RtmpError,
    RtmpErrorCode,
)
from gshop_studio.rtmp.amf0 import decode, encode
from gshop_studio.rtmp.chunk_reader import ChunkReader
from gshop_studio.rtmp.chunk_writer import ChunkWriter
from gshop_studio.rtmp.handshake import BLOCK_BYTES
from gshop_studio.rtmp.limits import DEFAULT_INGEST_LIMITS
from gshop_studio.rtmp.message import Message, MessageType


class Server:
    """A server that says what a test wants, and remembers what the publisher called."""

    def __init__(self) -> None:
        self.publisher = PublisherConnection("live", "rtmp://h/live", "key")
        self._writer = ChunkWriter()
        self._reader = ChunkReader(DEFAULT_INGEST_LIMITS)
        self.publisher.start()
        assert len(self.publisher.data_to_send()) == 1 + BLOCK_BYTES
        assert self.publisher.receive_data(b"\3" + bytes(2 * BLOCK_BYTES)) == []
        data = self.publisher.data_to_send()
        assert data[:BLOCK_BYTES] == bytes(BLOCK_BYTES)
        self.messages = list(self._reader.feed(data[BLOCK_BYTES:]))

    def call(self, *values: Any, stream_id: int = 0) -> list[PublisherEvent]:
        message = Message(MessageType.COMMAND_AMF0, stream_id, 0, encode(*values))
        events = self.publisher.receive_data(self._writer.write(3, message))
        self.messages += self._reader.feed(self.publisher.data_to_send())
        return events

    def calls(self) -> list[list[Any]]:
        """What the publisher called since the last look."""
        found = [decode(message.body) for message in self.messages if message.type_id == MessageType.COMMAND_AMF0]
        self.messages.clear()
        return found

    def connected(self) -> Server:
        self.call("_result", 1, None, {"level": "status", "code": "NetConnection.Connect.Success"})
        return self

    def awaiting_start(self) -> Server:
        self.connected().call("_result", 4, None, 3)
        return self


def test_the_calls_in_their_order() -> None:
    server = Server()
    [[name, transaction, about]] = server.calls()
    assert (name, transaction) == ("connect", 1)
    assert about["app"] == "live" and about["tcUrl"] == "rtmp://h/live" and about["type"] == "nonprivate"
    server.connected()
    assert [message.type_id for message in server.messages][:1] == [MessageType.WINDOW_ACK_SIZE]
    assert server.calls() == [
        ["releaseStream", 2, None, "key"],
        ["FCPublish", 3, None, "key"],
        ["createStream", 4, None],
    ]
    server.call("_result", 4, None, 3)
    assert [message.stream_id for message in server.messages] == [3]
    assert server.calls() == [["publish", 5, None, "key", "live"]]
    status = {"level": "status", "code": "NetStream.Publish.Start"}
    assert server.call("onStatus", 0, None, status, stream_id=3) == [PublishStarted()]
    assert server.call("onStatus", 0, None, status, stream_id=3) == []
    server.publisher.finish()
    server.call("nothing")
    assert server.calls() == [["FCUnpublish", 6, None, "key"], ["deleteStream", 7, None, 3]]


def test_servers_that_know_no_courtesies() -> None:
    server = Server().connected()
    assert server.call("_error", 2, None, {"level": "error", "code": "NetConnection.Call.Failed"}) == []
    assert server.call("_error", 3, None, None) == []
    assert server.publisher.state is PublisherState.CREATING_STREAM


@pytest.mark.parametrize(
    ("info", "code", "description"),
    [
        ({"code": "NetConnection.Connect.Rejected", "description": "no"}, "NetConnection.Connect.Rejected", "no"),
        ({"code": 3, "description": 4}, "NetConnection.Connect.Rejected", ""),
        (None, "NetConnection.Connect.Rejected", ""),
    ],
)
def test_a_refused_connect(info: Any, code: str, description: str) -> None:
    """case 57"""
    server = Server()
    assert server.call("_error", 1, None, info) == [PublishRefused(code, description)]
    assert server.publisher.state is PublisherState.REFUSED
    assert server.call("_error", 1, None, info) == []


def test_refusals_after_the_connect() -> None:
    """case 57"""
    assert Server().connected().call("_error", 4, None, None) == [PublishRefused("NetConnection.Call.Failed", "")]
    status = {"level": "error", "code": "NetStream.Publish.BadName", "description": "taken"}
    refused = PublishRefused("NetStream.Publish.BadName", "taken")
    assert Server().awaiting_start().call("onStatus", 0, None, status) == [refused]
    assert Server().awaiting_start().call("close") == [PublishRefused("NetConnection.Connect.Closed", "")]


def test_a_status_that_says_nothing() -> None:
    server = Server().awaiting_start()
    for status in (None, 3, {}, {"level": "status", "code": "NetStream.Play.Start"}):
        assert server.call("onStatus", 0, None, status) == []
    assert server.call("onBWDone", 0, None) == server.call("_result", 9, None, 1) == []
    assert server.publisher.state is PublisherState.AWAITING_START


@pytest.mark.parametrize("stream_id", [None, "1", -1, 2.0**32, float("nan")])
def test_a_stream_id_that_is_none(stream_id: Any) -> None:
    with pytest.raises(RtmpError) as caught:
        Server().connected().call("_result", 4, None, stream_id)
    assert caught.value.code is RtmpErrorCode.BAD_COMMAND
