"""A person asks to be erased: nothing of them is left anywhere, what is others' stays, and a ban holds."""

from __future__ import annotations

import asyncio
import logging
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gshop_studio.contract.rest import Role
from gshop_studio.server.clock import utc_now
from gshop_studio.server.migrations.upgrade import downgrade_database
from gshop_studio.server.operation.backups import integrity_fault
from gshop_studio.server.privacy.erased_ids import FILE_NAME, hash_of
from gshop_studio.server.privacy.erasing import Erasing
from gshop_studio.server.privacy.fate import NOBODY_ID
from gshop_studio.server.privacy.person_repository import PersonRepository
from gshop_studio.server.privacy.repository import ErasureRepository
from gshop_studio.server.refusals import Refused
from tests.gshop_studio.server.privacy.traces import (
    CANARY,
    everything_in,
    files_with,
    leave_everywhere,
    redis_of,
    redis_with,
)
from tests.gshop_studio.server.shop import PASSWORD, Person, Shop, eventually
from tests.gshop_studio.server.walk.scene import png

NAME, EMAIL = "Anacleta Canary", "anacleta.canary@example.com"
DELETE = ("DELETE", "users/delete-account")


async def register(shop: Shop, role: Role = Role.BUYER) -> Person:
    wish = {"email": EMAIL, "password": PASSWORD, "displayName": NAME, "role": role.value}
    pair = await shop.ask("POST", "auth/register", json=wish, status=201)
    return Person(pair["user"]["id"], pair["accessToken"], pair["refreshToken"], NAME)


@pytest.fixture
async def ana(shop: Shop) -> Person:
    return await register(shop)


async def erase(shop: Shop, person: Person) -> dict[str, Any]:
    answer = await shop.ask(*DELETE, person, json={"password": PASSWORD})
    async with shop.server.services.database.write() as transaction:  # other servers have had their time to look
        await ErasureRepository(transaction).let_go(utc_now() + timedelta(hours=1))
    return answer


async def traces(shop: Shop, person: Person, *names: str) -> list[str]:
    """Where something of them is left, files of a closed or running shop among it."""
    wanted = (person.id, NAME, EMAIL, CANARY, *names)
    async with shop.server.services.database.read() as transaction:
        rows = await everything_in(transaction)
    found = [f"{line[:80]}: {name}" for line in rows.splitlines() for name in wanted if name in line]
    found += files_with(shop.config.data_dir, wanted)
    async with redis_of(shop) as redis:
        return found + (await redis_with(redis, wanted) if redis else [])


@pytest.mark.parametrize("is_host", [False, True], ids=["a visitor", "a host"])
async def test_nothing_is_left_in_any_column_of_any_table(
    shop: Shop, seller: Person, ana: Person, is_host: bool
) -> None:
    """case 60: whatever table names them."""
    async with shop.server.services.database.write() as transaction:
        await leave_everywhere(transaction, ana.id, seller.id, is_host=is_host)
    assert len(await traces(shop, ana)) > 20
    await erase(shop, ana)
    await shop.server.privacy.traces.clean()
    assert await traces(shop, ana) == []


