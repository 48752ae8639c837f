"""Shows to come: planning them, in which zone, week after week."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from gshop_studio.contract.rest import Role
from gshop_studio.contract.wire import to_wire_time
from gshop_studio.domain.repeats import moment_of, wall_clock_of
from gshop_studio.server.clock import utc_now
from gshop_studio.server.refusals import Refused
from gshop_studio.server.schedules.repository import ScheduleRepository
from gshop_studio.server.tables import LiveStreamRow, LiveStreamScheduleRow
from tests.gshop_studio.server.catalog.test_catalog import picture
from tests.gshop_studio.server.shop import Person, Shop


def in_days(days: float) -> str:
    return to_wire_time(utc_now() + timedelta(days=days))


async def plan(shop: Shop, host: Person, **fields: Any) -> dict[str, Any]:
    wish = {"title": "Autumn sale", "scheduledDate": in_days(3), **fields}
    return await shop.ask("POST", "live/schedules", host, json=wish, status=201)


async def own(shop: Shop, host: Person, query: str = "") -> list[dict[str, Any]]:
    schedules: list[dict[str, Any]] = (await shop.ask("GET", f"live/schedules{query}", host))["schedules"]
    return schedules


async def series_looks(shop: Shop) -> None:
    """As the job does."""
    [series] = [job for job in shop.server.jobs._jobs if job.name == "schedules"]
    await series.work()


async def backdate(shop: Shop, schedule: dict[str, Any], days: float) -> None:
    """The date passes, as time does."""
    async with shop.server.services.database.write() as transaction:
        date = datetime.fromisoformat(schedule["scheduledDate"]) - timedelta(days=days)
        clock = wall_clock_of(date, schedule["timeZone"]).isoformat()
        await transaction.session.execute(
            update(LiveStreamScheduleRow)
            .where(LiveStreamScheduleRow.id == schedule["id"])
            .values(scheduled_date=date, wall_clock=clock)
        )
        await transaction.session.execute(
            update(LiveStreamRow).where(LiveStreamRow.id == schedule["streamId"]).values(scheduled_at=date)
        )


async def test_planning_a_show_makes_it_with_its_shelf(shop: Shop, seller: Person) -> None:
    products = [await shop.product(seller, name=name) for name in ("Mug", "Bowl")]
    date = in_days(3)
    made = await plan(shop, seller, scheduledDate=date, products=products[::-1], tags=["#Mugs"], category="home",
                      estimatedDuration=5400, timeZone="America/Lima", notifyFollowers=False)  # fmt: skip
    assert made["status"] == "scheduled" and made["products"] == products[::-1] and made["tags"] == ["mugs"]
    assert made["scheduledDate"] == date and 0 <= 3 * 86_400 - made["startsIn"] < 60
    assert made["estimatedDuration"] == 5400 and made["notifyFollowers"] is False and made["remindersSent"] == 0
    show = await shop.ask("GET", f"live/streams/{made['streamId']}")
    assert (show["status"], show["scheduledAt"], show["title"]) == ("scheduled", date, "Autumn sale")
    assert [each["productId"] for each in show["products"]] == products[::-1]
    [listed] = (await shop.ask("GET", "live/streams/scheduled"))["schedules"]
    assert listed["id"] == made["id"] and "isSubscribed" not in listed
    assert await shop.ask("GET", f"live/schedules/{made['id']}", seller) | {"startsIn": 0} == made | {"startsIn": 0}


async def test_giving_a_show_a_date_makes_a_schedule_and_both_keep_in_step(shop: Shop, seller: Person) -> None:
    stream_id = await shop.stream(seller, scheduledAt=in_days(1))
    [schedule] = await own(shop, seller)
    assert schedule["streamId"] == stream_id and schedule["timeZone"] == "UTC"
    later = in_days(2)
    await shop.ask("PATCH", f"live/streams/{stream_id}", seller, json={"scheduledAt": later, "title": "Winter sale"})
    [schedule] = await own(shop, seller)
    assert (schedule["scheduledDate"], schedule["title"]) == (later, "Winter sale")
    await shop.ask("PATCH", f"live/streams/{stream_id}", seller, json={"scheduledAt": None})
    assert [each["status"] for each in await own(shop, seller)] == ["cancelled"]
    await shop.ask("PATCH", f"live/streams/{stream_id}", seller, json={"scheduledAt": later})
    assert [each["status"] for each in await own(shop, seller)] == ["scheduled"]
    await shop.ask("DELETE", f"live/streams/{stream_id}", seller, status=204)
    assert [each["status"] for each in await own(shop, seller)] == ["cancelled"]
    await shop.ask("DELETE", f"live/streams/{stream_id}", seller, status=204)
    assert await own(shop, seller) == [], "it goes with the show"
    await shop.stream(seller)
    assert await own(shop, seller) == [], "a show without a date has none"


async def test_a_date_without_an_offset_is_the_clock_of_the_zone(shop: Shop, seller: Person) -> None:
    day = utc_now().date() + timedelta(days=30)
    made = await plan(shop, seller, scheduledDate=f"{day}T20:30:00", timeZone="America/New_York")
    expected = moment_of(datetime.fromisoformat(f"{day}T20:30:00"), "America/New_York")
    assert made["scheduledDate"] == to_wire_time(expected)


async def test_changing_one_changes_the_show(shop: Shop, seller: Person) -> None:
    made = await plan(shop, seller)
    later = in_days(9)
    wish = {"scheduledDate": later, "title": "Winter sale", "repeats": "weekly", "estimatedDuration": 600,
            "timeZone": "Europe/Madrid", "notifyFollowers": False}  # fmt: skip
    changed = await shop.ask("PATCH", f"live/schedules/{made['id']}", seller, json=wish)
    assert {name: changed[name] for name in wish} == wish
    show = await shop.ask("GET", f"live/streams/{made['streamId']}")
    assert (show["title"], show["scheduledAt"]) == ("Winter sale", later)
    again = await shop.ask("PATCH", f"live/schedules/{made['id']}", seller, json={"description": "Mugs"})
    assert {name: again[name] for name in wish} == wish and again["description"] == "Mugs"


async def test_a_change_of_the_schedule_alone_is_in_the_list_at_once(shop: Shop, seller: Person) -> None:
    made = await plan(shop, seller)
    for change in ({"repeats": "weekly"}, {"estimatedDuration": 600}, {"timeZone": "America/Lima"}):
        await shop.ask("GET", "live/streams/scheduled")  # so that an answer is kept
        await shop.ask("PATCH", f"live/schedules/{made['id']}", seller, json=change)
        [listed] = (await shop.ask("GET", "live/streams/scheduled"))["schedules"]
        assert listed | change == listed


async def test_what_does_not_fit_is_told(shop: Shop, seller: Person) -> None:
    for change, field in (
        ({"scheduledDate": in_days(-1)}, "scheduledDate"),
        ({"scheduledDate": in_days(800)}, "scheduledDate"),
        ({"scheduledDate": "9999-12-31T23:59:59-05:00"}, "scheduledDate"),
        ({"scheduledDate": "0001-01-01T00:00:00", "timeZone": "Asia/Tokyo"}, "scheduledDate"),
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"timeZone": "../../etc/passwd"}, "timeZone"),
        ({"repeats": "daily"}, "repeats"),
        ({"estimatedDuration": 5}, "estimatedDuration"),
    ):
        wish = {"title": "Sale", "scheduledDate": in_days(3), **change}
        response = await shop.send("POST", "live/schedules", seller, json=wish)
        assert response.status_code == 422, (change, response.text)
        assert [error["field"] for error in response.json()["errors"]] == [field], response.text
    assert await own(shop, seller) == []
    mug = await shop.product(await shop.person(Role.SELLER))
    wish = {"title": "Sale", "scheduledDate": in_days(3), "products": [mug]}
    assert await shop.refused("auth.forbidden", "POST", "live/schedules", seller, json=wish) == 403
    assert await own(shop, seller) == [], "neither of the pair is left"


async def test_it_is_the_hosts_alone(shop: Shop, seller: Person) -> None:
    made = await plan(shop, seller)
    other, buyer = await shop.person(Role.SELLER), await shop.person()
    path = f"live/schedules/{made['id']}"
    for who in (other, buyer, await shop.person(Role.AFFILIATE), await shop.guest()):
        assert await shop.refused("auth.forbidden", "PATCH", path, who, json={"title": "Mine"}) == 403
        assert await shop.refused("auth.forbidden", "DELETE", path, who) == 403
    assert await shop.refused("auth.required", "PATCH", path, json={"title": "Mine"}) == 401
    assert await shop.refused("auth.required", "DELETE", path) == 401
    [unchanged] = await own(shop, seller)
    assert unchanged | {"startsIn": 0} == made | {"startsIn": 0}
    assert await shop.refused("auth.forbidden", "POST", "live/schedules", buyer,
                              json={"title": "x", "scheduledDate": in_days(1)}) == 403  # fmt: skip
    await shop.ask("DELETE", path, seller, status=204)
    assert (await shop.ask("GET", f"live/streams/{made['streamId']}"))["status"] == "cancelled"
    assert await shop.refused("schedule.over", "DELETE", path, seller) == 409
    assert await shop.refused("schedule.over", "PATCH", path, seller, json={"title": "Again"}) == 409
    assert await shop.refused("schedule.not_found", "DELETE", "live/schedules/nowhere", seller) == 404


async def test_private_shows_are_not_among_those_to_come(shop: Shop, seller: Person) -> None:
    """case 43"""
    made = await plan(shop, seller, isPrivate=True)
    assert (await shop.ask("GET", "live/streams/scheduled"))["total"] == 0
    assert await shop.refused("stream.private", "GET", f"live/schedules/{made['id']}", await shop.person()) == 403
    assert len(await own(shop, seller)) == 1


async def test_shows_to_come_by_category_and_day(shop: Shop, seller: Person) -> None:
    day = (utc_now() + timedelta(days=10)).date()
    first = await plan(shop, seller, scheduledDate=f"{day}T04:00:00Z", category="home")
    second = await plan(shop, seller, scheduledDate=f"{day}T20:00:00Z", category="fashion")
    await plan(shop, seller, scheduledDate=in_days(20), category="home")

    async def found(**query: Any) -> list[str]:
        answer = await shop.ask("GET", "live/streams/scheduled", params=query)
        return [each["id"] for each in answer["schedules"]]

    assert await found(date=str(day)) == [first["id"], second["id"]]
    assert await found(date=str(day), category="fashion") == [second["id"]]
    assert await found(date=str(day), category="FASHION") == [second["id"]], "however it is written"
    assert await found(date=str(day), timeZone="America/Lima") == [second["id"]], "the first is a day earlier, there"
    assert (await found(limit=1)) == [first["id"]]
    buyer = await shop.person()
    await shop.ask("POST", f"live/streams/{first['streamId']}/subscribe", buyer)
    listed = (await shop.ask("GET", "live/streams/scheduled", buyer, params={"limit": 1}))["schedules"]
    assert listed[0]["isSubscribed"] is True and listed[0]["subscriberCount"] == 1
    await shop.live_stream(seller)
    await shop.ask("POST", f"live/streams/{first['streamId']}/start", seller)
    assert first["id"] not in await found(), "what has begun is not to come"


async def test_a_weekly_show_comes_again_when_it_is_over(shop: Shop, seller: Person) -> None:
    mug, gone = await shop.product(seller), await shop.product(seller, name="Gone")
    made = await plan(shop, seller, repeats="weekly", products=[gone, mug], timeZone="America/New_York",
                      category="home", description="Each week", estimatedDuration=600)  # fmt: skip
    await shop.ask("POST", f"live/streams/{made['streamId']}/start", seller)
    await shop.ask("DELETE", f"live/streams/{made['streamId']}/products/{gone}", seller, status=204)
    await shop.ask("POST", f"live/streams/{made['streamId']}/end", seller)
    await asyncio.gather(*(series_looks(shop) for _ in range(3)))
    before, after = sorted(await own(shop, seller), key=lambda each: str(each["scheduledDate"]))
    assert (before["id"], before["status"], after["status"]) == (made["id"], "completed", "scheduled")
    assert after["streamId"] != made["streamId"] and after["products"] == [mug]
    for name in ("title", "description", "category", "repeats", "timeZone", "estimatedDuration"):
        assert after[name] == made[name]
    clocks = [wall_clock_of(datetime.fromisoformat(each["scheduledDate"]), "America/New_York")
              for each in (before, after)]  # fmt: skip
    assert clocks[1] - clocks[0] == timedelta(days=7)
    show = await shop.ask("GET", f"live/streams/{after['streamId']}")
    assert show["status"] == "scheduled" and show["scheduledAt"] == after["scheduledDate"]


async def test_a_gap_in_the_clock_moves_one_show_alone(shop: Shop, seller: Person) -> None:
    """A show each Sunday at 02:30: on the day summer time begins there is no such hour."""
    made = await plan(shop, seller, repeats="weekly", timeZone="Europe/Madrid")
    wished = datetime.fromisoformat("2026-03-29T02:30")  # past, and in the gap
    async with shop.server.services.database.write() as transaction:
        await transaction.session.execute(
            update(LiveStreamScheduleRow)
            .where(LiveStreamScheduleRow.id == made["id"])
            .values(scheduled_date=moment_of(wished, "Europe/Madrid"), wall_clock=wished.isoformat())
        )
    await shop.ask("POST", f"live/streams/{made['streamId']}/start", seller)
    await shop.ask("POST", f"live/streams/{made['streamId']}/end", seller)
    [following] = await own(shop, seller, "?status=scheduled")
    date = datetime.fromisoformat(following["scheduledDate"])
    assert date > utc_now()
    clock = wall_clock_of(date, "Europe/Madrid")
    assert f"{clock:%H:%M}" == "02:30" and clock.weekday() == wished.weekday()


@pytest.mark.parametrize("way", ["no repeats", "cancelled"])
async def test_it_does_not_come_again_where_the_host_says_so(shop: Shop, seller: Person, way: str) -> None:
    made = await plan(shop, seller, repeats="weekly")
    path = f"live/schedules/{made['id']}"
    if way == "cancelled":
        await shop.ask("DELETE", path, seller, status=204)
    else:
        await shop.ask("POST", f"live/streams/{made['streamId']}/start", seller)
        await shop.ask("PATCH", path, seller, json={"repeats": "none"})
        assert await shop.refused("stream.is_live", "DELETE", path, seller) == 409
        assert await shop.refused("stream.is_live", "PATCH", path, seller, json={"scheduledDate": in_days(4)}) == 409
        await shop.ask("POST", f"live/streams/{made['streamId']}/end", seller)
    await series_looks(shop)
    assert len(await own(shop, seller)) == 1


async def test_a_weekly_show_that_was_missed_makes_room_for_the_next(shop: Shop, seller: Person) -> None:
    made = await plan(shop, seller, repeats="weekly", scheduledDate=in_days(1))
    await backdate(shop, made, 1.5)
    await series_looks(shop)
    assert len(await own(shop, seller)) == 1, "half a day late is late"
    await backdate(shop, made, 17)
    await series_looks(shop)
    before, after = await own(shop, seller)
    assert (before["status"], after["status"]) == ("completed", "scheduled")
    date = datetime.fromisoformat(after["scheduledDate"])
    assert utc_now() < date <= utc_now() + timedelta(days=7), "the weeks nobody was there for are left out"
    assert (await shop.ask("GET", f"live/streams/{before['streamId']}"))["status"] == "cancelled"


async def test_a_server_that_dies_after_the_end_makes_the_next_pair_later(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """case 65"""
    made = await plan(shop, seller, repeats="weekly")
    await shop.ask("POST", f"live/streams/{made['streamId']}/start", seller)
    monkeypatch.setattr(shop.server.services.life, "_ended", [])
    await shop.ask("POST", f"live/streams/{made['streamId']}/end", seller)
    await series_looks(shop)
    assert sorted(each["status"] for each in await own(shop, seller)) == ["completed", "scheduled"]


def pictures(shop: Shop) -> set[str]:
    return {path.name for path in shop.config.images.iterdir()} if shop.config.images.exists() else set()


async def test_a_weekly_shows_uploaded_picture_is_the_next_ones_too(shop: Shop, seller: Person) -> None:
    """Each has its own copy, so that removing one leaves the other's."""
    made = await plan(shop, seller, repeats="weekly")
    path = f"live/streams/{made['streamId']}"
    first = await shop.ask("POST", f"{path}/thumbnail", seller, files={"thumbnail": picture()})
    [name] = pictures(shop)
    await shop.ask("POST", f"{path}/start", seller)
    await asyncio.gather(shop.ask("POST", f"{path}/end", seller), *(series_looks(shop) for _ in range(3)))
    [following] = await own(shop, seller, "?status=scheduled")
    assert following["thumbnailUrl"] not in (None, first["thumbnailUrl"])
    assert len(pictures(shop)) == 2, "whoever came second left none behind"
    shown = [await shop.http.get(url) for url in (first["thumbnailUrl"], following["thumbnailUrl"])]
    assert shown[0].status_code == 200 and shown[0].content == shown[1].content
    await shop.ask("DELETE", path, seller, status=204)
    assert len(pictures(shop)) == 1 and name not in pictures(shop)
    assert (await shop.http.get(following["thumbnailUrl"])).content == shown[0].content


