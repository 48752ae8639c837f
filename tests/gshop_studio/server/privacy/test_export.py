"""A person is handed all that is known of them, and nothing of others."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from gshop_studio.contract.privacy import DataExport
from gshop_studio.contract.rest import Role
from gshop_studio.server.privacy.fates import FATES
from tests.gshop_studio.server.privacy.traces import CANARY, leave_everywhere
from tests.gshop_studio.server.shop import PASSWORD, Person, Shop

SECTIONS = {section.name for fate in FATES.values() for section in fate.sections}


async def test_it_has_what_they_said_and_did(shop: Shop, seller: Person) -> None:
    ana = await shop.person(name="Ana")
    stream_id = await shop.live_stream(seller)
    path = f"live/streams/{stream_id}"
    listener = await shop.listener(ana)
    await listener.join(stream_id)
    for text in ("hello", "is it blue?"):
        await shop.ask("POST", f"{path}/messages", ana, json={"message": text}, status=201)
    await shop.ask("POST", f"{path}/messages", seller, json={"message": "it is"}, status=201)
    await shop.ask("POST", f"sellers/{seller.id}/follow", ana)
    response = await shop.send("GET", "users/export-data", ana)
    assert response.status_code == 200 and response.headers["cache-control"] == "no-store"
    assert "attachment" in response.headers["content-disposition"]
    export = response.json()
    DataExport.model_validate(export)
    assert set(export) == {"format", "exportedAt", *SECTIONS}
    email = (await shop.ask("GET", "auth/me", ana))["email"]
    assert (export["user"]["id"], export["user"]["email"]) == (ana.id, email)
    assert datetime.fromisoformat(export["user"]["createdAt"]).tzinfo is not None
    assert [each["message"] for each in export["messagesSent"]] == ["hello", "is it blue?"]
    assert [each["streamId"] for each in export["streamsWatched"]] == [stream_id]
    assert [each["sellerId"] for each in export["following"]] == [seller.id]
    assert export["purchasesMade"] == [] and len(export["signIns"]) == 1
    assert "it is" not in response.text and "password" not in response.text.lower()


async def test_it_has_every_section_of_every_table_and_no_secret(shop: Shop) -> None:
    ana, zoe = await shop.person(Role.SELLER), await shop.person(Role.SELLER)
    async with shop.server.services.database.write() as transaction:
        await leave_everywhere(transaction, ana.id, zoe.id, is_host=True)
    response = await shop.send("GET", "users/export-data", ana)
    export = response.json()
    assert [name for name in SECTIONS if not export[name]] == []
    for secret in ("tokenHash", "passwordHash", "streamKeySealed", "streamKeyHash", "tokenSealed", "sessionId"):
        assert secret not in response.text
    of_zoe = (await shop.send("GET", "users/export-data", zoe)).text
    assert CANARY not in of_zoe


async def test_a_guest_is_handed_theirs_too_and_nobody_is_handed_anothers(shop: Shop) -> None:
    guest = await shop.guest("Eva")
    assert (await shop.ask("GET", "users/export-data", guest))["user"]["displayName"] == "Eva"
    assert await shop.refused("auth.required", "GET", "users/export-data") == 401


async def test_it_leaves_no_file_behind(shop: Shop, tmp_path: Path) -> None:
    ana = await shop.person()
    before = sorted(shop.config.data_dir.rglob("*"))
    await shop.ask("GET", "users/export-data", ana)
    assert sorted(shop.config.data_dir.rglob("*")) == before


async def test_it_is_limited(shop: Shop) -> None:
    ana = await shop.person()
    answers = [await shop.send("GET", "users/export-data", ana) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert answers[-1].headers["retry-after"]
    await shop.ask("DELETE", "users/delete-account", ana, json={"password": PASSWORD})
