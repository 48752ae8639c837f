"""The ingest with publishers that are odd, wrong, or hostile."""

from __future__ import annotations

from typing import Any

import pytest

from gshop_studio.rtmp import (
    AudioReceived,
    ConnectRequested,
    IngestConnection,
    IngestEvent,
    IngestLimits,
    IngestState,
    MetadataReceived,
    PublishFinished,
    PublishRequested,
    RtmpError,
    RtmpErrorCode,
    VideoReceived,
)
from gshop_studio.rtmp.amf0 import UNDEFINED, EcmaArray, decode, encode
from gshop_studio.rtmp.chunk_reader import ChunkReader
from gshop_studio.rtmp.chunk_writer import ChunkWriter
from gshop_studio.rtmp.flv import build_aac_config, build_aac_frame, build_avc_frame
from gshop_studio.rtmp.handshake import BLOCK_BYTES
from gshop_studio.rtmp.limits import DEFAULT_INGEST_LIMITS
from gshop_studio.rtmp.message import Message, MessageType
from tests.gshop_studio.rtmp.conversation import answering

FRAME = build_avc_frame(b"\0\0\0\1e", is_keyframe=True, composition_ms=0)


class Peer:
    """A publisher that says what a test wants, and remembers the ingest's answers."""

    def __init__(self, limits: IngestLimits = DEFAULT_INGEST_LIMITS) -> None:
        self.ingest = IngestConnection(limits)
        self._writer = ChunkWriter()
        self._reader = ChunkReader(IngestLimits())
        self.ingest.receive_data(b"\3" + bytes(2 * BLOCK_BYTES))
        assert len(self.ingest.data_to_send()) == 1 + 2 * BLOCK_BYTES

    def send(self, type_id: int, body: bytes, *, time: int = 0, stream_id: int = 1) -> list[IngestEvent]:
        return answering(self.ingest, self._writer.write(8, Message(type_id, stream_id, time, body)))

    def call(self, *values: Any, stream_id: int = 0) -> list[IngestEvent]:
        return self.send(MessageType.COMMAND_AMF0, encode(*values), stream_id=stream_id)

    def answers(self) -> list[Message]:
        return list(self._reader.feed(self.ingest.data_to_send()))

    def calls_answered(self) -> list[list[Any]]:
        return [decode(message.body) for message in self.answers() if message.type_id == MessageType.COMMAND_AMF0]

    def connect(self) -> Peer:
        self.call("connect", 1, {"app": "live", "tcUrl": "rtmp://h/live"})
        self.answers()
        return self

    def publish(self) -> Peer:
        self.connect().call("publish", 5, None, "key", "live", stream_id=1)
        self.answers()
        return self


def code_of(peer: Peer, *values: Any, stream_id: int = 0) -> RtmpErrorCode:
    with pytest.raises(RtmpError) as caught:
        peer.call(*values, stream_id=stream_id)
    return caught.value.code


def test_connect_is_answered_with_what_clients_wait_for() -> None:
    peer = Peer()
    events = peer.call("connect", 1, {"app": "/live/", "tcUrl": "rtmp://h/live", "flashVer": "X"}, "more")
    assert events == [ConnectRequested("live", "rtmp://h/live", "X")]
    answers = peer.answers()
    assert [m.type_id for m in answers] == [
        MessageType.WINDOW_ACK_SIZE,
        MessageType.SET_PEER_BANDWIDTH,
        MessageType.USER_CONTROL,
        MessageType.COMMAND_AMF0,
    ]
    result = decode(answers[-1].body)
    assert result[:2] == ["_result", 1.0] and result[3]["code"] == "NetConnection.Connect.Success"


def test_the_courtesies_and_create_stream_are_answered_by_their_numbers() -> None:
    peer = Peer().connect()
    peer.call("releaseStream", 2, None, "key")
    peer.call("FCPublish", 3, None, "key")
    peer.call("createStream", 4, None)
    peer.call("somethingElse", 9, None)
    assert peer.calls_answered() == [["_result", 2, None, None], ["_result", 3, None, None], ["_result", 4, None, 1]]