async def test_what_they_did_in_a_show_is_gone_and_what_others_did_is_there(
    shop: Shop, seller: Person, ana: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """case 60: through sockets and REST, searched in database, log of events, WAL, Redis, exports and logs."""
    caplog.set_level(logging.DEBUG, logger="gshop_studio")
    zoe = await shop.person(name="Zoe")
    stream_id = await shop.live_stream(seller, productIds=[await shop.product(seller)], allowedViewers=[ana.id, zoe.id])
    path = f"live/streams/{stream_id}"
    files = {"avatar": ("me.png", png(), "image/png")}
    avatar = (await shop.ask("POST", "users/me/avatar", ana, files=files))["avatarUrl"]
    await shop.ask("POST", f"sellers/{seller.id}/follow", ana)
    of_ana, of_zoe = await shop.listener(ana), await shop.listener(zoe)
    await of_ana.join(stream_id)
    await of_zoe.join(stream_id)

    async def say(who: Person, text: str, status: int = 201) -> str:
        said = await shop.ask("POST", f"{path}/messages", who, json={"message": text}, status=status)
        return str(said.get("id") or said["message"]["id"])

    edited, deleted, pinned = [await say(ana, f"{CANARY} {number}") for number in range(3)]
    await say(zoe, "what a mug")
    await shop.ask("PATCH", f"{path}/messages/{edited}", ana, json={"message": f"{CANARY} again"})
    await shop.ask("DELETE", f"{path}/messages/{deleted}", seller, status=204, json={"reason": f"{CANARY} rude"})
    await shop.ask("PUT", f"{path}/messages/{pinned}/pin", seller)
    await shop.ask("PUT", f"{path}/chat-settings", seller, json={"links": "hold"})
    await say(ana, f"{CANARY} https://example.com", 202)
    await shop.ask("POST", f"{path}/moderators", seller, json={"userId": ana.id}, status=201)
    await shop.ask("POST", f"{path}/moderation/warn", ana, json={"userId": zoe.id, "reason": "slowly"}, status=201)
    assert len(await traces(shop, ana)) > 10

    answer = await erase(shop, ana)
    assert answer["message"]
    assert (await shop.http.get(avatar)).status_code == 404
    await eventually(lambda: not of_ana.client.connected, "the erased one's socket to close")
    gone = {edited, pinned}
    await eventually(lambda: {event["messageId"] for event in of_zoe.named("live:message:deleted")} >= gone)
    assert [event["messageId"] for event in of_zoe.named("live:message:unpinned")] == [pinned]

    history = await shop.ask("GET", f"{path}/messages", zoe)
    assert [message["message"] for message in history["messages"]] == ["what a mug"]
    replay = await of_zoe.call("live:resume", {"streamId": stream_id, "afterSeq": 0})
    seqs = [event["data"]["seq"] for event in replay["events"]]
    assert seqs == list(range(1, replay["seq"] + 1)), "nobody finds a gap"
    log = await shop.ask("GET", f"{path}/moderation/log", seller)
    assert {entry["userId"] for entry in log["entries"]} <= {NOBODY_ID, zoe.id, seller.id}
    lines = (await shop.send("GET", f"{path}/chat-log", seller)).text
    assert "what a mug" in lines and not any(name in lines for name in (ana.id, NAME, CANARY))
    show = await shop.ask("GET", path, seller)
    assert show["allowedViewers"] == [zoe.id] and show["totalMessages"] == 4
    await shop.server.privacy.traces.clean()
    assert await traces(shop, ana, avatar.rpartition("/")[2]) == []
    assert not any(name in caplog.text for name in (ana.id, NAME, EMAIL, CANARY))


async def test_a_ban_still_holds_for_who_comes_back_by_the_same_address(
    shop: Shop, seller: Person, ana: Person
) -> None:
    """case 60."""
    stream_id = await shop.live_stream(seller)
    wish = {"userId": ana.id, "reason": f"{CANARY} rude"}
    await shop.ask("POST", f"live/streams/{stream_id}/moderation/ban", seller, json=wish, status=201)
    await erase(shop, ana)
    again = await register(shop)
    assert again.id != ana.id
    message = {"message": "me again"}
    await shop.refused("stream.banned", "POST", f"live/streams/{stream_id}/messages", again, json=message)


async def test_the_password_is_asked_for_and_guessing_it_is_limited(tmp_path: Path, storage: dict[str, Any]) -> None:
    async with Shop(tmp_path / "data", **{**storage, "auth_rate_limit": "3/minute"}) as shop:
        ana = await register(shop)
        for _ in range(3):
            assert await shop.refused("auth.bad_credentials", *DELETE, ana, json={"password": "guess"}) == 401
        assert await shop.refused("auth.too_many_attempts", *DELETE, ana, json={"password": PASSWORD}) == 429
        assert (await shop.ask("GET", "auth/me", ana))["email"] == EMAIL


async def test_who_is_erased_is_signed_out_and_nobody_signs_in_again(shop: Shop, ana: Person) -> None:
    await erase(shop, ana)
    assert await shop.refused("auth.bad_token", "GET", "auth/me", ana) == 401
    await shop.refused("auth.bad_refresh_token", "POST", "auth/refresh", json={"refreshToken": ana.refresh_token})
    await shop.refused("auth.bad_credentials", "POST", "auth/login", json={"email": EMAIL, "password": PASSWORD})


async def test_a_host_on_air_ends_the_show_first_and_it_goes_with_them(shop: Shop, seller: Person) -> None:
    zoe = await shop.person(name="Zoe")
    product_id = await shop.product(seller)
    stream_id = await shop.live_stream(seller, productIds=[product_id])
    coming = await shop.stream(seller, scheduledAt=(utc_now() + timedelta(days=1)).isoformat())
    await shop.ask("POST", f"live/streams/{stream_id}/messages", zoe, json={"message": "hello"}, status=201)
    await shop.ask("POST", f"sellers/{seller.id}/follow", zoe)
    assert await shop.refused("account.on_air", *DELETE, seller, json={"password": PASSWORD}) == 409
    await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
    await erase(shop, seller)
    for path in (f"live/streams/{stream_id}", f"live/streams/{coming}"):
        assert await shop.refused("stream.private", "GET", path, zoe) == 403
    assert await shop.refused("product.not_found", "GET", f"products/{product_id}", zoe) == 404
    assert await shop.refused("user.not_found", "GET", f"sellers/{seller.id}", zoe) == 404
    assert (await shop.ask("GET", "users/me/following", zoe))["total"] == 0
    assert (await shop.ask("GET", "live/streams"))["total"] == 0


async def test_what_was_begun_is_finished_after_a_crash(
    tmp_path: Path, storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever step it broke off at, the next start finishes it; nobody gets in meanwhile."""

    async def break_off(*_: object, **__: object) -> None:
        raise Refused("storage.failed")

    async with Shop(tmp_path / "data", **storage) as shop:
        seller, ana = await shop.person(Role.SELLER), await register(shop)
        stream_id = await shop.live_stream(seller)
        wish = {"message": f"{CANARY} hi"}
        await shop.ask("POST", f"live/streams/{stream_id}/messages", ana, json=wish, status=201)
        monkeypatch.setattr(Erasing, "_finish", break_off)
        await shop.ask(*DELETE, ana, json={"password": PASSWORD})
        await shop.refused("auth.bad_token", "GET", "auth/me", ana)
        monkeypatch.undo()
    async with Shop(tmp_path / "data", **storage) as shop:
        async with shop.server.services.database.write() as transaction:
            assert await ErasureRepository(transaction).pending() == []
            assert await PersonRepository(transaction).ids_of([hash_of(ana.id)]) == {}
            await ErasureRepository(transaction).let_go(utc_now() + timedelta(hours=1))
        await shop.server.privacy.traces.clean()
        assert await traces(shop, ana) == []


async def test_what_is_said_while_it_goes_on_goes_too(shop: Shop, seller: Person, ana: Person) -> None:
    """Messages of the same moment are written, and erased; or not taken."""
    stream_id = await shop.live_stream(seller)
    path = f"live/streams/{stream_id}/messages"

    async def talk() -> None:
        for number in range(30):
            await shop.send("POST", path, ana, json={"message": f"{CANARY} {number}"})

    talking = [asyncio.create_task(talk()) for _ in range(3)]
    await asyncio.sleep(0.05)
    await erase(shop, ana)
    await asyncio.gather(*talking)
    async with shop.server.services.database.read() as transaction:
        rows = await everything_in(transaction)
    assert CANARY not in rows and ana.id not in rows


class TestFiles:
    """Of the small size, whose files are ours."""

    @pytest.fixture
    async def storage(self, tmp_path: Path) -> dict[str, Any]:
        return {}

    async def test_backups_made_before_lose_them_too_and_are_whole(
        self, shop: Shop, seller: Person, ana: Person
    ) -> None:
        """case 60."""
        backups = shop.server.operation.backups
        assert backups is not None
        path = await backups.back_up()
        assert list(files_with(path.parent, [NAME]))
        await erase(shop, ana)
        await shop.server.privacy.traces.clean()
        assert list(files_with(shop.config.data_dir, [NAME, EMAIL, ana.id])) == []
        assert list(files_with(path.parent, [seller.name])), "others are in it still"
        assert [each.name for each in path.parent.iterdir()] == [path.name]

    @pytest.mark.parametrize("is_old", [False, True], ids=["as it was in use", "of an older version"])
    async def test_what_a_restore_put_aside_loses_them_too(
        self, shop: Shop, seller: Person, ana: Person, is_old: bool
    ) -> None:
        """case 60: with what stands in its write-ahead log alone, and what a killed restore has left."""
        files = {"avatar": ("me.png", png(), "image/png")}
        avatar = (await shop.ask("POST", "users/me/avatar", ana, files=files))["avatarUrl"].rpartition("/")[2]
        data_dir = shop.config.data_dir
        aside, half = data_dir / "before-restore-20261124T120000Z", data_dir / ".restore-killed"
        aside.mkdir()
        half.mkdir()
        for path in data_dir.glob("gshop.db*"):
            shutil.copy(path, aside)
            shutil.copy(path, half)
        shutil.copytree(data_dir / "images", aside / "images")
        assert (aside / "gshop.db-wal").stat().st_size > 0 and (aside / "images" / avatar).is_file()
        if is_old:
            downgrade_database(f"sqlite:///{aside / 'gshop.db'}", "-1")
        await erase(shop, ana)
        await shop.server.privacy.traces.clean()
        assert list(files_with(data_dir, [NAME, EMAIL, ana.id])) == []
        assert not half.exists() and sorted(path.name for path in aside.iterdir()) == ["gshop.db", "images"]
        assert not (aside / "images" / avatar).exists()
        assert list(files_with(aside, [seller.name])), "others are in it still"
        assert integrity_fault(aside / "gshop.db") is None

    async def test_what_was_put_aside_and_is_no_database_of_ours_stops_nothing(
        self, shop: Shop, ana: Person, caplog: pytest.LogCaptureFixture
    ) -> None:
        aside = shop.config.data_dir / "before-restore-20261124T120000Z"
        aside.mkdir()
        (aside / "gshop.db").write_bytes(b"no database" * 1000)
        await erase(shop, ana)
        await shop.server.privacy.traces.clean()
        assert f"{aside.name} is left as it is, delete it" in caplog.text

    async def test_a_backup_made_between_erasing_and_cleaning_is_written_anew(self, shop: Shop, ana: Person) -> None:
        """case 60: the index of words may hold them, where the rows do not any more."""
        await erase(shop, ana)
        backups = shop.server.operation.backups
        assert backups is not None
        path = await backups.back_up()
        before = path.stat().st_ino
        await shop.server.privacy.traces.clean()
        after = path.stat().st_ino
        await shop.server.privacy.traces.clean()
        assert before != after == path.stat().st_ino, "once is enough"

    async def test_it_waits_for_a_moment_without_a_live_show(self, shop: Shop, seller: Person, ana: Person) -> None:
        stream_id = await shop.live_stream(seller)
        await erase(shop, ana)
        cleaned = shop.server.privacy.traces.clean_when_due

        async def is_due() -> bool:
            async with shop.server.services.database.read() as transaction:
                return await ErasureRepository(transaction).uncleaned_since() is not None

        await cleaned()
        assert await is_due()
        await shop.ask("POST", f"live/streams/{stream_id}/end", seller)
        await cleaned()
        assert not await is_due()

    async def test_a_database_put_back_by_hand_forgets_again(self, tmp_path: Path) -> None:
        """case 60: a copy from before, put in the place of the database."""
        async with Shop(tmp_path / "data") as shop:
            ana = await register(shop)
            backups = shop.server.operation.backups
            assert backups is not None
            before = (await backups.back_up()).read_bytes()
            await erase(shop, ana)
        for path in (tmp_path / "data").glob("gshop.db*"):
            path.unlink()
        (tmp_path / "data" / "gshop.db").write_bytes(before)
        async with Shop(tmp_path / "data") as shop:
            await shop.refused("auth.bad_token", "GET", "auth/me", ana)
            await shop.server.privacy.traces.clean()
            assert await traces(shop, ana) == []
            listed = (tmp_path / "data" / FILE_NAME).read_text()
            assert listed.startswith(hash_of(ana.id)) and len(listed.splitlines()) == 1
