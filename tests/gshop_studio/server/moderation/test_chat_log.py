"""The chat log of a whole show: who gets it, what is in it, and that it can be trusted."""

from __future__ import annotations

import asyncio
import json
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from gshop_studio.contract.chat_log import ChainReader, ChatLogManifest, LogEntry
from gshop_studio.contract.chat_log_bundle import read_bundle
from gshop_studio.contract.events import Room
from gshop_studio.contract.rest import Role
from gshop_studio.server.moderation.chat_log_pages import ChatLogPages
from gshop_studio.server.moderation.chat_log_repository import LogBounds
from gshop_studio.server.tables import LiveStreamEventRow, LiveStreamRow, LiveStreamStaffEventRow
from tests.gshop_studio.server.shop import Person, Shop


async def log_of(shop: Shop, stream_id: str, who: Person) -> list[LogEntry]:
    """The show's log, verified line by line."""
    response = await shop.send("GET", f"live/streams/{stream_id}/chat-log", who)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/x-ndjson")
    reader = ChainReader()
    return [reader.take(line) for line in response.content.splitlines(keepends=True)]


async def say(shop: Shop, stream_id: str, who: Person, text: str) -> str:
    answer = await shop.ask("POST", f"live/streams/{stream_id}/messages", who, json={"message": text}, status=201)
    return str(answer["id"])


async def test_the_log_holds_what_was_said_and_what_moderators_did(shop: Shop, seller: Person) -> None:
    stream_id = await shop.live_stream(seller)
    buyer = await shop.person(name="Bruno")
    await say(shop, stream_id, buyer, "Is the mug blue?")
    deleted = await say(shop, stream_id, buyer, "This text was taken out")
    messages = f"live/streams/{stream_id}/messages"
    await shop.ask("DELETE", f"{messages}/{deleted}", seller, json={"reason": "off topic"}, status=204)
    wish = {"userId": buyer.id, "duration": 60, "reason": "calm down"}
    await shop.ask("POST", f"live/streams/{stream_id}/moderation/timeout", seller, json=wish, status=201)

    log = await log_of(shop, stream_id, seller)

    said = [entry.data["message"] for entry in log if entry.event == "live:message"]
    assert said == ["Is the mug blue?", "This text was taken out"]
    assert [entry.data["reason"] for entry in log if entry.event == "live:message:deleted"] == ["off topic"]
    assert {entry.data["action"] for entry in log if entry.room is Room.STAFF} == {"delete_message", "timeout"}
    public = [entry.seq for entry in log if entry.room is Room.EVERYBODY]
    assert public == list(range(1, public[-1] + 1))


async def test_a_deletion_changes_nothing_of_what_the_log_said_before(shop: Shop, seller: Person) -> None:
    """Each edit and each pinning says what was told then, and every line keeps its hash."""
    stream_id = await shop.live_stream(seller)
    buyer = await shop.person()
    message_id = await say(shop, stream_id, buyer, "first words")
    message, log = f"live/streams/{stream_id}/messages/{message_id}", f"live/streams/{stream_id}/chat-log"
    await shop.ask("PATCH", message, buyer, json={"message": "second words"})
    await shop.ask("PUT", f"{message}/pin", seller)
    await shop.ask("PATCH", message, buyer, json={"message": "third words"})
    await shop.ask("PATCH", message, buyer, json={"message": "last words"})
    await say(shop, stream_id, buyer, "something else")
    before = (await shop.send("GET", log, seller)).content.splitlines()

    await shop.ask("DELETE", message, seller, status=204)

    after = (await shop.send("GET", log, seller)).content.splitlines()
    assert after[: len(before)] == before
    of_deletion = [json.loads(line)["event"] for line in after[len(before) :]]
    assert sorted(of_deletion) == ["live:message:deleted", "live:message:unpinned", "live:moderation:logged"]
    entries = await log_of(shop, stream_id, seller)
    edits = [entry.data["message"] for entry in entries if entry.event == "live:message:edited"]
    assert edits == ["second words", "third words", "last words"]
    [pinned] = [entry.data["message"] for entry in entries if entry.event == "live:message:pinned"]
    assert pinned["message"] == "second words" and pinned["isDeleted"] is False
    replayed = await (await shop.listener()).call("live:resume", {"streamId": stream_id, "afterSeq": 0})
    assert " words" not in json.dumps(replayed), "who comes now is not told"
    assert " words" not in (await shop.send("GET", f"live/streams/{stream_id}/messages", seller)).text


