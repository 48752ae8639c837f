"""What leaves the house, by e-mail and to devices: once, later where it must be, never where nobody wants it."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gshop_studio.contract.notifications import Channel, NotificationKind
from gshop_studio.domain.money import Money
from gshop_studio.server.clock import utc_now
from gshop_studio.server.notifications.backlog import Backlog
from gshop_studio.server.notifications.courier import Courier
from gshop_studio.server.notifications.mail import MailSender, MailServer
from gshop_studio.server.notifications.notices import Sale
from gshop_studio.server.notifications.push import message_of
from gshop_studio.server.tables import NotificationDeliveryRow, NotificationPreferencesRow, NotificationRow
from tests.gshop_studio.server.notifications.conftest import Post
from tests.gshop_studio.server.notifications.fcm_stub import error
from tests.gshop_studio.server.shop import PASSWORD, Person, eventually, eventually_async

ENCODED = "=?utf-8?q?x=0D=0ABcc=3A_all=40example.com?="
"""An encoded word (RFC 2047) that is a line break and a header."""
FAMILY = "\U0001f469\u200d\U0001f467"
MAILED: dict[str, Any] = {"sale": {"email": True, "push": True}}


async def sell(post: Post, seller: Person, order_id: str = "order-1") -> None:
    async with post.shop.server.services.database.write() as transaction:
        await post.parts.notices.sale(transaction, Sale(order_id, seller.id, None, "Ana", "Mug", Money(1850, "USD")))


async def statuses(post: Post) -> list[tuple[str, str, str | None]]:
    return [(row.channel, row.status, row.reason) for row in await post.deliveries()]


async def settled(post: Post) -> list[tuple[str, str, str | None]]:
    """Once nothing is being sent."""

    async def is_quiet() -> bool:
        return all(row.status != "waiting" or row.attempts for row in await post.deliveries()) and not any(
            row.claimed_until for row in await post.deliveries()
        )

    await eventually_async(is_quiet)
    return await statuses(post)


async def test_an_e_mail_comes_once_however_many_send(post: Post) -> None:
    seller = await post.person(name="Alba", **MAILED)
    await post.shop.ask("PATCH", "users/me/profile", seller, json={"language": "pt"})
    await sell(post, seller)
    [courier] = [each for each in post.parts.couriers if each.channel.value == "email"]
    await asyncio.gather(*(courier.deliver() for _ in range(4)))
    assert await settled(post) == [("email", "sent", None)]
    [mail] = await post.mails_to(seller)
    assert mail.message["Subject"] == "Vendido: Mug" and mail.message["From"] == "Alba's shop <shop@example.com>"
    assert mail.sender == "shop@example.com" and "Ana pagou" in mail.text and "Sem mais e-mails" in mail.text
    assert mail.message["Auto-Submitted"] == "auto-generated" and mail.message["Content-Language"] == "pt"
    assert mail.message.get_content_type() == "text/plain"


async def test_who_reads_it_gets_no_more_of_its_kind_by_one_click(post: Post) -> None:
    """RFC 8058; looking at the link, as mail servers do, changes nothing."""
    seller = await post.person(**MAILED)
    await sell(post, seller)
    await post.work_off()
    await settled(post)
    [mail] = await post.mails_to(seller)
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = mail.message["List-Unsubscribe"].strip("<>")
    assert url in mail.text
    page = await post.shop.http.get(url, headers={"Accept-Language": "es"})
    assert page.status_code == 200 and "Detener estos correos" in page.text and "<script" not in page.text
    assert (await post.shop.ask("GET", "users/me/preferences", seller))["sale"]["email"] is True
    done = await post.shop.http.post(url, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    preferences = await post.shop.ask("GET", "users/me/preferences", seller)
    assert preferences["sale"] == {"inApp": True, "email": False, "push": True}
    assert preferences["reminder"]["email"] is True, "of this kind"
    head, _, _ = url.rpartition(".")
    for other in (f"{head}.{'0' * 64}", url.replace(".sale.", ".live."), f"{head}.\u00f1"):
        assert (await post.shop.http.post(other)).status_code == 404


async def test_a_server_that_is_out_of_order_is_asked_again(post: Post) -> None:
    seller = await post.person(**MAILED)
    post.mail.instead = lambda verb: "451 later" if verb == "RCPT" else None
    await sell(post, seller)
    await post.work_off()
    assert await settled(post) == [("email", "waiting", "smtp_451")]
    [row] = await post.deliveries()
    assert 5 < (row.next_try_at - utc_now()).total_seconds() < 20 and row.attempts == 1
    post.mail.instead = lambda verb: None
    await post.work_off()
    assert not post.mail.received, "not before its time"
    await post.let_time_pass()
    await post.work_off()
    assert await settled(post) == [("email", "sent", None)] and len(await post.mails_to(seller)) == 1


async def test_an_address_that_is_refused_is_not_asked_again(post: Post) -> None:
    seller = await post.person(**MAILED)
    post.mail.instead = lambda verb: "550 nobody" if verb == "RCPT" else None
    await sell(post, seller)
    await post.work_off()
    assert await settled(post) == [("email", "failed", "smtp_550")]


async def test_one_that_is_sent_twice_says_that_it_is_the_same(post: Post) -> None:
    """case 29, of what is told: the server dies between the sending and the writing down, or never hears that it was
    taken."""
    seller = await post.person(**MAILED)
    post.mail.loses_answers = True
    await sell(post, seller)
    await post.work_off()
    [(_, status, _)] = await settled(post)
    assert status == "waiting"
    post.mail.loses_answers = False
    await post.let_time_pass()
    await post.work_off()
    assert await settled(post) == [("email", "sent", None)]
    first, second = await post.mails_to(seller)
    assert first.message["Message-ID"] == second.message["Message-ID"]


async def test_it_is_given_up_when_it_has_failed_for_hours(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gshop_studio.server.notifications.courier.ATTEMPTS", 2)
    seller = await post.person(**MAILED)
    post.mail.instead = lambda verb: "421 closing" if verb == "MAIL" else None
    await sell(post, seller)
    for _ in range(2):
        await post.work_off()
        await settled(post)
        await post.let_time_pass()
    assert await statuses(post) == [("email", "failed", "smtp_421")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Sale\r\nBcc: all@example.com", "Sale Bcc: all@example.com"),
        ("Sale\u2028Bcc: all@example.com\x85X: y\x0bZ: z", "Sale Bcc: all@example.com X: y Z: z"),
        ("Sale\r\n\r\n.\r\nMAIL FROM:<a@b.c>", "Sale . MAIL FROM:<a@b.c>"),
        (ENCODED, ENCODED),
        (f"{ENCODED} \u00f1", f"{ENCODED} \u00f1"),
        ("Sale \x1b[31m\x08", "Sale [31m"),
        (
            "Oto\u00f1o \U0001f525 <b> \U0001f469\u200d\U0001f467",
            "Oto\u00f1o \U0001f525 <b> \U0001f469\u200d\U0001f467",
        ),
        ("x" * 3000, "x" * 3000),
    ],
)
async def test_a_title_or_a_name_is_words_and_nothing_else(post: Post, text: str, words: str) -> None:
    """case 1, for e-mail: no header of somebody's own, nor another message."""
    seller = await post.person(**MAILED)
    async with post.shop.server.services.database.write() as transaction:
        await post.parts.notices.sale(transaction, Sale("order-1", seller.id, None, text, text, Money(1, "USD")))
    await post.work_off()
    await settled(post)
    [mail] = await post.mails_to(seller)
    assert mail.message["Subject"] == f"Sold: {words}" and f"{words} paid $0.01." in mail.text
    assert set(mail.message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
        "Content-Language", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert len(post.mail.received) == 1


async def test_a_link_that_was_followed_before_does_the_same_and_of_the_erased_nothing_is_kept(post: Post) -> None:
    seller, other = await post.person(**MAILED), await post.person(**MAILED)
    url = post.parts.unsubscribing.url(seller.id, "sale")
    for _ in range(3):
        done = await post.shop.http.post(url, content=b"List-Unsubscribe=One-Click")
        assert done.status_code == 200
    preferences = await post.shop.ask("GET", "users/me/preferences", seller)
    assert preferences["sale"]["email"] is False
    await post.shop.ask("PATCH", "users/me/preferences", seller, json=MAILED)
    assert (await post.shop.http.get(url)).status_code == 200, "asking changes nothing"
    assert (await post.shop.ask("GET", "users/me/preferences", seller))["sale"]["email"] is True
    forged = url.replace(seller.id, other.id)
    for method in ("GET", "POST"):
        for wrong in (forged, url[:-1], f"{url}0", url.replace(".sale.", ".SALE."), url.rpartition(".")[0]):
            assert (await post.shop.http.request(method, wrong)).status_code == 404, wrong
    assert (await post.shop.ask("GET", "users/me/preferences", other))["sale"]["email"] is True
    await post.shop.ask("DELETE", "users/delete-account", seller, json={"password": PASSWORD})
    assert (await post.shop.http.post(url)).status_code == 200
    async with post.shop.server.services.database.read() as transaction:
        assert list(await transaction.session.scalars(select(NotificationPreferencesRow.user_id))) == [other.id]


async def test_who_stops_them_after_they_were_told_gets_no_more(post: Post) -> None:
    await post.shop.server.jobs.close()
    seller = await post.person(**MAILED)
    await post.device(seller, "phone")
    await sell(post, seller)
    await post.shop.http.post(post.parts.unsubscribing.url(seller.id, "sale"))
    await post.work_off()
    assert sorted(await statuses(post)) == [("email", "skipped", "unwanted"), ("push", "sent", None)]
    assert not post.mail.received and len(post.fcm.sent) == 1


async def test_each_kind_comes_by_the_ways_that_were_chosen_for_it(post: Post) -> None:
    """All kinds and all choices: each chosen way, and no other."""
    await post.shop.server.jobs.close()
    ways = ("inApp", "email", "push")
    chosen = [dict(zip(ways, choice, strict=True)) for choice in itertools.product((False, True), repeat=3)]
    facts = {"host": "Alba", "title": "T", "at": "2026-11-24T18:30:00.000Z", "buyer": "B", "items": "I",
             "amountMinor": "100", "currency": "USD"}  # fmt: skip
    people = []
    for choice in chosen:
        others: dict[str, Any] = {kind.value: dict.fromkeys(ways, False) for kind in NotificationKind}
        person = await post.person(**others)
        await post.device(person, f"phone-of-{person.id}")
        people.append((person, choice, others))
    database = post.shop.server.services.database
    for kind in NotificationKind:
        for person, choice, others in people:
            await post.shop.ask("PATCH", "users/me/preferences", person, json={**others, kind.value: choice})
        async with database.write() as transaction:
            everybody = [person.id for person, _, _ in people]
            for each in NotificationKind:
                await post.parts.notices.tell(transaction, each, f"{kind}:{each}", everybody, facts)
    told = select(NotificationRow.user_id, NotificationRow.key)
    async with database.read() as transaction:
        in_app = {tuple(row) for row in await transaction.session.execute(told.where(NotificationRow.is_in_inbox))}
        sent = told.add_columns(NotificationDeliveryRow.channel).join(
            NotificationDeliveryRow, NotificationDeliveryRow.notification_id == NotificationRow.id
        )
        outward = {tuple(row) for row in await transaction.session.execute(sent)}
    expected = [(person.id, f"{kind}:{kind}", choice) for kind in NotificationKind for person, choice, _ in people]
    assert in_app == {(who, key) for who, key, choice in expected if choice["inApp"]}
    assert outward == {(who, key, way) for who, key, choice in expected for way in ("email", "push") if choice[way]}


async def test_the_night_is_each_persons_own_also_where_the_clock_is_put_back(post: Post) -> None:
    """On the night that summer time ends in Madrid: it is an hour longer there, evening in Lima, morning in Tokyo."""
    await post.shop.server.jobs.close()
    now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    zones = ("Europe/Madrid", "America/Lima", "Asia/Tokyo", None)
    people = {}
    for zone in zones:
        people[zone] = await post.person(isQuietAtNight=True, timeZone=zone, **MAILED)
        await sell(post, people[zone], f"order in {zone}")
    database, urls = post.shop.server.services.database, post.shop.server.urls
    async with database.write() as transaction:
        await transaction.session.execute(update(NotificationDeliveryRow).values(next_try_at=now))
    sender = MailSender(MailServer.parse(post.mail.url), "shop@example.com", lambda: now)
    courier = Courier(
        database, Channel.EMAIL, sender, urls, post.parts.unsubscribing.url, "Europe/Lisbon", lambda: now, lambda: 0.5
    )
    try:
        await courier.deliver()
        assert {mail.recipients for mail in post.mail.received} == {
            mail.recipients for zone in ("America/Lima", "Asia/Tokyo") for mail in await post.mails_to(people[zone])
        }
        assert len(post.mail.received) == 2
        waiting = {row.next_try_at for row in await post.deliveries() if row.status == "waiting"}
        seven_in_madrid, seven_in_lisbon = (datetime(2026, 10, 25, hour, tzinfo=UTC) for hour in (6, 7))
        assert waiting == {seven_in_madrid, seven_in_lisbon}, "who has not said theirs has the shop's"
        now = seven_in_madrid - timedelta(seconds=1)
        await courier.deliver()
        assert len(post.mail.received) == 2
        now = seven_in_madrid
        await courier.deliver()
        assert len(await post.mails_to(people["Europe/Madrid"])) == 1 and len(post.mail.received) == 3
    finally:
        await courier.close()


async def test_push_messages_go_to_each_device_of_a_person(post: Post, alba: Person) -> None:
    follower = await post.follower(alba)
    for token in ("phone", "tablet"):
        await post.device(follower, token)
    stream_id = await post.on_air(alba)
    await post.work_off()
    assert await settled(post) == [("push", "sent", None)] * 2
    [phone], [tablet] = post.fcm.to("phone"), post.fcm.to("tablet")
    assert phone["notification"] == {"title": "Alba is live", "body": "Autumn sale: come and watch."}
    assert phone["data"]["streamId"] == stream_id and phone["data"]["kind"] == "live"
    [line] = (await post.inbox(follower))["notifications"]
    tag = phone["android"]["notification"]["tag"]
    assert tag == line["id"] == phone["data"]["notificationId"] == tablet["android"]["notification"]["tag"]
    assert post.fcm.tokens_given == 1, "one access token is enough for an hour"


async def test_a_device_that_is_gone_is_forgotten(post: Post) -> None:
    seller = await post.person()
    for token in ("gone", "here"):
        await post.device(seller, token)
    post.fcm.instead = lambda message: error(404, "UNREGISTERED") if message["token"] == "gone" else None
    await sell(post, seller)
    await post.work_off()
    assert sorted(await settled(post), key=str) == [
        ("push", "failed", "fcm_404_UNREGISTERED"),
        ("push", "sent", None),
    ]
    assert (await post.shop.ask("GET", "users/me/devices", seller))["total"] == 1
    post.fcm.instead = lambda message: None
    await sell(post, seller, "order-2")
    await post.work_off()
    await settled(post)
    assert len(post.fcm.to("here")) == 2 and not post.fcm.to("gone")


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, None, ("waiting", "fcm_404")),  # the project: not the device's fault
        (403, "SENDER_ID_MISMATCH", ("failed", "fcm_403_SENDER_ID_MISMATCH")),
        (400, "INVALID_ARGUMENT", ("failed", "fcm_400_INVALID_ARGUMENT")),
        (503, "UNAVAILABLE", ("waiting", "fcm_503_UNAVAILABLE")),
        (429, "QUOTA_EXCEEDED", ("waiting", "fcm_429_QUOTA_EXCEEDED")),
    ],
)
async def test_what_firebase_may_answer(post: Post, status: int, code: str | None, expected: tuple[str, str]) -> None:
    seller = await post.person()
    await post.device(seller, "phone")
    post.fcm.instead = lambda message: error(status, code)
    await sell(post, seller)
    await post.work_off()
    assert await settled(post) == [("push", *expected)]
    devices = (await post.shop.ask("GET", "users/me/devices", seller))["total"]
    assert devices == (0 if code == "SENDER_ID_MISMATCH" else 1)