@pytest.mark.parametrize("name", [False, True, 7, None, UNDEFINED, {}, [], "", "k" * 257, "é" * 129])
def test_a_stream_name_that_is_none(name: Any) -> None:
    """case 53"""
    peer = Peer().connect()
    assert peer.call("publish", 5, None, name, "live", stream_id=1) == []
    [[call, _, _, info]] = peer.calls_answered()
    assert (call, info["level"], info["code"]) == ("onStatus", "error", "NetStream.Publish.BadName")
    assert peer.call("publish", 5, None, "k" * 256, "live", stream_id=1) == [PublishRequested("k" * 256)]


def test_publish_without_a_name_at_all() -> None:
    """case 53"""
    peer = Peer().connect()
    assert peer.call("publish") == []
    assert peer.calls_answered()[0][3]["code"] == "NetStream.Publish.BadName"


@pytest.mark.parametrize("call", ["publish", "createStream", "FCPublish", "deleteStream", "play", "nonsense"])
def test_a_command_before_connect(call: str) -> None:
    """case 57"""
    peer = Peer()
    assert code_of(peer, call, 1, None, "key", stream_id=1) is RtmpErrorCode.UNEXPECTED_COMMAND
    [answer] = peer.calls_answered()
    assert answer[0] == ("onStatus" if call == "publish" else "_error")
    assert answer[3]["level"] == "error"


def test_a_second_connect() -> None:
    assert code_of(Peer().connect(), "connect", 1, {"app": "live"}) is RtmpErrorCode.UNEXPECTED_COMMAND


@pytest.mark.parametrize("about", [None, {}, {"app": 3}, {"app": "a" * 257}, []])
def test_connect_without_an_application(about: Any) -> None:
    peer = Peer()
    assert code_of(peer, "connect", 1, about) is RtmpErrorCode.BAD_COMMAND
    assert peer.calls_answered()[0][3]["code"] == "NetConnection.Connect.InvalidApp"


@pytest.mark.parametrize("body", [b"", b"\x05", b"\x00" + bytes(8), b"\xff", b"\x02\x00\x09x"])
def test_a_command_without_a_name(body: bytes) -> None:
    """case 52"""
    with pytest.raises(RtmpError) as caught:
        Peer().send(MessageType.COMMAND_AMF0, body)
    assert caught.value.code in (RtmpErrorCode.BAD_COMMAND, RtmpErrorCode.BAD_AMF)


def test_a_second_publish_on_one_connection_is_refused_and_the_first_goes_on() -> None:
    """case 57"""
    peer = Peer().publish()
    assert peer.call("publish", 6, None, "other", "live", stream_id=2) == []
    assert peer.calls_answered()[0][3]["code"] == "NetStream.Publish.BadName"
    assert len(peer.send(MessageType.VIDEO, FRAME)) == 1


def test_a_wrong_key_is_told_and_nothing_heard_any_more() -> None:
    """case 57"""
    peer = Peer().connect()
    data = ChunkWriter().write(7, Message(20, 1, 0, encode("publish", 5, None, "wrong", "live")))
    assert peer.ingest.receive_data(data) == [PublishRequested("wrong")]
    peer.ingest.reject_publish("NetStream.Publish.BadName", "Wrong key.")
    assert peer.calls_answered()[0][3] == {
        "level": "error",
        "code": "NetStream.Publish.BadName",
        "description": "Wrong key.",
    }
    assert peer.ingest.state is IngestState.REJECTED
    assert peer.ingest.receive_data(b"anything") == []


def test_answers_without_a_question_are_the_callers_mistake() -> None:
    ingest = IngestConnection()
    for answer in (ingest.accept_connect, ingest.accept_publish):
        with pytest.raises(RtmpError):
            answer()
    with pytest.raises(RtmpError):
        ingest.reject_connect("no")
    with pytest.raises(RtmpError):
        ingest.reject_publish("NetStream.Publish.BadName", "no")


def test_a_publish_taken_back_before_its_answer_can_still_be_answered() -> None:
    peer = Peer().connect()
    writer = ChunkWriter()
    data = writer.write(7, Message(20, 1, 0, encode("publish", 5, None, "key")))
    data += writer.write(7, Message(20, 1, 0, encode("deleteStream", 6, None, 1)))
    assert peer.ingest.receive_data(data) == [PublishRequested("key"), PublishFinished()]
    peer.ingest.accept_publish()


def test_commands_before_publish_are_counted() -> None:
    peer = Peer(IngestLimits(max_commands_before_publish=5)).connect()
    for _ in range(4):
        peer.call("createStream", 4, None)
    assert code_of(peer, "createStream", 4, None) is RtmpErrorCode.TOO_MANY_COMMANDS