async def test_only_host_moderators_support_and_admins_read_it(shop: Shop, seller: Person) -> None:
    """Case 16."""
    stream_id = await shop.live_stream(seller)
    other_stream = await shop.live_stream(await shop.person(Role.SELLER))
    moderator = await shop.person()
    wish = {"userId": moderator.id}
    await shop.ask("POST", f"live/streams/{stream_id}/moderators", seller, json=wish, status=201)
    buyer = await shop.person()
    for ending in ("chat-log", "chat-log.zip"):
        path = f"live/streams/{stream_id}/{ending}"
        for who in (seller, moderator):
            assert (await shop.send("GET", path, who)).status_code == 200
        assert await shop.refused("auth.forbidden", "GET", path, buyer) == 403
        assert await shop.refused("auth.required", "GET", path) == 401
        assert await shop.refused("auth.forbidden", "GET", f"live/streams/{other_stream}/{ending}", moderator) == 403
        assert await shop.refused("stream.not_found", "GET", f"live/streams/none/{ending}", seller) == 404


async def test_the_bundle_is_sealed_with_the_key_the_server_shows(shop: Shop, seller: Person, tmp_path: Path) -> None:
    stream_id = await shop.live_stream(seller, title="Otoño 🍂")
    for number in range(5):
        await say(shop, stream_id, seller, f"Número {number} de la tarde, ¿qué tal?")
    key = await shop.ask("GET", "live/signing-key")
    response = await shop.send("GET", f"live/streams/{stream_id}/chat-log.zip", seller)
    assert response.headers["content-type"] == "application/zip"
    path = tmp_path / "log.zip"
    path.write_bytes(response.content)

    bundle = read_bundle(path, key["publicKey"])

    entries = list(bundle.entries())
    assert bundle.manifest.title == "Otoño 🍂" and bundle.manifest.key_id == key["keyId"]
    assert entries == await log_of(shop, stream_id, seller)
    assert len(entries) == bundle.manifest.lines >= 5


async def test_a_show_without_events_has_an_empty_log(shop: Shop, seller: Person, tmp_path: Path) -> None:
    stream_id = await shop.stream(seller)
    assert await log_of(shop, stream_id, seller) == []
    path = tmp_path / "log.zip"
    path.write_bytes((await shop.send("GET", f"live/streams/{stream_id}/chat-log.zip", seller)).content)
    assert list(read_bundle(path).entries()) == []


async def test_nothing_private_is_in_the_log(shop: Shop, seller: Person) -> None:
    """Case 17, case 44: not even where an event should have held it, and no sale."""
    stream_id = await shop.live_stream(seller)
    await say(shop, stream_id, seller, "Welcome")
    ingest = await shop.ask("GET", f"live/streams/{stream_id}/ingest", seller)
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    leaky = {"streamId": stream_id, "user": {"email": "who@example.com", "ip": "203.0.113.7"}, "revenue": 9900.5}
    async with shop.server.services.database.write() as transaction:
        for table, event in ((LiveStreamEventRow, "live:message"), (LiveStreamStaffEventRow, "live:moderation:logged")):
            row = {"stream_id": stream_id, "seq": 1000, "event": event, "data": leaky, "at": moment}
            await transaction.session.execute(insert(table), row)
        sale = {"stream_id": stream_id, "seq": 1001, "event": "live:sale", "data": {"amount": 9900.5}, "at": moment}
        await transaction.session.execute(insert(LiveStreamStaffEventRow), sale)
        seqs = {"last_seq": 1000, "last_staff_seq": 1001}
        await transaction.session.execute(update(LiveStreamRow).where(LiveStreamRow.id == stream_id).values(**seqs))
    response = await shop.send("GET", f"live/streams/{stream_id}/chat-log", seller)
    for secret in ("who@example.com", "203.0.113.7", "9900.5", ingest["streamKey"], "@example.com"):
        assert secret not in response.text
    assert response.text.count('"seq":1000') == 2