async def test_a_weekly_show_comes_again_without_a_picture_that_is_gone(shop: Shop, seller: Person) -> None:
    made = await plan(shop, seller, repeats="weekly", thumbnailUrl="https://example.com/a.jpg")
    path = f"live/streams/{made['streamId']}"
    await shop.ask("POST", f"{path}/thumbnail", seller, files={"thumbnail": picture()})
    [name] = pictures(shop)
    (shop.config.images / name).unlink()
    await shop.ask("POST", f"{path}/start", seller)
    await shop.ask("POST", f"{path}/end", seller)
    [following] = await own(shop, seller, "?status=scheduled")
    assert following["thumbnailUrl"] == "https://example.com/a.jpg", "what the host had said before"


async def test_a_next_show_that_cannot_be_written_leaves_no_picture(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await plan(shop, seller, repeats="weekly")
    path = f"live/streams/{made['streamId']}"
    await shop.ask("POST", f"{path}/thumbnail", seller, files={"thumbnail": picture()})
    await shop.ask("POST", f"{path}/start", seller)

    async def fail(*_: object) -> None:
        raise Refused("storage.full")

    with monkeypatch.context() as patch:
        patch.setattr(ScheduleRepository, "has_next", fail)
        await shop.ask("POST", f"{path}/end", seller)
        assert len(pictures(shop)) == 1 and len(await own(shop, seller)) == 1
    await series_looks(shop)
    assert len(pictures(shop)) == 2 and len(await own(shop, seller)) == 2


async def test_a_product_taken_from_the_catalogue_before_the_show_is_in_neither(shop: Shop, seller: Person) -> None:
    mug, gone = await shop.product(seller), await shop.product(seller, name="Gone")
    made = await plan(shop, seller, repeats="weekly", products=[gone, mug])
    await shop.ask("DELETE", f"products/{gone}", seller, status=204)
    [schedule] = await own(shop, seller)
    assert schedule["products"] == [mug]
    path = f"live/streams/{made['streamId']}"
    await shop.ask("POST", f"{path}/start", seller)
    assert [each["productId"] for each in (await shop.ask("GET", path))["products"]] == [mug]
    assert await shop.refused("product.on_air", "DELETE", f"products/{mug}", seller) == 409
    await shop.ask("POST", f"{path}/end", seller)
    [following] = await own(shop, seller, "?status=scheduled")
    assert following["products"] == [mug]
    await shop.ask("DELETE", f"products/{mug}", seller, status=204)
    [following] = await own(shop, seller, "?status=scheduled")
    assert following["products"] == [], "a show to come may be without any"


async def test_the_countdown_is_whole_seconds_and_ends_at_none(shop: Shop, seller: Person) -> None:
    made = await plan(shop, seller, scheduledDate=in_days(1))
    date = datetime.fromisoformat(made["scheduledDate"])
    for _ in range(2):
        before = utc_now()
        told = (await shop.ask("GET", f"live/schedules/{made['id']}"))["startsIn"]
        left = [round((date - moment).total_seconds()) for moment in (utc_now(), before)]
        assert isinstance(told, int) and left[0] <= told <= left[1]
    await backdate(shop, made, 1.01)
    assert (await shop.ask("GET", f"live/schedules/{made['id']}"))["startsIn"] == 0, "its host is late"
    [listed] = (await shop.ask("GET", "live/streams/scheduled"))["schedules"]
    assert listed["startsIn"] == 0
    await backdate(shop, made, 1.05)
    buyer = await shop.person()
    assert (await shop.ask("GET", "live/streams/scheduled", buyer))["total"] == 0, "over an hour late"


@pytest.mark.parametrize(
    ("zone", "wished"),
    [
        ("Europe/Madrid", "2026-10-25T02:30"),  # twice that day
        ("America/New_York", "2026-11-01T01:30"),  # the same
        ("Australia/Lord_Howe", "2026-10-04T02:15"),  # a gap of half an hour
    ],
)
async def test_a_week_after_the_clock_was_changed_it_shows_the_same(
    shop: Shop, seller: Person, zone: str, wished: str
) -> None:
    made = await plan(shop, seller, repeats="weekly", timeZone=zone)
    clock = datetime.fromisoformat(wished)
    async with shop.server.services.database.write() as transaction:
        date = moment_of(clock, zone)
        await transaction.session.execute(
            update(LiveStreamScheduleRow)
            .where(LiveStreamScheduleRow.id == made["id"])
            .values(scheduled_date=date, wall_clock=clock.isoformat())
        )
        await transaction.session.execute(
            update(LiveStreamRow).where(LiveStreamRow.id == made["streamId"]).values(scheduled_at=date)
        )
    await series_looks(shop)  # nobody was there: it makes room for the next
    [following] = await own(shop, seller, "?status=scheduled")
    shown = wall_clock_of(datetime.fromisoformat(following["scheduledDate"]), zone)
    assert (shown.time(), shown.weekday()) == (clock.time(), clock.weekday())
    assert following["timeZone"] == zone


async def test_another_zone_keeps_the_moment_and_another_clock_is_of_the_shows_zone(shop: Shop, seller: Person) -> None:
    day = (utc_now() + timedelta(days=20)).date()
    made = await plan(shop, seller, scheduledDate=f"{day}T20:00:00", timeZone="America/Lima")
    path = f"live/schedules/{made['id']}"
    moved = await shop.ask("PATCH", path, seller, json={"timeZone": "Asia/Kathmandu"})
    assert (moved["scheduledDate"], moved["timeZone"]) == (made["scheduledDate"], "Asia/Kathmandu")
    moved = await shop.ask("PATCH", path, seller, json={"scheduledDate": f"{day}T20:00:00"})
    expected = moment_of(datetime.fromisoformat(f"{day}T20:00:00"), "Asia/Kathmandu")
    assert moved["scheduledDate"] == to_wire_time(expected)


async def test_dates_are_told_in_utc(shop: Shop, seller: Person) -> None:
    date = (utc_now() + timedelta(days=2)).replace(microsecond=0)
    said = date.astimezone(UTC).isoformat().replace("+00:00", "-05:00")
    made = await plan(shop, seller, scheduledDate=said)
    assert made["scheduledDate"] == to_wire_time(date + timedelta(hours=5))
