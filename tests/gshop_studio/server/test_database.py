"""The database under the services: what is acknowledged is on disk, and what it cannot keep is refused, on both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from gshop_studio.contract.rest import Role
from gshop_studio.server.database import Database
from gshop_studio.server.refusals import Refused
from tests.faults.small_disk import fill, small_disk
from tests.gshop_studio.server.shop import Person, Shop, eventually_async
from tests.support.postgres import Postgres

UNKEEPABLE = ("nul \x00 in it", "half \ud800 a pair")


async def test_what_is_committed_outlives_a_power_cut(tmp_path: Path) -> None:
    """SQLite waits for the disk at each commit (`synchronous` FULL), and writes ahead (WAL)."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'gshop.db'}")
    async with database.write() as transaction:
        answers = [
            (await transaction.session.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("synchronous", "journal_mode", "foreign_keys")
        ]
    await database.close()
    assert answers == [2, "wal", 1]


async def test_a_reader_sees_one_moment(shop: Shop) -> None:
    """What is committed between two of its questions is not seen by the second."""
    database = shop.server.services.database
    count = text("SELECT count(*) FROM users")
    async with database.read() as reader:
        before = (await reader.session.execute(count)).scalar_one()
        await shop.guest()
        assert (await reader.session.execute(count)).scalar_one() == before
    async with database.read() as reader:
        assert (await reader.session.execute(count)).scalar_one() == before + 1


async def test_a_transaction_that_fails_leaves_nothing(shop: Shop) -> None:
    database = shop.server.services.database
    called: list[str] = []

    async def fail() -> None:
        async with database.write() as transaction:
            transaction.after_commit(lambda: called.append("committed"))
            await transaction.session.execute(text("UPDATE users SET display_name = 'x'"))
            raise ZeroDivisionError

    guest = await shop.guest("Guest")
    with pytest.raises(ZeroDivisionError):
        await fail()
    assert called == [] and (await shop.ask("GET", "auth/me", guest))["displayName"] == "Guest"


@pytest.mark.parametrize("unkeepable", UNKEEPABLE, ids=["nul", "surrogate"])
async def test_text_no_database_keeps_is_refused_wherever_it_is(shop: Shop, seller: Person, unkeepable: str) -> None:
    """case 6: never a fault of the server's."""
    stream_id = await shop.live_stream(seller)
    product_id = await shop.product(seller)
    listener = await shop.listener(seller)
    await listener.join(stream_id)
    escaped = {"\x00": "\\u0000", "\ud800": "\\ud800"}
    as_json = "".join(escaped.get(letter, letter) for letter in unkeepable)

    async def status(method: str, path: str, body: str | None = None, who: Person | None = seller) -> int:
        headers = {"Content-Type": "application/json"}
        answer = await shop.send(method, path, who, content=body.encode() if body else None, headers=headers)
        return answer.status_code

    wish = f'{{"message": "{as_json}"}}'
    assert await status("POST", f"live/streams/{stream_id}/messages", wish) in (201, 422)
    assert await status("PATCH", f"products/{product_id}", f'{{"name": "{as_json}"}}') in (200, 422)
    assert await status("POST", "auth/guest", f'{{"displayName": "{as_json}"}}', None) in (201, 422)
    for path in ("products/%00", "live/streams/%00", "live/streams/%00/messages", "products?sellerId=%00"):
        assert await status("GET", path) in (200, 404, 422), path
    for path in ("live/streams/active?category=%00&tags=%00", "products?q=%00&category=%00"):
        assert await status("GET", path) in (200, 422), path
    answer = await listener.call("live:message", {"streamId": stream_id, "message": "nul \x00 in it"})
    assert answer["ok"] or answer["error"]["code"] == "request.invalid"
    assert (await shop.http.get("/health")).status_code == 200


async def test_a_full_disk_is_said_and_survived(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """case 59: what does not fit is refused whole; reading goes on, and writing once there is room."""
    with small_disk(tmp_path / "disk", 8) as disk:
        async with Shop(disk / "data") as shop:
            seller = await shop.person(Role.SELLER)
            stream_id = await shop.live_stream(seller)
            wish = {"name": "Mug", "description": "y" * 2000, "price": 1}
            said = 0
            filler = disk / "filler"
            fill(filler)

            async def statuses() -> set[int]:
                nonlocal said
                path = f"live/streams/{stream_id}/messages"
                talk = await shop.send("POST", path, seller, json={"message": "x" * 500})
                said += talk.status_code == 201
                made = await shop.send("POST", "products", seller, json=wish)
                refusals = [answer.json() for answer in (talk, made) if answer.status_code != 201]
                assert {refusal["code"] for refusal in refusals} <= {"storage.full"}
                return {talk.status_code, made.status_code}

            async def is_full() -> bool:
                return await statuses() == {507}

            await eventually_async(is_full, "what is kept to be used up")
            assert (await shop.ask("GET", f"live/streams/{stream_id}"))["totalMessages"] == said
            assert (await shop.http.get("/health")).status_code == 200
            filler.unlink()
            assert await statuses() == {201}
            assert (await shop.ask("GET", f"live/streams/{stream_id}"))["totalMessages"] == said
    assert [record for record in caplog.records if record.exc_info] == []


async def test_a_read_only_file_is_said(tmp_path: Path, sqlite_template: Path) -> None:
    """case 59: read-only under a running server."""
    path = tmp_path / "gshop.db"
    path.write_bytes(sqlite_template.read_bytes())
    database: Any = Database(f"sqlite+aiosqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(Refused) as caught:
        async with database.write() as transaction:
            await transaction.session.execute(text("UPDATE users SET display_name = 'x'"))
    assert caught.value.code == "storage.failed" and caught.value.status == 503
    await database.close()


async def test_a_server_that_does_not_let_us_in_is_not_reachable(postgres: Postgres) -> None:
    """Its password was changed: `/ready` says so."""
    url = make_url(await postgres.emptied()).set(drivername="postgresql+asyncpg")
    for wrong in (url.set(password="another"), url.set(database="none")):
        database = Database(wrong.render_as_string(hide_password=False))
        assert not await database.is_reachable()
        await database.close()
