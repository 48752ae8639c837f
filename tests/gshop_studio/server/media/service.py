"""The embedded back end on real sockets: RTMP on one free port, HLS by uvicorn on another, ffmpeg at both ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import httpx
import uvicorn

from gshop_studio.server.media.embedded import EmbeddedMedia, MediaLimits
from gshop_studio.server.media.embedded.limits import GuessLimits, IngestTimes
from gshop_studio.server.media.ports import PublishGrant, PublishRefusal, RefusalReason
from tests.gshop_studio.server.media.hls import Playlist, read_playlist

T = TypeVar("T")
STREAM_ID = "0193a5e0-0000-7000-8000-000000000001"
OTHER_STREAM_ID = "0193a5e0-0000-7000-8000-000000000002"
KEY = "canary-key-5f2c9a"
QUICK = MediaLimits(
    times=IngestTimes(handshake_s=1, publish_s=1, idle_s=2, linger_s=0.5, settle_s=0.25, takeover_s=1),
    guesses=GuessLimits(delay_s=0.1, max_wrong=3),
)
"""For peers in this process."""
PATIENT = replace(QUICK, times=replace(QUICK.times, handshake_s=20, publish_s=20, idle_s=10, takeover_s=2))
"""For other programs, on a busy machine."""


@dataclass
class Authority:
    """The streams domain, as far as media asks."""

    streams_by_key: dict[str, str] = field(default_factory=lambda: {KEY: STREAM_ID, "other-key": OTHER_STREAM_ID})
    not_live: set[str] = field(default_factory=set)
    told: list[tuple[str, str]] = field(default_factory=list)
    asked: int = 0

    async def authorise_publish(self, key: str, address: str) -> PublishGrant | PublishRefusal:
        assert address
        self.asked += 1
        stream_id = self.streams_by_key.get(key)
        if stream_id is None:
            return PublishRefusal(RefusalReason.WRONG_KEY)
        if stream_id in self.not_live:
            return PublishRefusal(RefusalReason.NOT_LIVE)
        return PublishGrant(stream_id)

    async def media_started(self, stream_id: str) -> None:
        self.told.append(("started", stream_id))

    async def media_stopped(self, stream_id: str) -> None:
        self.told.append(("stopped", stream_id))


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Service:
    media: EmbeddedMedia
    authority: Authority
    http_url: str
    client: httpx.AsyncClient

    @property
    def rtmp_url(self) -> str:
        return f"rtmp://127.0.0.1:{self.media.rtmp_port}/live"

    def playlist_url(self, stream_id: str = STREAM_ID) -> str:
        return f"{self.http_url}/live/{stream_id}/index.m3u8"

    async def playlist(self, stream_id: str = STREAM_ID) -> Playlist | None:
        answer = await self.client.get(self.playlist_url(stream_id))
        if answer.status_code == 404:
            return None
        assert answer.status_code == 200
        return read_playlist(answer.text)

    async def listed(self, count: int, stream_id: str = STREAM_ID, *, timeout_s: float = 30) -> Playlist:
        """The playlist once it lists so many segments."""

        async def read() -> Playlist | None:
            playlist = await self.playlist(stream_id)
            return playlist if playlist and len(playlist.segments) >= count else None

        return await until(read, timeout_s=timeout_s, what=f"{count} segments")

    async def fetch(self, name: str, stream_id: str = STREAM_ID) -> bytes:
        answer = await self.client.get(f"{self.http_url}/live/{stream_id}/{name}")
        assert answer.status_code == 200, name
        return answer.content

    async def told(self, *what: tuple[str, str]) -> None:
        async def heard() -> bool:
            return self.authority.told == list(what)

        await until(heard, what=f"{what}, not {self.authority.told}")


@contextlib.asynccontextmanager
async def serving(app: Callable[..., Awaitable[None]]) -> AsyncIterator[int]:
    """An ASGI application on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, interface="asgi3", lifespan="off", ws="none", log_config=None, access_log=False)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
        listener.close()


@contextlib.asynccontextmanager
async def running(limits: MediaLimits = PATIENT, *, state_dir: Path | None = None) -> AsyncIterator[Service]:
    """The whole back end. Whatever a peer does, no task of it may end in an error that nobody expected."""
    unexpected: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unexpected.append(context))
    authority = Authority()
    media = EmbeddedMedia(authority, host="127.0.0.1", rtmp_port=0, state_dir=state_dir, limits=limits)
    await media.start()
    try:
        async with serving(media.playback_app) as port, httpx.AsyncClient() as client:
            yield Service(media, authority, f"http://127.0.0.1:{port}", client)
    finally:
        await media.close()
    assert unexpected == []


async def until(ask: Callable[[], Awaitable[T | None]], *, timeout_s: float = 30, what: str = "") -> T:
    """The first answer that is true."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        if answer := await ask():
            return answer
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"waited {timeout_s} s in vain for {what or ask}")
        await asyncio.sleep(0.05)


@dataclass
class Finished:
    status: int
    stdout: str
    stderr: str


async def run_program(*arguments: str, timeout_s: float = 40) -> Finished:
    """A program to its end."""
    async with program(*arguments) as process:
        stdout, stderr = await asyncio.wait_for(process.communicate(), timeout_s)
        assert process.returncode is not None
        return Finished(process.returncode, stdout.decode(), stderr.decode())


@contextlib.asynccontextmanager
async def program(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program that is surely over after the block."""
    process = await asyncio.create_subprocess_exec(
        *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def ffmpeg_publisher(
    url: str,
    *,
    duration_s: float = 60,
    size: str = "192x108",
    fps: str = "30",
    gop: int = 30,
    video: tuple[str, ...] = ("-bf", "0"),
    sound: tuple[str, ...] | None = ("-c:a", "aac", "-ac", "2"),
    real_time: bool = True,
) -> list[str]:
    """The command line of ffmpeg, publishing its test picture and a tone."""
    rate = ["-re"] if real_time else []
    inputs = [*rate, "-f", "lavfi", "-i", f"testsrc2=size={size}:rate={fps}"]
    if sound is not None:
        inputs += [*rate, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    x264 = ["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p", "-g", str(gop)]
    x264 += ["-sc_threshold", "0", *video]
    head = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error"]
    return [*head, *inputs, "-t", str(duration_s), *x264, *(sound or ()), "-f", "flv", url]


def with_times(**times: float) -> MediaLimits:
    """The patient limits with other deadlines."""
    return replace(PATIENT, times=replace(PATIENT.times, **times))
