"""A private show's media, as the real playback serves it: the list, the beginning and the segments alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.server.media.embedded.limits import WindowLimits
from gshop_studio.server.media.embedded.live_streams import LiveStreams
from gshop_studio.server.media.embedded.numbers import NumberFiles
from gshop_studio.server.media.embedded.packager import EPOCH_MS
from gshop_studio.server.media.embedded.playback import Playback
from gshop_studio.server.media.ports import PublishAuthority
from tests.gshop_studio.server.media.test_window import SEGMENT
from tests.gshop_studio.server.shop import Person, Shop, SilentMedia

NAMES = ("index.m3u8", "init-0.mp4", "seg-1.m4s")
ELSEWHERE = {"Origin": "https://evil.example"}


class MediaInMemory(SilentMedia):
    """Nobody publishes; what is in the windows is served."""

    def __init__(self, authority: PublishAuthority) -> None:
        super().__init__(authority)
        self.streams = LiveStreams(WindowLimits(), lambda: EPOCH_MS, NumberFiles(None))
        self._playback = Playback(self.streams)

    async def playback_app(self, scope: Any, receive: Any, send: Any) -> None:
        await self._playback(scope, receive, send)

    def fill(self, stream_id: str) -> None:
        for _ in range(3):
            self.streams.open(stream_id).window.append(SEGMENT)


class ShopWithMedia(Shop):
    def _make_media(self, authority: PublishAuthority) -> MediaInMemory:
        self.media = self.in_memory = MediaInMemory(authority)
        return self.in_memory


@pytest.fixture
async def shop(tmp_path: Path, storage: dict[str, Any]) -> AsyncIterator[ShopWithMedia]:
    running = ShopWithMedia(tmp_path / "data", **storage)
    async with running:
        yield running


async def private_show(shop: ShopWithMedia, seller: Person) -> tuple[str, Person]:
    """Where its media are, and who may see them."""
    friend = await shop.person()
    stream_id = await shop.live_stream(seller, isPrivate=True, allowedViewers=[friend.id])
    shop.in_memory.fill(stream_id)
    return f"/live/{stream_id}", friend


@pytest.mark.parametrize("name", NAMES)
async def test_no_file_of_a_private_show_is_for_others(shop: ShopWithMedia, seller: Person, name: str) -> None:
    """case 43."""
    base, friend = await private_show(shop, seller)
    path, stranger = f"{base}/{name}", await shop.person()
    for headers in ({}, stranger.headers, {"Range": "bytes=0-9"}, {**stranger.headers, "Range": "bytes=0-9"}):
        for method in ("GET", "HEAD"):
            refused = await shop.http.request(method, path, headers=headers)
            assert refused.status_code == 403 and SEGMENT.init.data not in refused.content
    for lookalike in (
        f"{path}?token={friend.token}",
        f"{base}//{name}",
        f"{base}/./{name}",
        f"/live/../live{path[5:]}",
    ):
        assert (await shop.http.get(lookalike, headers=stranger.headers)).status_code in (403, 404), lookalike
    found = await shop.http.get(path, headers=friend.headers)
    assert found.status_code == 200 and found.headers["cache-control"] == "private, no-store"
    await shop.ask("POST", f"live/streams/{base[6:]}/end", seller)
    assert (await shop.http.get(path)).status_code == 403


@pytest.mark.parametrize("name", NAMES)
async def test_no_page_elsewhere_reads_a_private_show(shop: ShopWithMedia, seller: Person, name: str) -> None:
    """case 33: a browser lets it neither send the token nor read an answer that was sent without."""
    base, _ = await private_show(shop, seller)
    refused = await shop.http.get(f"{base}/{name}", headers=ELSEWHERE)
    assert refused.status_code == 403
    assert not [header for header in refused.headers if header.startswith("access-control-")]
    wish = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    asked = await shop.http.options(f"{base}/{name}", headers={**ELSEWHERE, **wish})
    assert "authorization" not in asked.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in asked.headers


@pytest.mark.parametrize("name", NAMES)
async def test_every_page_plays_a_public_show(shop: ShopWithMedia, seller: Person, name: str) -> None:
    """case 33: to all alike, and without what a browser keeps of a person."""
    stream_id = await shop.live_stream(seller)
    shop.in_memory.fill(stream_id)
    found = await shop.http.get(f"/live/{stream_id}/{name}", headers=ELSEWHERE)
    assert found.status_code == 200 and found.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in found.headers
