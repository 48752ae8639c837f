"""Writing in groups: nobody is hurt by another, nothing is lost, nothing is said twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import delete, event

from gshop_studio.contract.rest import ChatMessage, Role
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.chat import writer as writer_module
from gshop_studio.server.chat.group import Draft, GroupWriter, Result
from gshop_studio.server.chat.writer import ChatWriter
from gshop_studio.server.database import Transaction
from gshop_studio.server.moderation.words.verdict import Verdict
from gshop_studio.server.refusals import Refused
from gshop_studio.server.tables import UserRow
from tests.gshop_studio.server.shop import Person, Shop


class Groups:
    """Writes groups for real, and remembers how large each was."""

    def __init__(self, shop: Shop) -> None:
        self.sizes: list[int] = []
        self._real: GroupWriter = shop.server.chat.chat._writer._group_writer
        shop.server.chat.chat._writer._group_writer = self  # type: ignore[assignment]

    async def write(self, transaction: Transaction, drafts: Sequence[Draft]) -> list[Result]:
        self.sizes.append(len(drafts))
        return await self._real.write(transaction, drafts)


async def caller(shop: Shop, person: Person) -> Caller:
    return await shop.server.services.accounts.caller(person.token)


async def test_messages_that_wait_are_written_together_in_their_order(shop: Shop, seller: Person) -> None:
    first, second = await shop.live_stream(seller), await shop.live_stream(seller)
    ana, groups = await caller(shop, await shop.guest("Ana")), Groups(shop)
    chat = shop.server.services.chat
    wishes = [(first if number % 3 else second, str(number)) for number in range(300)]
    said = await asyncio.gather(*(chat.post(ana, show, f"message {text}", None) for show, text in wishes))
    assert sum(groups.sizes) == 300 and len(groups.sizes) <= 6 and max(groups.sizes) <= writer_module.GROUP_LIMIT
    for show in (first, second):
        seqs = [message.seq for message in said if isinstance(message, ChatMessage) and message.stream_id == show]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        stream = await shop.ask("GET", f"live/streams/{show}")
        assert stream["totalMessages"] == len(seqs)
    history = await shop.ask("GET", f"live/streams/{first}/messages", params={"limit": 100})
    expected = [f"message {text}" for show, text in wishes if show == first][-100:]
    assert [message["message"] for message in history["messages"]] == expected


async def test_one_that_is_refused_does_not_hurt_the_others(shop: Shop, seller: Person) -> None:
    stream_id, hidden = await shop.live_stream(seller), await shop.live_stream(seller, isPrivate=True)
    over = await shop.live_stream(seller)
    await shop.ask("POST", f"live/streams/{over}/end", seller)
    ana, zoe = await caller(shop, await shop.guest("Ana")), await caller(shop, await shop.guest("Zoe"))
    wish = {"userId": zoe.user_id, "duration": 60}
    await shop.ask("POST", f"live/streams/{stream_id}/moderation/timeout", seller, json=wish, status=201)
    groups, chat = Groups(shop), shop.server.services.chat
    async with shop.server.services.database.write():  # SQLite: all of them wait for this; PostgreSQL: some
        waiting = asyncio.gather(
            chat.post(ana, stream_id, "one", "k1"),
            chat.post(zoe, stream_id, "two", None),
            chat.post(ana, hidden, "three", None),
            chat.post(ana, over, "four", None),
            chat.post(ana, stream_id, "one", "k1"),
            chat.post(ana, stream_id, "other", "k1"),
            chat.post(ana, "nowhere", "five", None),
            chat.post(ana, stream_id, "six", None),
            return_exceptions=True,
        )
        await asyncio.sleep(0)
    results = await waiting
    codes = [result.code if isinstance(result, Refused) else "" for result in results]
    assert codes == [
        "",
        "chat.timed_out",
        "stream.private",
        "stream.over",
        "",
        "idempotency.key_reused",
        "stream.not_found",
        "",
    ]
    assert results[0] == results[4]
    assert len((await shop.ask("GET", f"live/streams/{stream_id}/messages"))["messages"]) == 2
    assert groups.sizes


async def test_an_account_that_is_gone_hurts_nobody_else(shop: Shop, seller: Person) -> None:
    """The database refuses the whole group; it is written one by one then."""
    stream_id = await shop.live_stream(seller)
    ana, gone = await caller(shop, await shop.guest("Ana")), await caller(shop, await shop.guest("Gone"))
    async with shop.server.services.database.write() as transaction:
        await transaction.session.execute(delete(UserRow).where(UserRow.id == gone.user_id))
    chat = shop.server.services.chat
    results = await asyncio.gather(
        chat.post(gone, stream_id, "me too", None),
        *(chat.post(ana, stream_id, f"text {number}", None) for number in range(5)),
        return_exceptions=True,
    )
    assert isinstance(results[0], Exception)
    assert all(isinstance(result, ChatMessage) for result in results[1:])
    history = (await shop.ask("GET", f"live/streams/{stream_id}/messages"))["messages"]
    assert [message["message"] for message in history] == [f"text {number}" for number in range(5)]


async def test_a_full_disk_is_told_to_every_author_and_nothing_is_half_written(tmp_path: Path) -> None:
    """case 59, the part of the chat: refused, not lost; the next message is written once there is room."""
    async with Shop(tmp_path / "data") as shop:
        seller = await shop.person(Role.SELLER)
        stream_id = await shop.live_stream(seller)
        engine = shop.server.services.database._engine.sync_engine
        [pages] = [await _pragma(shop, "page_count")]

        def fill(connection: object, *_: object) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

        event.listen(engine, "begin", fill)
        chat, ana = shop.server.services.chat, await caller(shop, seller)
        results = await asyncio.gather(
            *(chat.post(ana, stream_id, f"{number} " + "x" * 490, None) for number in range(200)),
            return_exceptions=True,
        )
        written = [result for result in results if isinstance(result, ChatMessage)]
        codes = {result.code for result in results if isinstance(result, Refused)}
        assert len(written) < 200 and codes == {"storage.full"}
        event.remove(engine, "begin", fill)
        await _pragma(shop, "max_page_count=1073741823")
        after = await chat.post(ana, stream_id, "room again", None)
        assert isinstance(after, ChatMessage)
        total = (await shop.ask("GET", f"live/streams/{stream_id}"))["totalMessages"]
        assert total == len(written) + 1


async def _pragma(shop: Shop, text: str) -> int:
    async with shop.server.services.database.read() as transaction:
        connection = await transaction.session.connection()
        return int((await connection.exec_driver_sql(f"PRAGMA {text}")).scalar_one())


async def test_too_many_waiting_are_turned_away(shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    stream_id, author = await shop.live_stream(seller), await caller(shop, seller)
    real: ChatWriter = shop.server.chat.chat._writer
    monkeypatch.setattr(writer_module, "WAITING_LIMIT", 3)
    small = ChatWriter(shop.server.services.database, real._screening, real._group_writer)
    drafts = [Draft(author, stream_id, f"text {number}", None) for number in range(5)]
    results = await asyncio.gather(*(small.submit(draft) for draft in drafts), return_exceptions=True)
    assert [isinstance(result, ChatMessage) for result in results] == [True, True, True, False, False]
    assert isinstance(results[4], Refused) and results[4].code == "storage.busy" and small.refused_count == 2
    await small.close()
    with pytest.raises(Refused):
        await small.submit(drafts[0])


async def test_what_waits_when_the_server_stops_is_written(shop: Shop, seller: Person) -> None:
    stream_id, author = await shop.live_stream(seller), await caller(shop, seller)
    chat = shop.server.services.chat
    posts = [asyncio.ensure_future(chat.post(author, stream_id, f"text {n}", None)) for n in range(20)]
    while not shop.server.chat.chat._writer.waiting_count:
        await asyncio.sleep(0)
    await chat.close()
    results = await asyncio.gather(*posts, return_exceptions=True)
    written = sum(isinstance(result, ChatMessage) for result in results)
    assert written and all(isinstance(result, ChatMessage | Refused) for result in results)
    assert len((await shop.ask("GET", f"live/streams/{stream_id}/messages"))["messages"]) == written


class SlowChecks:
    """Judges texts that begin with "slow" only once it is told to."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def check(self, text: str, *_: object) -> Verdict:
        if text.startswith("slow"):
            await self.may_answer.wait()
        return Verdict()