@pytest.mark.parametrize("type_id", [MessageType.AUDIO, MessageType.VIDEO, MessageType.AGGREGATE])
def test_media_before_publish(type_id: MessageType) -> None:
    with pytest.raises(RtmpError) as caught:
        Peer().connect().send(type_id, FRAME)
    assert caught.value.code is RtmpErrorCode.UNEXPECTED_MEDIA


@pytest.mark.parametrize(
    "goodbye", [("FCUnpublish", 6, None, "key"), ("deleteStream", 7, None, 1), ("closeStream", 8, None)]
)
def test_each_goodbye_ends_the_publish_once(goodbye: tuple[Any, ...]) -> None:
    peer = Peer().publish()
    assert peer.call(*goodbye, stream_id=1) == [PublishFinished()]
    assert peer.calls_answered()[0][3]["code"] == "NetStream.Unpublish.Success"
    assert peer.call(*goodbye, stream_id=1) == []
    assert peer.send(MessageType.VIDEO, FRAME) == []
    assert peer.call("publish", 9, None, "again", "live", stream_id=1) == [PublishRequested("again")]


def test_another_streams_goodbye_is_none_of_ours() -> None:
    peer = Peer().publish()
    assert peer.call("deleteStream", 7, None, 2) == []
    assert peer.call("closeStream", 7, None, stream_id=3) == []


def test_players_are_turned_away() -> None:
    peer = Peer().connect()
    assert peer.call("play", 5, None, "key", stream_id=1) == []
    assert peer.calls_answered()[0][3]["code"] == "NetStream.Play.Failed"


@pytest.mark.parametrize("values", [("@setDataFrame", "onMetaData"), ("onMetaData",)])
@pytest.mark.parametrize("kind", [dict, EcmaArray])
def test_metadata_in_all_its_forms(values: tuple[str, ...], kind: type[dict[str, Any]]) -> None:
    peer = Peer().publish()
    described = kind({"width": 1280.0, "encoder": "x"})
    assert peer.send(MessageType.DATA_AMF0, encode(*values, described)) == [MetadataReceived(dict(described))]
    assert peer.send(MessageType.DATA_AMF3, b"\0" + encode(*values, described)) == [MetadataReceived(dict(described))]


def test_other_data_is_passed_over() -> None:
    peer = Peer().connect()
    assert peer.send(MessageType.DATA_AMF0, encode("onMetaData", {})) == []
    peer.call("publish", 5, None, "key", "live", stream_id=1)
    for body in (b"", encode("@setDataFrame"), encode("onMetaData", 3), encode("onCuePoint", {}), encode(1, 2)):
        assert peer.send(MessageType.DATA_AMF0, body) == []
    assert peer.send(99, b"unknown") == []


def test_commands_in_amf3s_envelope() -> None:
    peer = Peer()
    assert peer.send(MessageType.COMMAND_AMF3, b"\0" + encode("connect", 1, {"app": "live"})) == [
        ConnectRequested("live", "", "")
    ]


@pytest.mark.parametrize(
    ("type_id", "body", "code"),
    [
        (MessageType.VIDEO, b"\x17\x01", RtmpErrorCode.BAD_VIDEO),
        (MessageType.VIDEO, b"\x17\x09\0\0\0", RtmpErrorCode.BAD_VIDEO),
        (MessageType.VIDEO, b"\x12\0\0\0\0", RtmpErrorCode.UNSUPPORTED_CODEC),
        (MessageType.VIDEO, b"\x90hvc1", RtmpErrorCode.UNSUPPORTED_CODEC),
        (MessageType.AUDIO, b"\xaf", RtmpErrorCode.BAD_AUDIO),
        (MessageType.AUDIO, b"\xaf\x02", RtmpErrorCode.BAD_AUDIO),
        (MessageType.AUDIO, b"\x2f\0", RtmpErrorCode.UNSUPPORTED_CODEC),
    ],
)
def test_media_that_is_none(type_id: MessageType, body: bytes, code: RtmpErrorCode) -> None:
    """case 55"""
    with pytest.raises(RtmpError) as caught:
        Peer().publish().send(type_id, body)
    assert caught.value.code is code


def test_empty_and_info_tags_are_passed_over() -> None:
    peer = Peer().publish()
    assert peer.send(MessageType.VIDEO, b"") == peer.send(MessageType.AUDIO, b"") == []
    assert peer.send(MessageType.VIDEO, b"\x57\0") == []


