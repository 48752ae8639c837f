"""Our two ends against the field's: ffmpeg publishes to our ingest, our publisher publishes to nginx-rtmp."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gshop_studio.rtmp import (
    AudioReceived,
    BytesAcknowledged,
    ConnectRequested,
    IngestConnection,
    IngestEvent,
    IngestState,
    MetadataReceived,
    PingAnswered,
    PublisherConnection,
    PublisherEvent,
    PublisherState,
    PublishFinished,
    PublishRefused,
    PublishRequested,
    PublishStarted,
    RtmpError,
    VideoReceived,
)
from gshop_studio.rtmp.aac import AacConfig
from gshop_studio.rtmp.avc import AvcConfig, join_nals, split_annexb, split_nals
from gshop_studio.rtmp.flv import build_aac_config, build_aac_frame, build_avc_config, build_avc_frame

_READ_BYTES = 65_536
_TIMEOUT_S = 60.0
_GOOD_KEY = "good-key"


@contextlib.asynccontextmanager
async def our_ingest(events: list[IngestEvent]) -> AsyncIterator[int]:
    """A server of IngestConnection that takes one key; gives its port, gathers the events."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ingest = IngestConnection()
        with contextlib.suppress(ConnectionError, RtmpError):
            while ingest.state is not IngestState.REJECTED and (data := await reader.read(_READ_BYTES)):
                for event in ingest.receive_data(data):
                    events.append(event)
                    if isinstance(event, ConnectRequested):
                        ingest.accept_connect()
                    elif isinstance(event, PublishRequested) and event.stream_key == _GOOD_KEY:
                        ingest.accept_publish()
                        ingest.send_ping(1)  # its answer says that the peer has read our yes
                    elif isinstance(event, PublishRequested):
                        ingest.reject_publish("NetStream.Publish.BadName", "No such stream key")
                writer.write(ingest.data_to_send())
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def ffmpeg_publishes(url: str) -> tuple[int, str]:
    """Two seconds of a test card and a tone, as fast as it goes; the exit status and what it complained of."""
    arguments = "-hide_banner -loglevel error -nostdin -f lavfi -i testsrc=size=320x180:rate=30 -f lavfi -i sine"
    encoding = "-t 2 -c:v libx264 -preset ultrafast -bf 2 -g 30 -pix_fmt yuv420p -c:a aac -f flv"
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", *arguments.split(), *encoding.split(), url, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, complaints = await asyncio.wait_for(process.communicate(), _TIMEOUT_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, complaints.decode(errors="replace")


async def test_ffmpeg_publishes_to_our_ingest() -> None:
    events: list[IngestEvent] = []
    async with our_ingest(events) as port:
        status, complaints = await ffmpeg_publishes(f"rtmp://127.0.0.1:{port}/live/{_GOOD_KEY}")
    assert (status, complaints) == (0, "")
    assert PingAnswered(1) in events
    connect, publish, metadata = [event for event in events if not isinstance(event, PingAnswered)][:3]
    assert isinstance(connect, ConnectRequested) and connect.app == "live"
    assert publish == PublishRequested(_GOOD_KEY)
    assert isinstance(metadata, MetadataReceived) and metadata.values["width"] == 320
    assert events[-1] == PublishFinished()
    video = [event for event in events if isinstance(event, VideoReceived)]
    audio = [event for event in events if isinstance(event, AudioReceived)]
    avc, aac = AvcConfig.parse(video[0].tag.payload), AacConfig.parse(audio[0].tag.payload)
    assert (avc.width, avc.height) == (320, 180)
    assert (aac.object_type, aac.sample_rate_hz, aac.channels) == (2, 44100, 1)
    frames = [event for event in video if not event.tag.is_config and event.tag.payload]
    assert len(frames) == 60
    assert [index for index, event in enumerate(frames) if event.tag.is_keyframe] == [0, 30]
    times = [event.timestamp_ms for event in frames]
    assert times == sorted(times) and 1900 <= times[-1] - times[0] <= 2000
    assert _decoded_pictures(avc, frames) == 60


def _decoded_pictures(avc: AvcConfig, frames: list[VideoReceived]) -> int:
    decoder = av.CodecContext.create("h264", "r")
    start = b"\0\0\0\1"
    decoder.extradata = b"".join(start + nal for nal in (*avc.sps, *avc.pps))
    count = 0
    for event in frames:
        units = split_nals(event.tag.payload, avc.nal_length_size)
        count += len(decoder.decode(av.Packet(b"".join(start + unit for unit in units))))
    return count + len(decoder.decode(None))


async def test_ffmpeg_shows_our_refusal_and_fails() -> None:
    """case 57"""
    events: list[IngestEvent] = []
    async with our_ingest(events) as port:
        status, complaints = await ffmpeg_publishes(f"rtmp://127.0.0.1:{port}/live/wrong-key")
    assert status != 0
    assert "No such stream key" in complaints
    assert not any(isinstance(event, VideoReceived) for event in events)