async def test_a_pause_that_firebase_asks_for_is_kept(post: Post) -> None:
    seller = await post.person()
    await post.device(seller, "phone")
    post.fcm.instead = lambda message: (429, {"retry-after": "600"}, {"error": {}})
    await sell(post, seller)
    await post.work_off()
    await settled(post)
    [row] = await post.deliveries()
    assert 500 < (row.next_try_at - utc_now()).total_seconds() <= 600


async def test_an_access_token_that_is_not_taken_is_asked_for_anew(post: Post) -> None:
    seller = await post.person()
    await post.device(seller, "phone")
    for number in range(2):
        await sell(post, seller, f"order-{number}")
        await post.work_off()
        await settled(post)
        post.fcm.tokens.clear()
    assert len(post.fcm.to("phone")) == 2 and post.fcm.tokens_given == 2


async def test_at_night_it_waits_for_the_morning_of_the_person(post: Post, alba: Person) -> None:
    now = utc_now()
    night = {
        "isQuietAtNight": True,
        "timeZone": "Etc/GMT+5",
        "quietFrom": f"{now - timedelta(hours=6):%H:%M}",
        "quietUntil": f"{now - timedelta(hours=3):%H:%M}",  # in two hours, there
    }
    seller = await post.follower(alba, **night, **MAILED)
    await post.device(seller, "phone")
    await sell(post, seller)
    await post.on_air(alba)
    await post.work_off()
    by_kind: dict[str, set[str]] = {}
    for row in await post.deliveries():
        by_kind.setdefault(f"{row.channel} {row.status} {row.reason}", set()).add(row.id)
        if row.status == "waiting":
            assert timedelta(hours=1.9) < row.next_try_at - now < timedelta(hours=2.1)
    assert {name: len(ids) for name, ids in by_kind.items()} == {
        "email waiting None": 1,
        "push waiting None": 1,
        "push skipped night": 1,  # by the morning the show is over
    }
    assert not post.fcm.sent and not post.mail.received
    assert (await post.inbox(seller))["total"] == 2, "the inbox makes no noise"
    wish = {"isQuietAtNight": False}
    await post.shop.ask("PATCH", "users/me/preferences", seller, json=wish)
    await post.let_time_pass()
    await post.work_off()
    await settled(post)
    assert len(post.fcm.sent) == len(post.mail.received) == 1


