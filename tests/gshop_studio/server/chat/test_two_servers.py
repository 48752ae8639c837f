"""Two servers of one database: one chat, whichever of them a message comes to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from tests.gshop_studio.server.chat.settings.test_settings import keep
from tests.gshop_studio.server.shop import Person, Shop


@pytest.fixture
async def shops(tmp_path: Path, storage: dict[str, Any]) -> AsyncIterator[tuple[Shop, Shop]]:
    if not storage:
        pytest.skip("SQLite has one server")
    async with Shop(tmp_path / "one", **storage) as one, Shop(tmp_path / "two", **storage) as two:
        yield one, two


async def test_the_same_key_at_both_at_once_is_one_message(shops: tuple[Shop, Shop]) -> None:
    """case 14: many keys, each at both servers at the same moment, some with another text."""
    one, two = shops
    seller = await one.person(Role.SELLER)
    stream_id, ana = await one.live_stream(seller), await one.guest("Ana")
    path = f"live/streams/{stream_id}/messages"

    async def post(shop: Shop, key: int, text: str) -> tuple[int, str]:
        wish = {"message": text, "clientMessageId": f"key {key}"}
        response = await shop.send("POST", path, ana, json=wish)
        return response.status_code, response.json().get("id", response.json().get("code"))

    same = await asyncio.gather(*(post(shop, key, f"text {key}") for key in range(20) for shop in shops))
    assert all(status == 201 for status, _ in same)
    assert [same[2 * key] == same[2 * key + 1] for key in range(20)] == [True] * 20
    different = await asyncio.gather(
        *(post(shop, key, f"{shop is one} {key}") for key in range(100, 110) for shop in shops)
    )
    for key in range(10):
        statuses = sorted(status for status, _ in different[2 * key : 2 * key + 2])
        assert statuses == [201, 409]
    history = (await two.ask("GET", path, params={"limit": 100}))["messages"]
    assert len(history) == 30 and [message["seq"] for message in history] == list(range(2, 32))
    assert (await one.ask("GET", f"live/streams/{stream_id}"))["totalMessages"] == 30


async def test_a_key_at_both_at_once_in_two_shows_is_one_message(shops: tuple[Shop, Shop]) -> None:
    one, _ = shops
    seller, ana = await one.person(Role.SELLER), await one.guest("Ana")
    paths = [f"live/streams/{await one.live_stream(seller)}/messages" for _ in shops]

    async def post(shop: Shop, path: str, key: int) -> int:
        return (await shop.send("POST", path, ana, json={"message": "hi", "clientMessageId": str(key)})).status_code

    for key in range(15):
        statuses = await asyncio.gather(*(post(shop, path, key) for shop, path in zip(shops, paths, strict=True)))
        assert sorted(statuses) == [201, 409]


async def test_slow_mode_and_bans_hold_at_the_other_server(shops: tuple[Shop, Shop]) -> None:
    """cases 5 and 15."""
    one, two = shops
    seller = await one.person(Role.SELLER)
    stream_id, ana = await one.live_stream(seller), await one.guest("Ana")
    await keep(one, seller, stream_id, slowModeS=600)
    path = f"live/streams/{stream_id}/messages"
    answers = await asyncio.gather(*(shop.send("POST", path, ana, json={"message": "hi"}) for shop in shops))
    assert sorted(answer.status_code for answer in answers) == [201, 429]
    await _ban(one, seller, stream_id, ana)
    await two.refused("stream.banned", "POST", path, ana, json={"message": "x"})


async def _ban(shop: Shop, who: Person, stream_id: str, whom: Person) -> None:
    wish = {"userId": whom.id}
    await shop.ask("POST", f"live/streams/{stream_id}/moderation/ban", who, json=wish, status=201)
