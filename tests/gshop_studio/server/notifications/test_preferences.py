"""What a person wants to be told: by which ways, and when not."""

from __future__ import annotations

from gshop_studio.contract.notifications import NotificationKind
from tests.gshop_studio.server.shop import Shop

PATH = "users/me/preferences"


async def test_who_has_said_nothing_has_the_defaults(shop: Shop) -> None:
    person = await shop.person()
    found = await shop.ask("GET", PATH, person)
    assert "timeZone" not in found and found["isQuietAtNight"] is True
    assert (found["quietFrom"], found["quietUntil"]) == ("23:00", "07:00")
    assert found["reminder"] == {"inApp": True, "email": True, "push": True}
    assert found["live"] == found["sale"] == {"inApp": True, "email": False, "push": True}
    assert {kind.value for kind in NotificationKind} <= set(found)


async def test_only_what_is_given_changes(shop: Shop) -> None:
    person, other = await shop.person(), await shop.person()
    before = await shop.ask("GET", PATH, person)
    wish = {"timeZone": "America/Lima", "quietFrom": "21:30", "live": {"email": True, "push": False}}
    changed = await shop.ask("PATCH", PATH, person, json=wish)
    live = {"inApp": True, "email": True, "push": False}
    assert changed == before | {"timeZone": "America/Lima", "quietFrom": "21:30", "live": live}
    again = await shop.ask("PATCH", PATH, person, json={"live": {"push": True}, "timeZone": None})
    assert again == before | {"quietFrom": "21:30", "live": live | {"push": True}}
    assert await shop.ask("GET", PATH, person) == again and await shop.ask("GET", PATH, other) == before


async def test_a_device_tells_the_zone_of_who_has_not_said_it(shop: Shop) -> None:
    person = await shop.person()
    for zone, token in (("Asia/Tokyo", "one"), ("America/Lima", "two")):
        wish = {"token": token, "platform": "ios", "timeZone": zone}
        await shop.ask("POST", "users/me/devices", person, json=wish, status=201)
    assert (await shop.ask("GET", PATH, person))["timeZone"] == "Asia/Tokyo"


async def test_more_than_twenty_devices_push_out_the_oldest(shop: Shop) -> None:
    person = await shop.person()
    ids = []
    for number in range(22):
        wish = {"token": f"token-{number}", "platform": "web"}
        ids.append((await shop.ask("POST", "users/me/devices", person, json=wish, status=201))["id"])
    found = await shop.ask("GET", "users/me/devices", person)
    assert found["total"] == 20 and {each["id"] for each in found["devices"]} == set(ids[2:])
    assert "token" not in str(found)


async def test_guests_are_told_nothing(shop: Shop) -> None:
    guest = await shop.guest()
    for method, path in (("GET", PATH), ("GET", "users/me/notifications"), ("GET", "users/me/devices")):
        assert await shop.refused("auth.account_needed", method, path, guest) == 403
