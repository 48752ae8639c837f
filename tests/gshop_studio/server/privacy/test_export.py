"""A person is handed all that is known of them, and nothing of others."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic.alias_generators import to_camel
from sqlalchemy import delete, select

from gshop_studio.contract.privacy import DataExport
from gshop_studio.contract.rest import Role
from gshop_studio.contract.wire import to_wire_time
from gshop_studio.server.privacy.fates import FATES
from gshop_studio.server.privacy.rules import table_of
from tests.gshop_studio.server.privacy.traces import CANARY, leave_everywhere
from tests.gshop_studio.server.shop import PASSWORD, Person, Shop
from tests.gshop_studio.server.shop_thread import ShopThread

SECTIONS = {section.name for fate in FATES.values() for section in fate.sections}


@dataclass(frozen=True)
class Everything:
    """Of a person who has a row in every table: those rows, by table and column, and what they are handed."""

    rows: dict[str, dict[str, Any]]
    export: dict[str, Any]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Everything]:
    data_dir = tmp_path_factory.mktemp("export") / "data"
    data_dir.mkdir()
    shutil.copy(sqlite_template, data_dir / "gshop.db")
    with ShopThread(Shop(data_dir)) as thread:
        yield thread.run(_fill(thread.shop))


async def _fill(shop: Shop) -> Everything:
    ana, zoe = await shop.person(Role.SELLER), await shop.person(Role.SELLER)
    database = shop.server.services.database
    async with database.write() as transaction:
        await transaction.session.execute(delete(table_of("refresh_tokens")))
        await leave_everywhere(transaction, ana.id, zoe.id, is_host=True)
    export = await shop.ask("GET", "users/export-data", ana)
    rows = {}
    async with database.read() as transaction:
        for name, fate in FATES.items():
            table = table_of(name)
            wish = select(table).where(table.c.id == ana.id) if name == "users" else select(table)
            if fate.sections:
                [row] = (await transaction.session.execute(wish)).all()
                rows[name] = {column.name: value for column, value in zip(table.columns, row, strict=True)}
    return Everything(rows, export)


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


SECRET = {
    "password_hash", "token", "token_hash", "token_sealed", "stream_key_sealed", "stream_key_hash", "request_hash",
    "session_id", "viewer_key",
}  # fmt: skip
"""What would let somebody in, or says nothing to anybody."""
OF_OTHERS = {
    "live_stream_messages.deleted_by", "live_stream_held_messages.decided_by", "live_stream_moderators.added_by",
    "live_stream_restrictions.moderator_id", "live_stream_chat_moderation.moderator_id",
    "live_stream_chat_moderation.user_id", "live_streams.allowed_viewers", "orders.host_id", "orders.affiliate_id",
    "order_items.seller_id",
}  # fmt: skip
"""Who else is in a row of theirs."""


@pytest.mark.parametrize("name", [name for name, fate in FATES.items() if fate.personal])
def test_what_is_said_of_a_person_is_handed_out_or_says_why_not(name: str) -> None:
    """A new column is in the export by itself; who leaves one out has to say so here."""
    fate = FATES[name]
    assert bool(fate.sections) != bool(fate.why_not_handed_out)
    columns = {column.name for column in table_of(name).columns}
    for section in fate.sections:
        assert section.hidden <= columns
        for column in section.hidden & set(fate.personal):
            assert column in SECRET or f"{name}.{column}" in OF_OTHERS, column
        assert not (columns - section.hidden) & SECRET


@pytest.mark.parametrize("name", [name for name, fate in FATES.items() if fate.sections])
def test_each_column_of_theirs_is_in_it_as_the_table_has_it(name: str, everything: Everything) -> None:
    """A property of the registry: what a row of theirs holds in a column that is not hidden stands in its section."""
    for section in FATES[name].sections:
        rows = everything.export[section.name]
        [told] = [rows] if isinstance(rows, dict) else rows
        for column in table_of(name).columns:
            value = everything.rows[name][column.name]
            if column.name in section.hidden:
                assert to_camel(column.name) not in told, f"{name}.{column.name}"
            elif value is not None:
                expected = to_wire_time(value) if isinstance(value, datetime) else value
                assert told[to_camel(column.name)] == expected, f"{name}.{column.name}"


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
