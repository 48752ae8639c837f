"""A host's top fans are looked up now and then, not for each message."""

from __future__ import annotations

from gshop_studio.server.analytics.audience.top_fans import KEPT_S, TopFans
from gshop_studio.server.clock import utc_now
from tests.gshop_studio.server.analytics.conftest import MakePast
from tests.gshop_studio.server.shop import Person, Shop


async def test_who_is_a_top_fan_holds_for_five_minutes(shop: Shop, seller: Person, past: MakePast) -> None:
    show, fan = await past(await shop.live_stream(seller)), await shop.person()
    now_s = [0.0]
    fans = TopFans(utc_now, lambda: now_s[0])
    database = shop.server.services.database

    async def is_top() -> bool:
        async with database.read() as transaction:
            return await fans.is_top(transaction, seller.id, fan.id)

    assert not await is_top()
    await show.viewers({"user_id": fan.id, "watch_duration_s": 3000.0})
    now_s[0] = KEPT_S - 1
    assert not await is_top()
    now_s[0] = KEPT_S + 1
    assert await is_top()


async def test_ten_are_top_fans_those_with_most_over_all_shows(shop: Shop, seller: Person, past: MakePast) -> None:
    shows = [await past(await shop.live_stream(seller)) for _ in range(2)]
    people = [await shop.person() for _ in range(12)]
    for show in shows:
        await show.viewers(
            *({"user_id": who.id, "watch_duration_s": 1000.0 + 60 * place} for place, who in enumerate(people))
        )
    async with shop.server.services.database.read() as transaction:
        found = await TopFans(utc_now).of(transaction, seller.id)
        of_another = await TopFans(utc_now).of(transaction, people[0].id)
    assert found == {who.id for who in people[2:]}
    assert of_another == frozenset()
