"""What people pay with: tokens, kept sealed, of one's own only."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.refusals import Refused
from tests.gshop_studio.server.shop import Person, Shop

PATH = "users/me/payment-methods"
CANARY = "tok_approved"


async def save(shop: Shop, who: Person, token: str = CANARY, status: int = 201, **more: object) -> dict[str, object]:
    return await shop.ask("POST", PATH, who, status=status, json={"token": token, "method": "visa", **more})


async def listed(shop: Shop, who: Person) -> list[dict[str, object]]:
    answer = await shop.ask("GET", PATH, who)
    assert answer["total"] == len(answer["paymentMethods"])
    methods: list[dict[str, object]] = answer["paymentMethods"]
    return methods


async def test_a_saved_method_shows_what_it_is_and_never_its_token(shop: Shop) -> None:
    buyer = await shop.person()
    saved = await save(shop, buyer, lastFour="4242", expiryMonth=11, expiryYear=2030)
    assert (saved["method"], saved["lastFour"], saved["expiryMonth"]) == ("visa", "4242", 11)
    assert saved["isDefault"] is True and saved["provider"] == "sandbox"
    assert await listed(shop, buyer) == [saved]
    assert CANARY not in str(saved)


async def test_the_same_token_again_is_the_same_method(shop: Shop) -> None:
    buyer = await shop.person()
    saved = await asyncio.gather(*(save(shop, buyer) for _ in range(5)))
    assert len({method["id"] for method in saved}) == 1
    other = await save(shop, await shop.person())
    assert other["id"] != saved[0]["id"], "each person's own"


async def test_there_is_one_default_whoever_was_first(shop: Shop) -> None:
    buyer = await shop.person()
    first = await save(shop, buyer, "tok_one_one")
    second = await save(shop, buyer, "tok_two_two")
    third = await save(shop, buyer, "tok_three", isDefault=True)
    assert [method["id"] for method in await listed(shop, buyer)] == [third["id"], second["id"], first["id"]]
    await shop.ask("PATCH", f"{PATH}/{first['id']}", buyer, json={"isDefault": True})
    assert [method["isDefault"] for method in await listed(shop, buyer)] == [True, False, False]
    await shop.ask("DELETE", f"{PATH}/{first['id']}", buyer, status=204)
    assert [(each["id"], each["isDefault"]) for each in await listed(shop, buyer)] == [
        (third["id"], True), (second["id"], False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "number", ["4242424242424242", "4111-1111-1111-1111", "378282246310005", "5031.4332.1540.6351"]
)
async def test_a_cards_number_is_refused_and_not_kept(
    shop: Shop, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    buyer = await shop.person()
    answer = await save(shop, buyer, number, status=422)
    assert answer["errors"] == [
        {"field": "token", "code": "field.card_number", "detail": answer["errors"][0]["detail"]}  # type: ignore[index]
    ]
    assert number not in str(answer) and number not in caplog.text
    assert await listed(shop, buyer) == []


async def test_others_neither_see_nor_use_nor_remove_it(shop: Shop) -> None:
    buyer, other = await shop.person(), await shop.person()
    saved = await save(shop, buyer)
    path = f"{PATH}/{saved['id']}"
    for method, body in (("PATCH", {"isDefault": True}), ("DELETE", None)):
        answer = await shop.ask(method, path, other, status=404, **({"json": body} if body else {}))
        assert answer["code"] == "payment_method.not_found"
    assert await listed(shop, other) == []
    service, database = shop.server.services.payment_methods, shop.server.services.database
    async with database.read() as transaction:
        with pytest.raises(Refused, match=r"payment_method\.not_found"):
            await service.to_charge(transaction, other.id, str(saved["id"]))
        opened = await service.to_charge(transaction, buyer.id, str(saved["id"]))
    assert (opened.token, opened.method, opened.provider) == (CANARY, "visa", "sandbox")
    assert CANARY not in repr(opened)


async def test_guests_and_nobody_save_nothing(shop: Shop) -> None:
    await save(shop, await shop.guest(), status=403)
    assert (await shop.send("GET", PATH)).status_code == 401


async def test_there_are_twenty_at_most(shop: Shop) -> None:
    buyer = await shop.person(Role.SELLER)
    for number in range(20):
        await save(shop, buyer, f"tok_number_{number}")
    answer = await save(shop, buyer, "tok_number_20", status=409)
    assert answer["code"] == "payment_method.too_many" and "20" in str(answer["detail"])


async def test_a_token_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    """case 44: neither in the database nor in its log."""
    canary = "tok_canary_7f3a9c"
    async with Shop(tmp_path / "data") as shop:
        await save(shop, await shop.person(), canary)
        files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
        assert any(path.name.endswith("-wal") for path in files)
        assert [path for path in files if canary.encode() in path.read_bytes()] == []


async def test_a_token_that_pays_once_is_gone_with_its_use(tmp_path: Path) -> None:
    settings = {
        "payments": "mercadopago",
        "mercadopago_access_token": "APP_USR-x",
        "mercadopago_webhook_secret": "a-secret-of-the-webhook",
        "mercadopago_currency": "BRL",
        "mercadopago_url": "http://127.0.0.1:1",
    }
    async with Shop(tmp_path / "data", **settings) as shop:
        buyer = await shop.person()
        saved = await save(shop, buyer, "0123456789abcdef0123456789abcdef")
        assert saved["provider"] == "mercadopago"
        service, database = shop.server.services.payment_methods, shop.server.services.database
        async with database.write() as transaction:
            await service.charged(transaction, str(saved["id"]))
        assert await listed(shop, buyer) == []
        answer = await save(shop, buyer, "0123456789abcdef0123456789abcdef", status=409)
        assert answer["code"] == "payment_method.used_up"