async def test_what_is_not_wanted_any_more_is_not_sent(post: Post, alba: Person) -> None:
    follower = await post.follower(alba)
    await post.device(follower, "phone")
    post.fcm.instead = lambda message: error(503, "UNAVAILABLE")
    stream_id = await post.on_air(alba)
    await post.work_off()
    await settled(post)
    await post.shop.ask("POST", f"live/streams/{stream_id}/end", alba)
    post.fcm.instead = lambda message: None
    await post.let_time_pass()
    await post.work_off()
    assert await settled(post) == [("push", "skipped", "too_late")], "the show is over"


async def test_a_device_is_whose_who_signed_in_last(post: Post) -> None:
    first, second = await post.person(), await post.person()
    await sell(post, first)
    await post.device(first, "shared")
    post.fcm.instead = lambda message: error(503, "UNAVAILABLE")
    await sell(post, first, "order-2")
    await post.work_off()
    await settled(post)
    device_id = await post.device(second, "shared")
    post.fcm.instead = lambda message: None
    await post.let_time_pass()
    await post.work_off()
    assert await settled(post) == [("push", "skipped", "gone")] and not post.fcm.sent
    assert (await post.shop.ask("GET", "users/me/devices", first))["total"] == 0
    assert await post.shop.refused("device.not_found", "DELETE", f"users/me/devices/{device_id}", first) == 404
    assert device_id == await post.device(second, "shared"), "saying it again is the same"
    await post.shop.ask("DELETE", f"users/me/devices/{device_id}", second, status=204)
    assert (await post.shop.ask("GET", "users/me/devices", second))["total"] == 0


