"""People read for who is asking: together in a rush, and always as they are after the question."""

from __future__ import annotations

import asyncio

import pytest

from gshop_studio.server.accounts.repository import AccountRepository
from gshop_studio.server.accounts.user_reads import UserReads
from gshop_studio.server.refusals import Refused
from tests.gshop_studio.server.shop import Shop


async def test_many_questions_are_few_queries(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [await shop.guest(f"Guest {number}") for number in range(8)]
    reads, queries = UserReads(shop.server.services.database), []
    users = AccountRepository.users

    async def counted(self: AccountRepository, user_ids: object) -> object:
        queries.append(1)
        return await users(self, user_ids)  # type: ignore[arg-type]

    monkeypatch.setattr(AccountRepository, "users", counted)
    found = await asyncio.gather(*(reads.user(person.id) for person in people * 3), reads.user("nobody"))
    assert [row.id if row else None for row in found] == [*(person.id for person in people * 3), None]
    assert len(queries) <= 2


async def test_who_asks_is_told_of_a_storage_that_fails(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await shop.guest()
    reads = UserReads(shop.server.services.database)

    async def fails(self: AccountRepository, user_ids: object) -> object:
        raise Refused("storage.busy")

    with monkeypatch.context() as broken:
        broken.setattr(AccountRepository, "users", fails)
        answers = await asyncio.gather(*(reads.user(person.id) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Refused] * 3
    assert await reads.user(person.id) is not None, "the next question is asked anew"
