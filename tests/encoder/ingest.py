"""A small real ingest for the engine's tests: `IngestConnection` behind a socket, in a thread of its own.

It keeps what is published, and can be made to refuse, to fall silent, or to hang up.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gshop_studio.rtmp import (
    AudioReceived,
    ConnectRequested,
    IngestConnection,
    IngestEvent,
    MetadataReceived,
    PublishFinished,
    PublishRequested,
    RtmpError,
    VideoReceived,
)

STREAM_KEY = "canary-5f1c-stream-key"


@dataclass(frozen=True)
class Sample:
    """One picture or block of sound as it arrived."""

    timestamp_ms: int
    is_keyframe: bool
    payload: bytes


@dataclass
class Publication:
    """What one connection published."""

    metadata: dict[str, Any] = field(default_factory=dict)
    avc_configs: list[bytes] = field(default_factory=list)
    audio_configs: list[bytes] = field(default_factory=list)
    pictures: list[Sample] = field(default_factory=list)
    sounds: list[Sample] = field(default_factory=list)
    order_ms: list[int] = field(default_factory=list)
    """The time stamps of all of it, as they came."""
    is_finished: bool = False


class Ingest:
    """The server. Its switches may be thrown at any time."""

    def __init__(
        self, port: int = 0, tls: ssl.SSLContext | None = None, *, receive_buffer_bytes: int | None = None
    ) -> None:
        """`receive_buffer_bytes`: as much as the system takes for us, unread."""
        self.publications: list[Publication] = []
        self.refusal: tuple[str, str] | None = None
        """The status and the words to refuse publishers with."""
        self.is_deaf = False
        """Read nothing more, answer nothing more; connections stay open."""
        self.goes_deaf_when_published = False
        """Read nothing more as soon as a publish was accepted."""
        self.is_mute = False
        """Read on, but send nothing after the publish was accepted: no acknowledgements, no answers to pings."""
        self.hangs_up_on_publish = False
        """Close instead of answering a publish, as nginx-rtmp refuses one."""
        self._tls = tls
        self._is_closed = False
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", port))
        if receive_buffer_bytes:
            self._listener.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes
            )  # accepted ones inherit
        self._listener.settimeout(0.1)
        self.port = int(self._listener.getsockname()[1])
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"{'rtmps' if self._tls else 'rtmp'}://127.0.0.1:{self.port}/live"

    @property
    def pictures(self) -> list[Sample]:
        """Of all connections, in order."""
        return [sample for publication in list(self.publications) for sample in list(publication.pictures)]

    @property
    def sounds(self) -> list[Sample]:
        return [sample for publication in list(self.publications) for sample in list(publication.sounds)]

    def hang_up(self) -> None:
        """Cut every connection, without a word."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._is_closed = True
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(timeout=5)

    def _start(self, target: Any, *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            connection.settimeout(5)
            if self._tls:
                try:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                except OSError:
                    return
                stack.callback(connection.close)
            connection.settimeout(0.1)
            self._open.add(connection)
            stack.callback(self._open.discard, connection)
            with contextlib.suppress(RtmpError, OSError):
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        machine, publication = IngestConnection(), Publication()
        while not self._is_closed:
            if self.is_deaf:
                threading.Event().wait(0.05)
                continue
            try:
                data = connection.recv(65536)
            except TimeoutError:
                continue
            if not data:
                return
            was_published = any(one is publication for one in self.publications)
            for event in machine.receive_data(data):
                self._take(event, machine, publication)
            if self.is_deaf:
                continue
            answer = machine.data_to_send()
            if self.is_mute and was_published:
                continue
            connection.sendall(answer)
            if self.goes_deaf_when_published and publication in self.publications:
                self.is_deaf = True

    def _take(self, event: IngestEvent, machine: IngestConnection, publication: Publication) -> None:
        match event:
            case ConnectRequested():
                machine.accept_connect()
            case PublishRequested() if self.hangs_up_on_publish:
                self.hang_up()
            case PublishRequested(stream_key):
                if self.refusal or stream_key != STREAM_KEY:
                    machine.reject_publish(*(self.refusal or ("NetStream.Publish.BadName", "wrong key")))
                else:
                    self.publications.append(publication)
                    machine.accept_publish()
            case MetadataReceived(values):
                publication.metadata = values
            case VideoReceived(timestamp_ms, tag):
                if tag.is_config:
                    publication.avc_configs.append(tag.payload)
                    return
                publication.order_ms.append(timestamp_ms)
                publication.pictures.append(Sample(timestamp_ms, tag.is_keyframe, tag.payload))
            case AudioReceived(timestamp_ms, tag):
                if tag.is_config:
                    publication.audio_configs.append(tag.payload)
                    return
                publication.order_ms.append(timestamp_ms)
                publication.sounds.append(Sample(timestamp_ms, True, tag.payload))
            case PublishFinished():
                publication.is_finished = True


@contextlib.contextmanager
def running_ingest(
    port: int = 0, tls: ssl.SSLContext | None = None, *, receive_buffer_bytes: int | None = None
) -> Iterator[Ingest]:
    """The server; closed with the block."""
    ingest = Ingest(port, tls, receive_buffer_bytes=receive_buffer_bytes)
    try:
        yield ingest
    finally:
        ingest.close()


class BlackHole:
    """Somebody who listens and never answers."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.port = int(listener.getsockname()[1])

    def was_called(self) -> bool:
        """Whether a connection waits to be accepted, which it never will be."""
        return bool(select.select([self._listener], [], [], 0)[0])


@contextlib.contextmanager
def black_hole() -> Iterator[BlackHole]:
    """Closed with the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield BlackHole(listener)