async def test_each_room_keeps_its_order_whatever_the_clocks_said(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gshop_studio.server.moderation.chat_log_pages.PAGE_EVENTS", 3)
    stream_id = await shop.stream(seller)
    start = datetime(2030, 1, 1, tzinfo=UTC)
    jitter_s = [0, 5, 3, 9, 1, 20, 18, 30]
    async with shop.server.services.database.write() as transaction:
        for table, shift_s in ((LiveStreamEventRow, 0), (LiveStreamStaffEventRow, 4)):
            rows = [
                {
                    "stream_id": stream_id,
                    "seq": seq,
                    "event": "live:message:held",
                    "data": {},
                    "at": start + timedelta(seconds=late_s + shift_s),
                }
                for seq, late_s in enumerate(jitter_s, start=1)
            ]
            await transaction.session.execute(insert(table), rows)
    pages = ChatLogPages(shop.server.services.database, stream_id, LogBounds("", {Room.EVERYBODY: 8, Room.STAFF: 8}))
    merged = [row async for page in pages.pages() for row in page]
    for room in Room:
        assert [row.seq for row in merged if row.room is room] == list(range(1, 9))
    first = [(row.room, row.seq) for row in merged[:3]]
    assert first == [(Room.EVERYBODY, 1), (Room.STAFF, 1), (Room.EVERYBODY, 2)]


async def test_a_long_show_passes_through_little_memory(shop: Shop, seller: Person) -> None:
    """A page or two of it, however many there are; and the loop goes on meanwhile."""
    stream_id = await shop.stream(seller)
    number = 15_000
    await _fill(shop, stream_id, number)
    longest_stall_s = 0.0
    is_done = False

    async def watch() -> None:
        nonlocal longest_stall_s
        while not is_done:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest_stall_s = max(longest_stall_s, time.perf_counter() - before)

    tracemalloc.start()
    watching = asyncio.create_task(watch())
    caller = await shop.server.services.accounts.caller(seller.token)
    lines = await shop.server.services.chat_log.lines(caller, stream_id)
    count = 0
    async for chunk in lines:
        count += chunk.count(b"\n")
    is_done = True
    await watching
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == number
    assert peak < 10 * 1024 * 1024
    assert longest_stall_s < 1.0, "generous: the machine may be busy"


async def _fill(shop: Shop, stream_id: str, number: int) -> None:
    start = datetime(2030, 1, 1, tzinfo=UTC)
    async with shop.server.services.database.write() as transaction:
        for first in range(0, number, 5000):
            rows = [
                {
                    "stream_id": stream_id,
                    "seq": seq,
                    "event": "live:message",
                    "data": {"streamId": stream_id, "id": f"m{seq}", "message": "Do you have it in blue?", "seq": seq},
                    "at": start + timedelta(milliseconds=seq),
                }
                for seq in range(first + 1, first + 5001)
            ]
            await transaction.session.execute(insert(LiveStreamEventRow), rows)
        await transaction.session.execute(
            update(LiveStreamRow).where(LiveStreamRow.id == stream_id).values(last_seq=number)
        )


async def test_the_key_is_the_same_after_a_restart(tmp_path: Path) -> None:
    keys = []
    for _ in range(2):
        async with Shop(tmp_path / "data") as shop:
            keys.append(await shop.ask("GET", "live/signing-key"))
    assert keys[0] == keys[1]
    assert keys[0]["pem"].startswith("-----BEGIN PUBLIC KEY-----")


async def test_the_manifest_says_what_it_is(shop: Shop, seller: Person, tmp_path: Path) -> None:
    stream_id = await shop.stream(seller)
    path = tmp_path / "log.zip"
    path.write_bytes((await shop.send("GET", f"live/streams/{stream_id}/chat-log.zip", seller)).content)
    manifest = read_bundle(path).manifest
    assert isinstance(manifest, ChatLogManifest)
    assert json.loads(manifest.model_dump_json(by_alias=True))["format"] == "gshop.chat-log"