def test_time_stamps_go_on_over_a_wrap_back_a_little_and_never_below_zero() -> None:
    """case 54"""
    peer = Peer().publish()
    told: list[int] = []
    for time in (100, 2**32 - 5, 80, 2**31, 2**32 - 40, 20, 2**32 - 20):
        [event] = peer.send(MessageType.VIDEO, FRAME, time=time)
        assert isinstance(event, VideoReceived)
        told.append(event.timestamp_ms)
    assert told == [100, 0, 80, 2**31, 2**32 - 40, 2**32 + 20, 2**32 - 20]


def test_a_configurations_time_says_nothing_about_the_medias() -> None:
    """case 54"""
    peer = Peer().publish()
    peer.send(MessageType.AUDIO, build_aac_config(b"\x11\x90"), time=0)
    [event] = peer.send(MessageType.AUDIO, build_aac_frame(b"x"), time=2**32 - 10)
    assert isinstance(event, AudioReceived) and event.timestamp_ms == 2**32 - 10


def test_aggregates_are_taken_apart() -> None:
    def tag(type_id: int, time: int, body: bytes) -> bytes:
        head = bytes((type_id,)) + len(body).to_bytes(3, "big") + time.to_bytes(3, "big") + bytes(4)
        return head + body + (len(body) + 11).to_bytes(4, "big")

    peer = Peer().publish()
    body = tag(9, 500, FRAME) + tag(8, 510, build_aac_frame(b"x")) + tag(18, 510, b"")
    video, audio = peer.send(MessageType.AGGREGATE, body, time=1000)
    assert isinstance(video, VideoReceived) and video.timestamp_ms == 1000 and video.tag.payload == b"\0\0\0\1e"
    assert isinstance(audio, AudioReceived) and audio.timestamp_ms == 1010 and audio.tag.payload == b"x"
    for cut in (1, 5, 11, 14):
        with pytest.raises(RtmpError):
            Peer().publish().send(MessageType.AGGREGATE, body[:cut])


def test_pings_are_answered_and_broken_control_is_not() -> None:
    peer = Peer()
    assert peer.send(MessageType.USER_CONTROL, b"\0\6\0\0\1\0", stream_id=0) == []
    [answer] = peer.answers()
    assert (answer.type_id, answer.body) == (MessageType.USER_CONTROL, b"\0\7\0\0\1\0")
    assert peer.send(MessageType.USER_CONTROL, b"\0\3\0\0\0\1\0\0\0\0", stream_id=0) == []
    for type_id, body in [
        (MessageType.USER_CONTROL, b"\0"),
        (MessageType.USER_CONTROL, b"\0\6\0"),
        (MessageType.WINDOW_ACK_SIZE, b"\0"),
        (MessageType.ACKNOWLEDGEMENT, bytes(5)),
        (MessageType.SET_PEER_BANDWIDTH, bytes(4)),
    ]:
        with pytest.raises(RtmpError) as caught:
            Peer().send(type_id, body, stream_id=0)
        assert caught.value.code is RtmpErrorCode.BAD_CONTROL


def test_a_peers_bandwidth_is_answered_with_a_window_once() -> None:
    peer = Peer()
    for _ in range(3):
        peer.send(MessageType.SET_PEER_BANDWIDTH, (5000).to_bytes(4, "big") + b"\2", stream_id=0)
    [answer] = peer.answers()
    assert (answer.type_id, answer.body) == (MessageType.WINDOW_ACK_SIZE, (5000).to_bytes(4, "big"))


def test_bytes_are_acknowledged_even_to_a_peer_that_announced_no_window() -> None:
    peer = Peer().publish()
    for _ in range(3):
        peer.send(MessageType.VIDEO, FRAME + bytes(1_000_000))
    [answer] = peer.answers()
    assert answer.type_id == MessageType.ACKNOWLEDGEMENT and int.from_bytes(answer.body, "big") > 2_500_000


def test_a_flood_holds_no_more_than_one_message() -> None:
    """case 56: what was read is given on at once; to stop reading is the caller's back-pressure"""
    peer = Peer().publish()
    for index in range(50):
        assert len(peer.send(MessageType.VIDEO, FRAME + bytes(100_000), time=index)) == 1
        assert peer.ingest.held_bytes == 0
