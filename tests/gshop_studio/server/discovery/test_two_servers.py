"""Lists kept by two servers that share a database and Redis: what changes at one is seen at the other at once, long
before what it keeps grows old.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.cached_answers import SHOWS_KEEP_S
from tests.gshop_studio.server.discovery.shows import ids, on_air
from tests.gshop_studio.server.schedules.test_schedules import in_days, plan
from tests.gshop_studio.server.shop import Shop, eventually_async

pytestmark = pytest.mark.parametrize("storage", ["postgres+redis"], indirect=True)
LISTS = ("active", "trending", "search", "for-you", "recommended")


async def seen(shop: Shop, name: str, what: Callable[[dict[str, Any]], Any]) -> set[Any]:
    answer = await shop.ask("GET", f"live/streams/{name}")
    return {what(stream) for stream in answer["streams"]}


async def test_what_changes_at_one_is_seen_at_the_other(tmp_path: Path, storage: dict[str, Any]) -> None:
    async with Shop(tmp_path / "data", **storage) as one, Shop(tmp_path / "other", **storage) as other:
        seller = await one.person(Role.SELLER, "Alba")
        show = await on_air(one, seller, "Spring")
        await one.server.discovery.trending.refresh()

        async def reach(what: Callable[[dict[str, Any]], Any], expected: set[Any], *, by: float = 5.0) -> None:
            """All lists of the other server, each asked first at once, so that it keeps an answer."""
            assert by < SHOWS_KEEP_S / 2
            for name in LISTS:

                async def is_new(name: str = name) -> bool:
                    return await seen(other, name, what) == expected

                await eventually_async(is_new, f"{name} to say {expected}", by)

        async def change(act: Callable[[], Awaitable[Any]]) -> None:
            for name in LISTS:
                await other.ask("GET", f"live/streams/{name}")
            await act()

        await reach(lambda stream: stream["id"], {show})
        path = f"live/streams/{show}"
        await change(lambda: one.ask("PATCH", path, seller, json={"title": "Summer"}))
        await reach(lambda stream: stream["title"], {"Summer"})
        await change(lambda: one.ask("PATCH", "users/me/profile", seller, json={"displayName": "Berta"}))
        await reach(lambda stream: stream["host"]["displayName"], {"Berta"})
        await change(lambda: one.ask("PATCH", path, seller, json={"isPrivate": True}))
        await reach(lambda stream: stream["id"], set())
        await change(lambda: one.ask("PATCH", path, seller, json={"isPrivate": False}))
        await reach(lambda stream: stream["id"], {show})
        await change(lambda: one.ask("POST", f"{path}/end", seller))
        await reach(lambda stream: stream["id"], set())


async def test_a_measurement_of_what_is_trending_is_the_others_too(tmp_path: Path, storage: dict[str, Any]) -> None:
    async with Shop(tmp_path / "data", **storage) as one, Shop(tmp_path / "other", **storage) as other:
        show = await on_air(one, await one.person(Role.SELLER))
        assert ids(await other.ask("GET", "live/streams/trending")) == []
        await one.server.discovery.trending.refresh()

        async def is_there() -> bool:
            return ids(await other.ask("GET", "live/streams/trending")) == [show]

        await eventually_async(is_there, "the show", 5.0)


async def test_another_date_is_seen_at_the_other(tmp_path: Path, storage: dict[str, Any]) -> None:
    async with Shop(tmp_path / "data", **storage) as one, Shop(tmp_path / "other", **storage) as other:
        seller = await one.person(Role.SELLER)
        made = await plan(one, seller)

        async def dates() -> list[str]:
            return [each["scheduledDate"] for each in (await other.ask("GET", "live/streams/scheduled"))["schedules"]]

        assert await dates() == [made["scheduledDate"]]
        later = in_days(9)
        await one.ask("PATCH", f"live/schedules/{made['id']}", seller, json={"scheduledDate": later})

        async def is_moved() -> bool:
            return await dates() == [later]

        await eventually_async(is_moved, "the new date", 5.0)
        await one.ask("DELETE", f"live/schedules/{made['id']}", seller, status=204)

        async def is_gone() -> bool:
            return await dates() == []

        await eventually_async(is_gone, "it to be gone", 5.0)