# -- our publisher and nginx-rtmp --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Nginx:
    port: int
    directory: Path


@contextlib.asynccontextmanager
async def publish_callback() -> AsyncIterator[int]:
    """The HTTP callback that nginx-rtmp asks: 200 for the good key, 403 for others."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        status = "200 OK" if f"&name={_GOOD_KEY}&".encode() in request.split(b"\r\n")[0] else "403 Forbidden"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def nginx_rtmp(directory: Path, applications: str) -> AsyncIterator[Nginx]:
    """nginx with its RTMP module, in the foreground, everything it writes in `directory`."""
    log = directory / "error.log"
    for _ in range(5):
        port = _free_port()
        (directory / "nginx.conf").write_text(f"""
            daemon off; master_process off; pid {directory}/pid; error_log {log} info;
            load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
            events {{}}
            rtmp {{ server {{ listen 127.0.0.1:{port}; {applications} }} }}
        """)
        process = await asyncio.create_subprocess_exec(
            "nginx", "-p", directory, "-e", log, "-c", directory / "nginx.conf", env=os.environ | {"PATH": _PATH}
        )
        try:
            if await _is_listening(port, process):
                yield Nginx(port, directory)
                return
        finally:
            if process.returncode is None:
                process.terminate()
            await asyncio.wait_for(process.wait(), _TIMEOUT_S)
    pytest.fail(f"nginx did not start: {log.read_text()}")


_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _is_listening(port: int, process: asyncio.subprocess.Process) -> bool:
    """Wait until it takes connections, or is gone (somebody else took the port)."""
    async with asyncio.timeout(_TIMEOUT_S):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return True
    return False


@pytest.fixture
async def nginx(tmp_path: Path) -> AsyncIterator[Nginx]:
    """An open application that records, and one that asks a callback."""
    async with publish_callback() as callback_port:
        applications = f"""
            application live {{ live on; record all; record_path {tmp_path}; record_suffix .flv; }}
            application guarded {{
                live on; notify_method get; on_publish http://127.0.0.1:{callback_port}/auth;
            }}
        """
        async with nginx_rtmp(tmp_path, applications) as running:
            yield running


@dataclass
class Client:
    """A tiny publisher: PublisherConnection on an asyncio stream."""

    port: int
    app: str
    key: str
    events: list[PublisherEvent] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Client]:
        url = f"rtmp://127.0.0.1:{self.port}/{self.app}"
        self.connection = PublisherConnection(self.app, url, self.key, window_ack_size=10_000)
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._changed = asyncio.Event()
        self.connection.start()
        await self.flush()
        pump = asyncio.create_task(self._pump())
        try:
            yield self
        finally:
            pump.cancel()
            self._writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await pump
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()

    async def flush(self) -> None:
        self._writer.write(self.connection.data_to_send())
        await self._writer.drain()

    async def _pump(self) -> None:
        while data := await self._reader.read(_READ_BYTES):
            self.events += self.connection.receive_data(data)
            await self.flush()
            self._changed.set()
        self.events += self.connection.receive_eof()
        self._changed.set()

    async def saw(self, kind: type[PublisherEvent]) -> PublisherEvent:
        async with asyncio.timeout(_TIMEOUT_S):
            while True:
                for event in self.events:
                    if isinstance(event, kind):
                        return event
                self._changed.clear()
                await self._changed.wait()

    async def acknowledged(self, total: int) -> None:
        async with asyncio.timeout(_TIMEOUT_S):
            while self.connection.bytes_acknowledged < total:
                self._changed.clear()
                await self._changed.wait()


async def publish_a_show(client: Client, *, frames: int, start_ms: int) -> None:
    """Pictures and a tone that PyAV encodes, handed over as the engine would."""
    with av.open(os.devnull, "w", format="flv") as encoders:
        video = encoders.add_stream("libx264", rate=30, options={"preset": "ultrafast", "g": "30", "bf": "2"})
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        audio = encoders.add_stream("aac", rate=48000, layout="stereo")
        encoders.start_encoding()
        connection = client.connection
        connection.send_metadata({"width": 320.0, "height": 180.0, "videocodecid": 7.0, "audiocodecid": 10.0})
        assert video.codec_context.extradata and audio.codec_context.extradata
        config = AvcConfig.from_annexb(video.codec_context.extradata)
        connection.send_video(start_ms, build_avc_config(config.build()))
        connection.send_audio(start_ms, build_aac_config(audio.codec_context.extradata))
        for index in range(frames + 1):
            packets = video.encode(_picture(index) if index < frames else None)
            packets += audio.encode(_sound(index) if index < frames else None)
            for packet in packets:
                _send(connection, packet, start_ms)
            await client.flush()


def _picture(index: int) -> av.VideoFrame:
    pixels = np.random.default_rng(index).integers(0, 255, (180, 320, 3), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.pts, frame.time_base = index, Fraction(1, 30)
    return frame


def _sound(index: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.zeros((2, 1600), dtype=np.float32), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = 48000, index * 1600, Fraction(1, 48000)
    return frame


def _send(connection: PublisherConnection, packet: av.Packet[Any], start_ms: int) -> None:
    assert packet.dts is not None and packet.pts is not None and packet.time_base is not None
    decoding_ms = start_ms + round(packet.dts * packet.time_base * 1000)
    if packet.stream.type == "audio":
        connection.send_audio(decoding_ms, build_aac_frame(bytes(packet)))
        return
    composition_ms = round((packet.pts - packet.dts) * packet.time_base * 1000)
    body = join_nals(split_annexb(bytes(packet)))
    connection.send_video(
        decoding_ms, build_avc_frame(body, is_keyframe=packet.is_keyframe, composition_ms=composition_ms)
    )


async def _recorded_frames(recording: Path) -> list[tuple[str, int]]:
    arguments = "-v error -count_frames -show_entries stream=codec_name,nb_read_frames -of json"
    process = await asyncio.create_subprocess_exec(
        "ffprobe", *arguments.split(), recording, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, complaints = await asyncio.wait_for(process.communicate(), _TIMEOUT_S)
    assert (process.returncode, complaints) == (0, b"")
    return [(stream["codec_name"], int(stream["nb_read_frames"])) for stream in json.loads(out)["streams"]]


@pytest.mark.parametrize("start_ms", [1000, 0xFFFFFF - 500], ids=["early", "over the extended field's edge"])
async def test_nginx_takes_and_acknowledges_our_show(nginx: Nginx, start_ms: int) -> None:
    """case 54"""
    async with Client(nginx.port, "live", "show?token=1").running() as client:
        assert await client.saw(PublishStarted) == PublishStarted()
        await publish_a_show(client, frames=45, start_ms=start_ms)
        client.connection.send_ping(123)
        await client.flush()
        assert await client.saw(PingAnswered) == PingAnswered(123)
        await client.acknowledged(client.connection.bytes_queued_total - 10_000 - _READ_BYTES)
        assert await client.saw(BytesAcknowledged)
        client.connection.finish()
        await client.flush()
        await _until_closed(nginx.directory / "show.flv", client)
    frames = dict(await _recorded_frames(nginx.directory / "show.flv"))
    assert frames["h264"] == 45
    assert frames["aac"] >= 69


async def _until_closed(recording: Path, client: Client) -> None:
    """nginx closes the recording when it has read our goodbye: once it answers a ping sent after it."""
    client.events.clear()
    client.connection.send_ping(456)
    await client.flush()
    assert await client.saw(PingAnswered) == PingAnswered(456)
    assert recording.exists()


async def test_nginx_refuses_a_key_in_use(nginx: Nginx) -> None:
    """case 57"""
    async with Client(nginx.port, "live", "show").running() as first:
        await first.saw(PublishStarted)
        async with Client(nginx.port, "live", "show").running() as second:
            refused = await second.saw(PublishRefused)
            assert isinstance(refused, PublishRefused) and refused.code == "NetStream.Publish.BadName"
            assert second.connection.state is PublisherState.REFUSED


async def test_nginx_asks_its_callback_and_takes_the_right_key(nginx: Nginx) -> None:
    async with Client(nginx.port, "guarded", _GOOD_KEY).running() as client:
        assert await client.saw(PublishStarted) == PublishStarted()


@pytest.mark.parametrize("app", ["guarded", "absent"])
async def test_nginx_closes_without_a_word_where_it_means_no(nginx: Nginx, app: str) -> None:
    """case 57: a callback that says 403, and an application that does not exist"""
    async with Client(nginx.port, app, "wrong-key").running() as client:
        assert await client.saw(PublishRefused) == PublishRefused("NetConnection.Connect.Closed", "")
        assert client.connection.state is PublisherState.REFUSED


async def test_nginx_pushes_our_show_on_to_our_ingest(tmp_path: Path) -> None:
    events: list[IngestEvent] = []
    async with our_ingest(events) as port:
        push = f"application live {{ live on; push rtmp://127.0.0.1:{port}/live/{_GOOD_KEY}; }}"
        async with nginx_rtmp(tmp_path, push) as running, Client(running.port, "live", "show").running() as client:
            await client.saw(PublishStarted)
            await _until(lambda: PingAnswered(1) in events)
            await publish_a_show(client, frames=45, start_ms=1000)
            await _until(lambda: len(_frames(events)) >= 45)
    assert isinstance(events[0], ConnectRequested) and events[0].app == "live"
    frames = _frames(events)
    assert frames[0].tag.is_keyframe and len(frames) == 45
    [config, *_] = [event for event in events if isinstance(event, VideoReceived) and event.tag.is_config]
    assert _decoded_pictures(AvcConfig.parse(config.tag.payload), frames) == 45


def _frames(events: list[IngestEvent]) -> list[VideoReceived]:
    return [event for event in events if isinstance(event, VideoReceived) and not event.tag.is_config]


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_TIMEOUT_S):
        while not condition():
            await asyncio.sleep(0.02)
