"""A publisher for tests: our own protocol code on a real socket, every step under the test's control."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable

from gshop_studio.rtmp import PublisherConnection, PublisherEvent, PublishRefused, PublishStarted, flv
from gshop_studio.rtmp.flv import VideoTag
from tests.gshop_studio.server.media.footage import Tag
from tests.gshop_studio.server.media.service import KEY, Service


class Client:
    """One connection; the server's answers collect in `events`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.rtmp: PublisherConnection | None = None
        self.events: list[PublisherEvent] = []
        self.is_closed = False

    async def publish(self, service: Service, key: str = KEY, app: str = "live") -> PublisherEvent:
        """Ask to publish; the answer."""
        self.rtmp = PublisherConnection(app, service.rtmp_url, key)
        self.rtmp.start()
        await self.flush()
        while not self.is_closed:
            for event in await self.receive():
                if isinstance(event, PublishStarted | PublishRefused):
                    return event
        raise ConnectionError("closed without an answer")

    async def receive(self) -> list[PublisherEvent]:
        """What the server says next."""
        assert self.rtmp is not None
        data = await asyncio.wait_for(self.reader.read(65536), 20)
        self.is_closed = not data
        events = self.rtmp.receive_data(data) if data else []
        self.events += events
        await self.flush()
        return events

    async def flush(self) -> None:
        assert self.rtmp is not None
        self.writer.write(self.rtmp.data_to_send())
        await self.writer.drain()

    async def send(self, tags: Iterable[Tag]) -> None:
        """Media, as fast as it is taken."""
        assert self.rtmp is not None
        for one in tags:
            if isinstance(one.tag, VideoTag):
                self.rtmp.send_video(one.timestamp_ms, video_body(one.tag))
            else:
                build = flv.build_aac_config if one.tag.is_config else flv.build_aac_frame
                self.rtmp.send_audio(one.timestamp_ms, build(one.tag.payload))
        await self.flush()

    async def closed_by_server(self, timeout_s: float = 20) -> bytes:
        """What the server still sends until it closes."""
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(), timeout_s)
        return b""


def video_body(tag: VideoTag) -> bytes:
    if tag.is_config:
        return flv.build_avc_config(tag.payload)
    return flv.build_avc_frame(tag.payload, is_keyframe=tag.is_keyframe, composition_ms=tag.composition_ms)


@contextlib.asynccontextmanager
async def connected(service: Service) -> AsyncIterator[Client]:
    """A TCP connection to the ingest."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.media.rtmp_port)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
