"""Work that one server does: the one that leads, and another when that one is gone."""

from __future__ import annotations

import asyncio
import time

import asyncpg

from gshop_studio.server.jobs import Jobs
from gshop_studio.server.leadership import Leadership
from gshop_studio.server.refusals import Refused
from tests.gshop_studio.server.shop import eventually
from tests.support.postgres import Postgres


async def test_a_job_comes_again_and_again_and_survives_its_faults() -> None:
    done = 0

    async def work() -> None:
        nonlocal done
        done += 1
        if done == 1:
            raise Refused("storage.full")
        if done == 2:
            raise ValueError("a fault of ours")

    jobs = Jobs()
    jobs.every(0.01, "counting", work)
    before_s = time.time()
    await jobs.start()
    await eventually(lambda: done >= 4)
    await jobs.close()
    assert before_s <= jobs.last_success_s["counting"] <= time.time()


async def test_who_does_not_lead_does_nothing() -> None:
    asked, done, is_leader = 0, 0, False

    def is_our_turn() -> bool:
        nonlocal asked
        asked += 1
        return is_leader

    async def work() -> None:
        nonlocal done
        done += 1

    jobs = Jobs(is_our_turn)
    jobs.every(0.01, "counting", work)
    await jobs.start()
    await eventually(lambda: asked > 3)
    assert done == 0 and jobs.last_success_s == {}
    is_leader = True
    await eventually(lambda: done > 0)
    await jobs.close()


async def test_a_server_with_a_database_of_its_own_leads() -> None:
    leadership = Leadership(None)
    await leadership.start()
    assert leadership.is_leader
    await leadership.close()


async def test_one_of_several_leads_and_another_follows(postgres: Postgres) -> None:
    """By leaving, and by losing its connection without a word to anybody."""
    url = await postgres.emptied()
    servers = [Leadership(url.replace("postgresql://", "postgresql+asyncpg://")) for _ in range(3)]
    for server in servers:
        await server.start()

    def leaders() -> list[Leadership]:
        return [server for server in servers if server.is_leader]

    await eventually(lambda: len(leaders()) == 1)
    [first] = leaders()
    await first.close()
    assert not first.is_leader
    start_s = time.monotonic()
    await eventually(lambda: len(leaders()) == 1)
    assert time.monotonic() - start_s < 5
    [second] = leaders()
    admin = await asyncpg.connect(url)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    await admin.close()
    await eventually(lambda: not second.is_leader or len(leaders()) > 1)
    await eventually(lambda: len(leaders()) == 1)
    await asyncio.gather(*(server.close() for server in servers))
    assert leaders() == []
