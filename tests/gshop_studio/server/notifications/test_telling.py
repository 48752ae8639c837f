"""Who is told what, in the app: on their sockets, and in their inbox."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.notifications import NotificationKind
from gshop_studio.contract.rest import Role
from gshop_studio.domain.money import Money
from gshop_studio.server.notifications import announcer as announcer_module
from gshop_studio.server.notifications.notices import Notices, Sale
from tests.gshop_studio.server.notifications.conftest import Post
from tests.gshop_studio.server.shop import Person, Shop, eventually, eventually_async


async def test_followers_hear_once_that_a_show_is_live_wherever_they_are(post: Post, alba: Person) -> None:
    follower, stranger = await post.follower(alba), await post.person()
    sockets = [await post.shop.listener(follower) for _ in range(2)]
    other = await post.shop.listener(stranger)
    stream_id = await post.on_air(alba, title="Autumn sale")
    await asyncio.gather(post.work_off(), post.work_off())
    await eventually(lambda: all(socket.named("user:notification") for socket in sockets))
    for socket in sockets:
        [told] = socket.named("user:notification")
        assert (told["kind"], told["title"], told["body"]) == ("live", "Alba is live", "Autumn sale: come and watch.")
        assert told["streamId"] == stream_id and told["url"].endswith(f"/watch/{stream_id}")
        assert told["unreadCount"] == 1 and told["at"] > 0 and "seq" not in told
    await post.shop.media.authority.media_stopped(stream_id)
    await post.shop.media.authority.media_started(stream_id)
    await post.work_off()
    inbox = await post.inbox(follower)
    assert inbox["total"] == inbox["unreadCount"] == 1
    assert inbox["notifications"][0]["fields"] == {"host": "Alba", "title": "Autumn sale"}
    assert (await post.inbox(stranger))["total"] == (await post.inbox(alba))["total"] == 0
    assert not other.named("user:notification")


async def test_everybody_reads_it_in_their_language(post: Post, alba: Person) -> None:
    follower = await post.follower(alba)
    await post.shop.ask("PATCH", "users/me/profile", follower, json={"language": "es"})
    await post.on_air(alba, title="Oto\u00f1o {x}")
    await post.work_off()
    [said] = (await post.inbox(follower))["notifications"]
    assert (said["title"], said["body"]) == ("Alba est\u00e1 en vivo", "Oto\u00f1o {x}: ven a verlo.")
    [said] = (await post.inbox(follower, "?lang=pt"))["notifications"]
    assert said["title"] == "Alba est\u00e1 ao vivo"


async def test_of_a_private_show_hear_those_who_may_watch(post: Post, alba: Person) -> None:
    """case 43"""
    named, follower, banned = [await post.follower(alba) for _ in range(3)]
    stream_id = await post.on_air(alba, isPrivate=True, allowedViewers=[named.id])
    await post.work_off()
    assert (await post.inbox(named))["total"] == 1
    assert (await post.inbox(follower))["total"] == (await post.inbox(banned))["total"] == 0
    await post.shop.ask("POST", f"live/streams/{stream_id}/end", alba)
    for_followers = await post.shop.live_stream(alba, isPrivate=True)
    await post.shop.ask("POST", f"live/streams/{for_followers}/moderation/ban", alba, json={"userId": banned.id},
                        status=201)  # fmt: skip
    await post.shop.media.authority.media_started(for_followers)
    await post.work_off()
    assert [(await post.inbox(each))["total"] for each in (named, follower, banned)] == [2, 1, 0]


async def test_a_long_announcement_goes_on_after_a_break_where_it_was(
    post: Post, alba: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcer_module, "PAGE", 2)
    followers = [await post.follower(alba) for _ in range(7)]
    told: list[int] = []
    tell = Notices.tell

    async def breaks(self: Notices, *args: Any, **kwargs: Any) -> int:
        number = await tell(self, *args, **kwargs)
        told.append(number)
        if len(told) == 2:
            raise RuntimeError("the server dies")
        return number

    monkeypatch.setattr(Notices, "tell", breaks)
    await post.on_air(alba)

    async def is_all_told() -> bool:
        return all([(await post.inbox(each))["total"] for each in followers])

    await eventually_async(is_all_told)  # the job comes again
    assert {(await post.inbox(each))["total"] for each in followers} == {1}
    assert sum(told) == 7 + told[1]


async def test_who_wants_a_kind_by_no_way_is_not_told(post: Post, alba: Person) -> None:
    nothing = {"inApp": False, "email": False, "push": False}
    deaf, mailed = await post.follower(alba, live=nothing), await post.follower(alba, live={**nothing, "email": True})
    await post.on_air(alba)
    await post.work_off()
    assert (await post.inbox(deaf))["total"] == (await post.inbox(mailed))["total"] == 0
    await eventually(lambda: post.mail.received)
    assert len(await post.mails_to(mailed)) == 1 and not await post.mails_to(deaf)


async def test_a_seller_is_told_once_of_each_sale(post: Post, alba: Person) -> None:
    listener = await post.shop.listener(alba)
    sale = Sale("order-1", alba.id, None, "Ana", "Mug, Bowl", Money(123450, "USD"))

    async def tell() -> None:
        async with post.shop.server.services.database.write() as transaction:
            await post.parts.notices.sale(transaction, sale)

    await asyncio.gather(*(tell() for _ in range(5)))
    [told] = await eventually(lambda: listener.named("user:notification"))
    assert (told["title"], told["body"]) == ("Sold: Mug, Bowl", "Ana paid $1,234.50.")
    assert told["orderId"] == "order-1" and "url" not in told
    assert told["fields"] == {"buyer": "Ana", "items": "Mug, Bowl", "amount": "1234.5", "currency": "USD"}
    assert (await post.inbox(alba))["total"] == 1


async def test_an_inbox_is_read_bit_by_bit(post: Post, alba: Person) -> None:
    other = await post.person()
    for number in range(3):
        async with post.shop.server.services.database.write() as transaction:
            sale = Sale(f"order-{number}", alba.id, None, "Ana", f"Mug {number}", Money(100, "USD"))
            await post.parts.notices.sale(transaction, sale)
    inbox = await post.inbox(alba)
    assert [line["fields"]["items"] for line in inbox["notifications"]] == ["Mug 2", "Mug 1", "Mug 0"]
    ids = [line["id"] for line in inbox["notifications"]]
    read = {"notificationIds": ids[:1]}
    assert await post.shop.ask("POST", "users/me/notifications/read", other, json=read) == {"unreadCount": 0}
    assert await post.shop.ask("POST", "users/me/notifications/read", alba, json=read) == {"unreadCount": 2}
    inbox = await post.inbox(alba, "?unread=true")
    assert [line["id"] for line in inbox["notifications"]] == ids[1:] and inbox["total"] == 2
    page = await post.inbox(alba, "?limit=1&offset=2")
    assert page["total"] == 3 and [line["id"] for line in page["notifications"]] == ids[2:]
    assert await post.shop.ask("POST", "users/me/notifications/read", alba) == {"unreadCount": 0}
    assert all(line["isRead"] for line in (await post.inbox(alba))["notifications"])


async def test_every_kind_has_its_words_in_every_language(post: Post, alba: Person) -> None:
    facts = {"host": "Alba", "title": "T", "at": "2026-11-24T18:30:00.000Z", "buyer": "B", "items": "I",
             "amountMinor": "100", "currency": "USD"}  # fmt: skip
    for kind in NotificationKind:
        async with post.shop.server.services.database.write() as transaction:
            await post.parts.notices.tell(transaction, kind, f"k:{kind}", [alba.id], facts)
    said = {}
    for language in ("en", "es", "pt"):
        lines = (await post.inbox(alba, f"?lang={language}"))["notifications"]
        said[language] = {(line["title"], line["body"]) for line in lines}
        assert len(said[language]) == len(NotificationKind)
    assert not said["en"] & said["es"] and not said["es"] & said["pt"]


async def test_a_person_at_another_server_hears_it_too(tmp_path: Path, storage: dict[str, Any]) -> None:
    if not storage:
        pytest.skip("a file has one server")
    async with Shop(tmp_path / "one", **storage) as one, Shop(tmp_path / "two", **storage) as two:
        seller = await one.person(Role.SELLER)
        here, there = await one.listener(seller), await two.listener(seller)
        async with one.server.services.database.write() as transaction:
            sale = Sale("order-1", seller.id, None, "Ana", "Mug", Money(100, "USD"))
            await one.server.services.notifications.notices.sale(transaction, sale)
        await eventually(lambda: here.named("user:notification") and there.named("user:notification"))
        assert here.named("user:notification") == there.named("user:notification")
