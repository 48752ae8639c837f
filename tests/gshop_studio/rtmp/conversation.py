"""A publisher and an ingest joined without a network, and what they said to each other."""

from __future__ import annotations

from gshop_studio.rtmp import (
    ConnectRequested,
    IngestConnection,
    IngestEvent,
    PublisherConnection,
    PublisherEvent,
    PublishRequested,
)


class Conversation:
    """Both ends, joined; the ingest grants everything unless told otherwise."""

    def __init__(self, publisher: PublisherConnection, ingest: IngestConnection) -> None:
        self.publisher = publisher
        self.ingest = ingest
        self.ingest_events: list[IngestEvent] = []
        self.publisher_events: list[PublisherEvent] = []
        self.refuse_connect = self.refuse_publish = False
        self.said_by_publisher = bytearray()
        self.said_by_ingest = bytearray()

    def run(self) -> None:
        """Carry bytes to and fro until both are silent."""
        while True:
            up = self.publisher.data_to_send()
            self.said_by_publisher += up
            for event in self.ingest.receive_data(up) if up else []:
                self.ingest_events.append(event)
                self._answer(event)
            down = self.ingest.data_to_send()
            self.said_by_ingest += down
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


def conversation(key: str = "key?a=b", *, chunk_size: int = 4096, window_ack_size: int = 160_000) -> Conversation:
    """The two, at the very start."""
    publisher = PublisherConnection(
        "live", "rtmp://127.0.0.1/live", key, chunk_size=chunk_size, window_ack_size=window_ack_size, random_bytes=bytes
    )
    talk = Conversation(publisher, IngestConnection(random_bytes=bytes))
    publisher.start()
    return talk


def answering(ingest: IngestConnection, data: bytes) -> list[IngestEvent]:
    """What the ingest makes of `data`, every request granted."""
    events = ingest.receive_data(data)
    for event in events:
        if isinstance(event, ConnectRequested):
            ingest.accept_connect()
        elif isinstance(event, PublishRequested):
            ingest.accept_publish()
    return events
