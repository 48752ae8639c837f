"""Publisher and ingest speak with each other: the whole conversation, without a network."""

from __future__ import annotations

from gshop_studio.rtmp import (
    AudioReceived,
    ConnectRequested,
    IngestConnection,
    IngestEvent,
    MetadataReceived,
    PingAnswered,
    PublisherConnection,
    PublisherEvent,
    PublisherState,
    PublishFinished,
    PublishRefused,
    PublishRequested,
    PublishStarted,
    VideoReceived,
)
from gshop_studio.rtmp.flv import build_aac_config, build_avc_frame


class Conversation:
    """Both ends, joined; the ingest grants everything unless told otherwise."""

    def __init__(self, publisher: PublisherConnection, ingest: IngestConnection) -> None:
        self.publisher = publisher
        self.ingest = ingest
        self.ingest_events: list[IngestEvent] = []
        self.publisher_events: list[PublisherEvent] = []
        self.refuse_connect = self.refuse_publish = False

    def run(self) -> None:
        """Carry bytes to and fro until both are silent."""
        while True:
            up = self.publisher.data_to_send()
            for event in self.ingest.receive_data(up) if up else []:
                self.ingest_events.append(event)
                self._answer(event)
            down = self.ingest.data_to_send()
            if down:
                self.publisher_events += self.publisher.receive_data(down)
            if not up and not down:
                return

    def _answer(self, event: IngestEvent) -> None:
        match event:
            case ConnectRequested() if self.refuse_connect:
                self.ingest.reject_connect("Not here.")
            case ConnectRequested():
                self.ingest.accept_connect()
            case PublishRequested() if self.refuse_publish:
                self.ingest.reject_publish("NetStream.Publish.BadName", "Wrong key.")
            case PublishRequested():
                self.ingest.accept_publish()


def conversation(key: str = "key?a=b") -> Conversation:
    publisher = PublisherConnection("live", "rtmp://127.0.0.1/live", key)
    talk = Conversation(publisher, IngestConnection())
    publisher.start()
    return talk


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
