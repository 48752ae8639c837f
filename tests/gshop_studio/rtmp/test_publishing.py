"""Publisher and ingest speak with each other: the whole conversation, without a network."""

from __future__ import annotations

import itertools

import pytest

from gshop_studio.rtmp import (
    AudioReceived,
    BytesAcknowledged,
    ConnectRequested,
    IngestState,
    MetadataReceived,
    PingAnswered,
    PublisherState,
    PublishFinished,
    PublishRefused,
    PublishRequested,
    PublishStarted,
    RtmpError,
    RtmpErrorCode,
    VideoReceived,
)
from gshop_studio.rtmp.flv import build_aac_config, build_avc_frame
from tests.gshop_studio.rtmp.conversation import conversation


def test_a_show_from_connect_to_goodbye() -> None:
    talk = conversation()
    talk.run()
    assert talk.publisher.state is PublisherState.PUBLISHING
    assert talk.publisher_events == [PublishStarted()]
    talk.publisher.send_metadata({"width": 1280.0})
    talk.publisher.send_audio(0, build_aac_config(b"\x11\x90"))
    talk.publisher.send_video(2**32 - 40, build_avc_frame(b"\0\0\0\1e", is_keyframe=True, composition_ms=-3))
    talk.publisher.send_video(2**32 + 5, build_avc_frame(b"\0\0\0\1a" * 5000, is_keyframe=False, composition_ms=0))
    talk.publisher.send_ping(77)
    talk.ingest.send_ping(78)
    talk.run()
    talk.publisher.finish()
    talk.run()
    connect, publish, metadata, audio, first, second, pong, finished = talk.ingest_events
    assert connect == ConnectRequested("live", "rtmp://127.0.0.1/live", "FMLE/3.0 (compatible; GSHOP)")
    assert publish == PublishRequested("key?a=b")
    assert metadata == MetadataReceived({"width": 1280.0})
    assert isinstance(audio, AudioReceived) and audio.tag.is_config and audio.tag.payload == b"\x11\x90"
    assert isinstance(first, VideoReceived) and first.tag.is_keyframe and first.tag.composition_ms == -3
    assert isinstance(second, VideoReceived) and second.tag.payload == b"\0\0\0\1a" * 5000
    assert second.timestamp_ms - first.timestamp_ms == 45
    assert {pong, finished} == {PingAnswered(78), PublishFinished()}
    assert PingAnswered(77) in talk.publisher_events


def test_a_wrong_key_is_refused_with_the_servers_words() -> None:
    """case 57"""
    talk = conversation()
    talk.refuse_publish = True
    talk.run()
    assert talk.publisher_events == [PublishRefused("NetStream.Publish.BadName", "Wrong key.")]
    assert talk.publisher.state is PublisherState.REFUSED


def test_a_wrong_application_is_refused_at_connect() -> None:
    talk = conversation()
    talk.refuse_connect = True
    talk.run()
    assert talk.publisher_events == [PublishRefused("NetConnection.Connect.Rejected", "Not here.")]


def test_the_ingest_acknowledges_by_the_window_the_publisher_announced() -> None:
    talk = conversation(window_ack_size=10_000)
    talk.run()
    for index in range(20):
        talk.publisher.send_video(
            index, build_avc_frame(b"\0\0\x04\0" + bytes(1024), is_keyframe=False, composition_ms=0)
        )
        talk.run()
    acknowledged = [event.total for event in talk.publisher_events if isinstance(event, BytesAcknowledged)]
    assert len(acknowledged) == talk.publisher.bytes_queued_total // 10_000 == 2
    assert all(b - a >= 10_000 for a, b in itertools.pairwise(acknowledged))
    assert talk.publisher.bytes_acknowledged == acknowledged[-1] <= talk.publisher.bytes_queued_total


def test_a_closed_connection_is_a_refusal_only_while_an_answer_is_owed() -> None:
    talk = conversation()
    assert talk.publisher.receive_eof() == []
    talk.ingest.receive_data(talk.publisher.data_to_send())
    talk.publisher.receive_data(talk.ingest.data_to_send())
    assert talk.publisher.state is PublisherState.CONNECTING
    assert talk.publisher.receive_eof() == [PublishRefused("NetConnection.Connect.Closed", "")]
    talk = conversation()
    talk.run()
    assert talk.publisher.receive_eof() == []


def test_media_before_the_start_and_after_the_end_is_the_callers_mistake() -> None:
    talk = conversation()
    with pytest.raises(RtmpError) as early:
        talk.publisher.send_video(0, b"")
    with pytest.raises(RtmpError):
        talk.publisher.send_ping(0)
    with pytest.raises(RtmpError):
        talk.publisher.start()
    talk.run()
    talk.publisher.finish()
    talk.publisher.finish()
    with pytest.raises(RtmpError) as late:
        talk.publisher.send_audio(0, b"")
    assert early.value.code == late.value.code == RtmpErrorCode.WRONG_STATE
    talk.run()
    assert talk.ingest_events[-1] == PublishFinished()


def test_no_error_text_and_no_repr_shows_the_key() -> None:
    """case 44"""
    talk = conversation("canary-key")
    talk.run()
    assert "canary-key" not in repr(talk.ingest_events)
    assert "canary-key" not in repr(talk.publisher) + repr(talk.publisher_events)


def test_a_publish_under_way_can_be_ended_with_a_reason() -> None:
    """A show that is over tells its publisher so; nothing more is taken from it."""
    talk = conversation()
    talk.run()
    talk.ingest.reject_publish("NetStream.Publish.BadName", "The show is over.")
    talk.run()
    assert talk.publisher_events[-1] == PublishRefused("NetStream.Publish.BadName", "The show is over.")
    assert talk.ingest.state is IngestState.REJECTED
