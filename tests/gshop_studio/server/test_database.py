"""The database under the services: what is acknowledged is on disk, and what it cannot keep is refused, on both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gshop_studio.server.database import Database
from gshop_studio.server.refusals import Refused
from tests.faults.small_disk import fill, small_disk
from tests.gshop_studio.server.shop import Person, Shop

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


async def test_a_full_disk_and_one_with_room_again(tmp_path: Path) -> None:
    """case 59: what does not fit is refused whole; reading goes on, and writing once there is room."""
    with small_disk(tmp_path / "disk", 8) as disk:
        async with Shop(disk / "data") as shop:
            guest = await shop.guest()
            filler = disk / "filler"
            fill(filler)
            answers = [
                await shop.send("POST", "auth/guest", json={"displayName": "x" * 40}, timeout=20) for _ in range(300)
            ]
            refused = [answer for answer in answers if answer.status_code != 201]
            assert refused and {answer.status_code for answer in refused} == {507}
            assert (await shop.send("GET", "auth/me", guest)).status_code == 200
            filler.unlink()
            await shop.guest()


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
