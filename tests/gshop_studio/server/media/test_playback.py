"""What viewers' requests get: types, caching, ranges, CORS, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from gshop_studio.server.media.embedded.limits import WindowLimits
from gshop_studio.server.media.embedded.live_streams import LiveStreams
from gshop_studio.server.media.embedded.numbers import NumberFiles
from gshop_studio.server.media.embedded.packager import EPOCH_MS
from gshop_studio.server.media.embedded.playback import Playback
from tests.gshop_studio.server.media.service import STREAM_ID, serving
from tests.gshop_studio.server.media.test_window import SEGMENT

DATA = SEGMENT.data
BASE = f"/live/{STREAM_ID}"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    streams = LiveStreams(WindowLimits(), lambda: EPOCH_MS, NumberFiles(None))
    stream = streams.open(STREAM_ID)
    for _ in range(3):
        stream.window.append(SEGMENT)
    streams.open("empty")
    async with serving(Playback(streams)) as port:
        yield port
    streams.close()


@pytest.fixture
async def client(port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


async def test_the_playlist_is_fresh_and_readable_from_any_page(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{BASE}/index.m3u8?t=1", headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.text.startswith("#EXTM3U\n")


@pytest.mark.parametrize("name", ["seg-1.m4s", "init-0.mp4"])
async def test_media_files_never_change(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"{BASE}/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == (DATA if name.startswith("seg") else SEGMENT.init.data)


async def test_head_tells_the_size_only(client: httpx.AsyncClient) -> None:
    answer = await client.head(f"{BASE}/seg-0.m4s")
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "1000", b"")
    assert (await client.head(f"{BASE}/seg-9.m4s")).status_code == 404


async def test_options_allows_reading(client: httpx.AsyncClient) -> None:
    answer = await client.options(f"{BASE}/index.m3u8", headers={"Access-Control-Request-Method": "GET"})
    assert answer.status_code == 204
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, f"{BASE}/index.m3u8")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("wanted", "status", "content_range", "size"),
    [
        ("bytes=0-99", 206, "bytes 0-99/1000", 100),
        ("bytes=900-", 206, "bytes 900-999/1000", 100),
        ("bytes=-10", 206, "bytes 990-999/1000", 10),
        ("bytes=0-99999", 206, "bytes 0-999/1000", 1000),
        ("bytes=-99999", 206, "bytes 0-999/1000", 1000),
        ("bytes=1000-", 416, "bytes */1000", 0),
        ("bytes=-0", 416, "bytes */1000", 0),
        ("bytes=5-4", 200, None, 1000),
        ("bytes=0-1,5-6", 200, None, 1000),
        ("bytes=-", 200, None, 1000),
        ("lines=1-2", 200, None, 1000),
        ("bytes=99999999999999999999-", 200, None, 1000),
    ],
)
async def test_ranges(
    client: httpx.AsyncClient, wanted: str, status: int, content_range: str | None, size: int
) -> None:
    answer = await client.get(f"{BASE}/seg-0.m4s", headers={"Range": wanted})
    assert (answer.status_code, answer.headers.get("content-range"), len(answer.content)) == (
        status, content_range, size,
    )  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "/live/../../etc/passwd",
        "/live/%2e%2e/%2e%2e/etc/passwd",
        f"{BASE}/../{STREAM_ID}/index.m3u8",
        f"{BASE}/%2e%2e/{STREAM_ID}/index.m3u8",
        f"{BASE}%2findex.m3u8",
        f"{BASE}/%69ndex.m3u8",
        f"{BASE}/..%5cindex.m3u8",
        f"{BASE}\\index.m3u8",
        f"{BASE}//index.m3u8",
        f"/{BASE}/index.m3u8",
        f"//host{BASE}/index.m3u8",
        f"{BASE}/index.m3u8/",
        f"{BASE}/index.m3u8%00",
        f"{BASE}/index.m3u8%0a",
        f"{BASE}/seg-00000000000000000000000000000000000001.m4s",
        f"{BASE}/seg--1.m4s",
        f"{BASE}/seg-٣.m4s".encode().decode("latin-1"),
        f"{BASE}/seg-1.m4s.bak",
        f"{BASE}/init-1.mp4",
        f"{BASE}/",
        BASE,
        "/live/",
        "/live/empty/index.m3u8",
        "/live/unknown/index.m3u8",
        "/live/%ff%fe/index.m3u8",
        "/etc/passwd",
    ],
)
async def test_nothing_else_is_found(port: int, path: str) -> None:
    """Case 35: traversal by any spelling, unknown streams and names, sent as they are over a real socket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    status = int(answer.split()[1])
    assert status in (400, 404), "400 is the HTTP parser's own"
    assert b"root:" not in answer and b"#EXTM3U" not in answer
