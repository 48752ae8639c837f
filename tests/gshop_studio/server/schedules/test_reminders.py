"""Being reminded of a show: who asks for it is, 15 minutes before, once; and hears when it is moved or called off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.contract.wire import to_wire_time
from gshop_studio.server.clock import utc_now
from tests.gshop_studio.server.notifications.conftest import Post
from tests.gshop_studio.server.notifications.fcm_stub import running_fcm_stub
from tests.gshop_studio.server.shop import Person, Shop, eventually, eventually_async
from tests.support.smtp_server import running_smtp_server


@pytest.fixture
async def post(tmp_path: Path, storage: dict[str, Any]) -> AsyncIterator[Post]:
    async with running_smtp_server() as mail, running_fcm_stub() as fcm:
        settings = {"smtp_url": mail.url, "mail_from": "shop@example.com"}
        async with Shop(tmp_path / "data", **storage, **settings) as shop:
            yield Post(shop, mail, fcm)


@pytest.fixture
async def alba(post: Post) -> Person:
    return await post.person(Role.SELLER, "Alba")


async def plan(post: Post, host: Person, minutes: float, **fields: Any) -> dict[str, Any]:
    wish = {"title": "Autumn sale", "scheduledDate": to_wire_time(utc_now() + timedelta(minutes=minutes)), **fields}
    return await post.shop.ask("POST", "live/schedules", host, json=wish, status=201)


async def subscribe(post: Post, who: Person, schedule: dict[str, Any], method: str = "POST") -> dict[str, Any]:
    return await post.shop.ask(method, f"live/streams/{schedule['streamId']}/subscribe", who)


async def remind(post: Post) -> None:
    [job] = [job for job in post.shop.server.jobs._jobs if job.name == "reminders"]
    await job.work()
    await post.work_off()


async def kinds(post: Post, who: Person) -> list[str]:
    return [line["kind"] for line in (await post.inbox(who))["notifications"]]


async def test_who_asked_is_reminded_once(post: Post, alba: Person) -> None:
    asked, silent, changed_mind = [await post.person() for _ in range(3)]
    schedule = await plan(post, alba, 14)
    later = await plan(post, alba, 20)
    for who in (asked, changed_mind, alba):
        answer = await subscribe(post, who, schedule)
        assert answer == {"subscribed": True, "willNotify": who is not alba}
    await subscribe(post, asked, later)
    assert await subscribe(post, changed_mind, schedule, "DELETE") == {"subscribed": False, "willNotify": False}
    socket = await post.shop.listener(asked)
    await asyncio.gather(*(remind(post) for _ in range(3)))
    [told] = await eventually(lambda: socket.named("user:notification"))
    assert told["kind"] == "reminder" and told["title"] == "Starting soon: Autumn sale"
    assert told["fields"]["at"] == schedule["scheduledDate"] and told["streamId"] == schedule["streamId"]
    [mail] = await eventually_async(lambda: post.mails_to(asked))
    assert mail.message["Subject"] == "Starting soon: Autumn sale" and f"/watch/{schedule['streamId']}" in mail.text
    for who, expected in ((asked, ["reminder"]), (silent, []), (changed_mind, []), (alba, [])):
        assert await kinds(post, who) == expected
    found = await post.shop.ask("GET", f"live/schedules/{schedule['id']}", asked)
    assert found["remindersSent"] == found["subscriberCount"] - 1 == 1 and found["isSubscribed"] is True


async def test_who_asks_late_is_reminded_at_once(post: Post, alba: Person) -> None:
    schedule = await plan(post, alba, 10)
    first, late = await post.person(), await post.person()
    await subscribe(post, first, schedule)
    await remind(post)
    for _ in range(2):
        await subscribe(post, late, schedule)
        await subscribe(post, late, schedule, "DELETE")
    assert await kinds(post, late) == await kinds(post, first) == ["reminder"]


async def test_the_clock_of_the_reader_is_told(post: Post, alba: Person) -> None:
    reader = await post.person(timeZone="America/Lima")
    schedule = await plan(post, alba, 10)
    await subscribe(post, reader, schedule)
    await remind(post)
    [line] = (await post.inbox(reader))["notifications"]
    assert line["body"].endswith(" Lima.")


async def test_another_date_is_told_and_reminded_of_anew(post: Post, alba: Person) -> None:
    who = await post.person()
    schedule = await plan(post, alba, 10)
    await subscribe(post, who, schedule)
    await remind(post)
    for minutes in (12, 100):
        wish = {"scheduledDate": to_wire_time(utc_now() + timedelta(minutes=minutes))}
        await post.shop.ask("PATCH", f"live/schedules/{schedule['id']}", alba, json=wish)
        await remind(post)

    async def is_told() -> bool:
        return sorted(await kinds(post, who)) == ["moved", "moved", "reminder", "reminder"]

    await eventually_async(is_told)


async def test_a_show_that_is_called_off_is_told_and_not_reminded_of(post: Post, alba: Person) -> None:
    who = await post.person()
    schedule = await plan(post, alba, 16)
    await subscribe(post, who, schedule)
    await post.shop.ask("DELETE", f"live/schedules/{schedule['id']}", alba, status=204)
    await remind(post)
    assert await kinds(post, who) == ["cancelled"]
    path = f"live/streams/{schedule['streamId']}/subscribe"
    assert await post.shop.refused("stream.over", "POST", path, who) == 409


async def test_who_asked_hears_that_it_is_live_also_where_followers_do_not(post: Post, alba: Person) -> None:
    asked, follower = await post.person(), await post.follower(alba)
    schedule = await plan(post, alba, 60, notifyFollowers=False)
    await subscribe(post, asked, schedule)
    await post.shop.ask("POST", f"live/streams/{schedule['streamId']}/start", alba)
    await post.shop.media.authority.media_started(schedule["streamId"])
    await remind(post)
    assert await kinds(post, asked) == ["live"] and await kinds(post, follower) == []


async def test_who_may_not_watch_cannot_ask(post: Post, alba: Person) -> None:
    """case 43"""
    schedule = await plan(post, alba, 60, isPrivate=True)
    path = f"live/streams/{schedule['streamId']}/subscribe"
    assert await post.shop.refused("stream.private", "POST", path, await post.person()) == 403
    assert await post.shop.refused("auth.account_needed", "POST", path, await post.shop.guest()) == 403
    assert await post.shop.refused("auth.required", "POST", path) == 401
    assert await post.shop.refused("stream.not_found", "POST", "live/streams/x/subscribe", alba) == 404


async def test_who_wants_no_reminders_is_told_so(post: Post, alba: Person) -> None:
    nothing = {"inApp": False, "email": False, "push": False}
    who = await post.person(reminder=nothing)
    schedule = await plan(post, alba, 60)
    assert await subscribe(post, who, schedule) == {"subscribed": True, "willNotify": False}
