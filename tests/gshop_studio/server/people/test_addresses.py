"""Addresses: of one's own, one of them the default."""

from __future__ import annotations

import asyncio
from typing import Any

from gshop_studio.server.people.addresses import copy_of
from tests.gshop_studio.server.shop import Person, Shop

PATH = "users/me/addresses"
HOME = {"recipient": "Ann", "line1": "Calle Mayor 1", "city": "Madrid", "country": "ES", "postalCode": "28013"}


async def save(shop: Shop, who: Person, status: int = 201, **more: object) -> dict[str, Any]:
    return await shop.ask("POST", PATH, who, status=status, json={**HOME, **more})


async def listed(shop: Shop, who: Person) -> list[dict[str, Any]]:
    answer = await shop.ask("GET", PATH, who)
    assert answer["total"] == len(answer["addresses"])
    addresses: list[dict[str, Any]] = answer["addresses"]
    return addresses


async def test_an_address_is_saved_changed_and_forgotten(shop: Shop) -> None:
    buyer = await shop.person()
    saved = await save(shop, buyer, line2="  4º B ")
    assert {name: saved[name] for name in HOME} == HOME
    assert saved["line2"] == "4º B" and saved["isDefault"] is True and "phone" not in saved
    path = f"{PATH}/{saved['id']}"
    changed = await shop.ask("PATCH", path, buyer, json={"line1": "Calle Menor 2", "line2": None, "city": None})
    assert (changed["line1"], changed["city"]) == ("Calle Menor 2", "Madrid") and "line2" not in changed
    assert await listed(shop, buyer) == [changed]
    await shop.ask("DELETE", path, buyer, status=204)
    assert await listed(shop, buyer) == []
    await shop.ask("DELETE", path, buyer, status=404)


async def test_there_is_one_default_however_many_come_at_once(shop: Shop) -> None:
    buyer = await shop.person()
    await asyncio.gather(*(save(shop, buyer, recipient=f"Ann {number}", isDefault=True) for number in range(6)))
    addresses = await listed(shop, buyer)
    assert [address["isDefault"] for address in addresses] == [True] + [False] * 5
    await shop.ask("PATCH", f"{PATH}/{addresses[3]['id']}", buyer, json={"isDefault": True})
    assert (await listed(shop, buyer))[0]["id"] == addresses[3]["id"]
    await shop.ask("DELETE", f"{PATH}/{addresses[3]['id']}", buyer, status=204)
    assert [address["isDefault"] for address in await listed(shop, buyer)] == [True] + [False] * 4


async def test_what_is_no_address_is_refused_by_its_field(shop: Shop) -> None:
    buyer = await shop.person()
    for field, value in (
        ("recipient", ""), ("line1", "x" * 121), ("country", "Spain"), ("country", "es"), ("phone", "call me"),
        ("postalCode", "1" * 17), ("city", 5),
    ):  # fmt: skip
        answer = await save(shop, buyer, status=422, **{field: value})
        assert [error["field"] for error in answer["errors"]] == [field]


async def test_others_neither_see_nor_change_it(shop: Shop) -> None:
    buyer, other = await shop.person(), await shop.person()
    saved = await save(shop, buyer)
    for method, body in (("PATCH", {"city": "Lugo"}), ("DELETE", None)):
        answer = await shop.ask(method, f"{PATH}/{saved['id']}", other, status=404, **({"json": body} if body else {}))
        assert answer["code"] == "address.not_found"
    assert await listed(shop, other) == []
    await save(shop, await shop.guest(), status=403)


async def test_there_are_twenty_at_most(shop: Shop) -> None:
    buyer = await shop.person()
    for number in range(20):
        await save(shop, buyer, recipient=f"Ann {number}")
    assert (await save(shop, buyer, status=409))["code"] == "address.too_many"


async def test_an_order_keeps_a_copy_in_the_names_of_the_wire(shop: Shop) -> None:
    buyer = await shop.person()
    saved = await save(shop, buyer)
    async with shop.server.services.database.read() as transaction:
        row = await shop.server.services.shipping_addresses.require(transaction, buyer.id, saved["id"])
    assert copy_of(row) == HOME