async def test_a_device_said_many_times_at_once_is_one(post: Post) -> None:
    person = await post.person()
    assert len(set(await asyncio.gather(*(post.device(person, "phone") for _ in range(4))))) == 1


async def test_nothing_private_is_logged(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    """case 44: neither addresses nor tokens, of whatever goes wrong."""
    caplog.set_level(logging.DEBUG, "gshop_studio")
    seller = await post.person(**MAILED)
    await post.device(seller, "canary-device")
    post.mail.instead = lambda verb: "550 canary-of-mail" if verb == "RCPT" else None
    post.fcm.instead = lambda message: error(400, "INVALID_ARGUMENT")
    await sell(post, seller)
    await post.work_off()
    await settled(post)
    email = (await post.shop.ask("GET", "auth/me", seller))["email"]
    logged = caplog.text
    assert "smtp_550" in logged and "fcm_400" in logged
    for secret in (email, "canary", "ya29", "PRIVATE KEY"):
        assert secret not in logged


def test_a_push_message_stays_within_what_firebase_takes() -> None:
    from gshop_studio.server.notifications.channels import Parcel

    until = utc_now() + timedelta(minutes=15)
    long: dict[str, Any] = {"title": "\u00f1" * 5000, "body": "\U0001f525" * 5000}
    identifier = "01936f3e-8c00-7a41-b6c3-2f4d5e6a7b8c"
    parcel = Parcel(identifier, identifier, "reminder", "t" * 1000, "es", url="https://example.com/watch/x",
                    stream_id=identifier, order_id=identifier, stop_url="https://example.com/unsubscribe/x",
                    valid_until=until, **long)  # fmt: skip
    message = message_of(parcel, utc_now())
    assert len(json.dumps({"message": message}, ensure_ascii=False).encode()) < 4096
    assert 890 <= int(message["android"]["ttl"].removesuffix("s")) <= 900
    assert len(message["webpush"]["headers"]["Topic"]) == 32


async def test_both_ways_are_off_where_nothing_is_set_up(shop: Any) -> None:
    assert shop.server.services.notifications.couriers == ()
    await eventually(lambda: True)


async def test_what_goes_out_what_does_not_and_what_waits_is_counted(post: Post) -> None:
    await post.shop.server.jobs.close()  # nobody sends but the test
    metrics = post.shop.server.operation.metrics
    names = ("sent_total", "put_off_total", "failed_total", "waiting", "overdue_seconds")

    def told(channel: str) -> list[float | None]:
        return [metrics.value(f"gshop_notifications_{name}", {"channel": channel}) for name in names]

    assert told("email") == told("push") == [0] * 5
    seller = await post.person(**MAILED)
    await post.device(seller, "phone")
    post.mail.instead = lambda verb: "451 later" if verb == "RCPT" else None
    post.fcm.instead = lambda message: error(400, "INVALID_ARGUMENT")
    await sell(post, seller)
    await post.work_off()
    await post.parts.backlog.count()
    assert (told("email"), told("push")) == ([0, 1, 0, 1, 0], [0, 0, 1, 0, 0])
    now = [utc_now() + timedelta(minutes=10)]
    later = Backlog(post.shop.server.services.database, [Channel.EMAIL], lambda: now[0])
    await later.count()
    assert later.waiting() == {"email": 1} and 570 < later.overdue_s()["email"] < 600
    now[0] += timedelta(minutes=2)
    assert (later.waiting(), later.overdue_s()) == ({"email": 0}, {"email": 0}), "another server leads, and counts"
    post.mail.instead = lambda verb: None
    await post.let_time_pass()
    await post.work_off()
    await post.parts.backlog.count()
    assert told("email") == [1, 1, 0, 0, 0]
