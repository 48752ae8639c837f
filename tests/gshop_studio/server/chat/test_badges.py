"""The VIP badge: who bought from this host before, or is among the top fans."""

from __future__ import annotations

from sqlalchemy import update

from gshop_studio.contract.rest import Role
from gshop_studio.server.chat.badges import REMEMBER_S, VipBadges
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import LiveStreamViewerRow
from tests.gshop_studio.server.chat.test_changes import say
from tests.gshop_studio.server.shop import Person, Shop, eventually_async


async def buy(shop: Shop, who: Person, stream_id: str) -> None:
    """As if this viewer had bought something in this show."""
    listener = await shop.listener(who)
    await listener.join(stream_id)

    async def is_bought() -> bool:
        async with shop.server.services.database.write() as transaction:
            wish = update(LiveStreamViewerRow).where(
                LiveStreamViewerRow.user_id == who.id, LiveStreamViewerRow.stream_id == stream_id
            )
            result = await transaction.session.execute(wish.values(purchases_made=1))
            return bool(result.rowcount)  # type: ignore[attr-defined]

    await eventually_async(is_bought, "the viewer's row")


async def test_who_bought_from_this_host_bears_it_in_all_the_hosts_shows(shop: Shop, seller: Person) -> None:
    first, ana = await shop.live_stream(seller), await shop.guest("Ana")
    await buy(shop, ana, first)
    second = await shop.live_stream(seller)
    of_another = await shop.live_stream(await shop.person(Role.SELLER))
    assert (await say(shop, ana, second, "me again"))["metadata"]["isVip"] is True
    assert (await say(shop, ana, of_another, "new here"))["metadata"]["isVip"] is False
    assert (await say(shop, await shop.guest(), second, "hi"))["metadata"]["isVip"] is False
    assert (await say(shop, seller, second, "welcome"))["metadata"]["isVip"] is False
    snapshot = await (await shop.listener()).join(second)
    assert [message["metadata"]["isVip"] for message in snapshot["recentMessages"]] == [True, False, False]


async def test_top_fans_bear_it_and_are_asked_for_once_a_minute(shop: Shop, seller: Person) -> None:
    ana, zoe, now_s, asked = await shop.guest("Ana"), await shop.guest("Zoe"), [0.0], list[str]()

    async def is_top_fan(_: Transaction, host_id: str, user_id: str) -> bool:
        assert host_id == seller.id
        asked.append(user_id)
        return user_id == ana.id

    badges = VipBadges(is_top_fan, lambda: now_s[0])
    async with shop.server.services.database.read() as transaction:
        for _ in range(2):
            assert await badges.among(transaction, seller.id, [ana.id, zoe.id]) == {ana.id}
        assert sorted(asked) == sorted([ana.id, zoe.id])
        now_s[0] = REMEMBER_S
        await badges.among(transaction, seller.id, [ana.id])
        assert len(asked) == 3
