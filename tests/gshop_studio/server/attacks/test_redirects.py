"""Where our answers send people, and where others' answers send us."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gshop_studio.server.moderation.words.local_scorer import LocalScorer
from gshop_studio.server.moderation.words.perspective import PerspectiveScorer
from tests.gshop_studio.server.shop import Person, Shop
from tests.gshop_studio.server.walk.endpoints import ENDPOINTS
from tests.gshop_studio.server.walk.scene import scene_of

EVIL = "evil.example"


async def test_nobody_is_sent_elsewhere(shop: Shop) -> None:
    """case 36: no path, whatever the Host header says, is answered with a redirect."""
    scene = await scene_of(shop)
    paths = [endpoint.path.format(**scene.ids) for endpoint in ENDPOINTS if endpoint.method == "GET"]
    paths += [
        "/",
        "/watch/x",
        "/docs",
        "/assets/page.css",
        "/openapi.json",
        "/live/x/index.m3u8",
        "/socket.io",
        "/graphql",
    ]
    twisted = [f"//{EVIL}/", f"/\\{EVIL}", f"/%2f%2f{EVIL}", f"/http://{EVIL}", f"/@{EVIL}", f"/.{EVIL}/..//{EVIL}/"]
    for path in [*paths, *(f"{path}/" for path in paths), *(f"{path}//" for path in paths), *twisted]:
        for method in ("GET", "HEAD"):
            headers = {"Host": EVIL, "X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", **scene.host.headers}
            response = await shop.http.request(method, path, headers=headers)
            assert not response.is_redirect and "location" not in response.headers, (method, path)
            assert EVIL not in response.text, (method, path)


async def test_addresses_handed_out_are_our_own(shop: Shop, seller: Person) -> None:
    """case 36: what is made into an absolute URL is made from our settings, not from the request."""
    headers = {**seller.headers, "Host": EVIL, "X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}"}

    async def ask(method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        response = await shop.http.request(method, f"/api/v1/{path}", headers=headers, **kwargs)
        assert response.is_success and EVIL not in response.text, response.text
        return dict(response.json())

    stream = await ask("POST", "live/streams", json={"title": "Autumn sale"})
    started = await ask("POST", f"live/streams/{stream['id']}/start")
    shared = await ask("POST", f"live/streams/{stream['id']}/share")
    assert stream["hlsUrl"] == started["hlsPlaybackUrl"] and started["hlsPlaybackUrl"].startswith(shop.url)
    assert shared["url"].startswith(shop.url) and started["rtmpIngestUrl"].startswith("rtmp://127.0.0.1:")


async def test_a_server_we_ask_does_not_send_us_on(caplog: pytest.LogCaptureFixture) -> None:
    """cases 36 and 37: the toxicity server's redirect, to a loopback address, is not followed; we judge ourselves."""
    asked: list[str] = []

    async def elsewhere(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append("elsewhere")
        writer.close()

    async def toxicity(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().split(" ")[0])
        location = f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}/latest/meta-data"
        writer.write(f"HTTP/1.1 307 x\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    other = await asyncio.start_server(elsewhere, "127.0.0.1", 0)
    server = await asyncio.start_server(toxicity, "127.0.0.1", 0)
    async with other, server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        scorer = PerspectiveScorer(url, "canary-key", LocalScorer(), timeout_s=10)
        kind = await scorer.score("what a lovely mug", "en")
        rude = await scorer.score("you are a stupid idiot", "en")
        await scorer.close()
    assert asked == ["POST"] and kind.toxicity < 0.5 < rude.toxicity
    assert "canary-key" not in caplog.text