async def test_a_slow_judgement_keeps_the_order_of_its_show_and_holds_up_no_other(shop: Shop, seller: Person) -> None:
    first, second = await shop.live_stream(seller), await shop.live_stream(seller)
    author, chat, checks = await caller(shop, seller), shop.server.services.chat, SlowChecks()
    shop.server.chat.chat._writer._screening._checks = checks
    slow = asyncio.ensure_future(chat.post(author, first, "slow one", None))
    behind = asyncio.ensure_future(chat.post(author, first, "behind it", None))
    await asyncio.sleep(0)
    elsewhere = await chat.post(author, second, "elsewhere", None)
    assert isinstance(elsewhere, ChatMessage) and not slow.done() and not behind.done()
    checks.may_answer.set()
    one, two = await slow, await behind
    assert isinstance(one, ChatMessage) and isinstance(two, ChatMessage) and two.seq == one.seq + 1


async def test_what_cannot_be_judged_does_not_keep_the_server_from_stopping(shop: Shop, seller: Person) -> None:
    author, chat = await caller(shop, seller), shop.server.services.chat
    with pytest.raises(Refused) as refusal:
        await chat.post(author, "nowhere", "hello", None)
    assert refusal.value.code == "stream.not_found"
    async with asyncio.timeout(5):
        await chat.close()
