"""Work that one server does: the one that leads, and another when that one is gone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from gshop_studio.server import leadership as leadership_module
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.jobs import Jobs
from gshop_studio.server.leadership import Leadership
from gshop_studio.server.operation import request_ids
from gshop_studio.server.refusals import Refused
from tests.gshop_studio.server.shop import eventually
from tests.support.postgres import Postgres, running_postgres
from tests.support.tcp_proxy import running_tcp_proxy


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


async def test_each_turn_of_a_job_is_found_by_its_id_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    ids: list[str | None] = []

    async def work() -> None:
        ids.append(request_ids.current())
        raise Refused("storage.busy")

    logged: list[str | None] = []

    def note(_: logging.LogRecord) -> bool:
        logged.append(request_ids.current())
        return True

    jobs = Jobs()
    jobs.every(0.01, "counting", work)
    with caplog.filtering(note):  # type: ignore[arg-type] # a function is a filter, too
        await jobs.start()
        await eventually(lambda: len(logged) >= 2)
        await jobs.close()
    assert None not in ids and len(set(ids)) == len(ids) and logged == ids[: len(logged)]


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
    assert done == 0 and jobs.last_success_s == {"counting": 0.0}, "told as never, not left out"
    is_leader = True
    await eventually(lambda: done > 0)
    await jobs.close()


async def test_a_server_with_a_database_of_its_own_leads() -> None:
    leadership = Leadership(None)
    await leadership.start()
    assert leadership.is_leader
    await leadership.close()


async def test_who_leaves_as_the_last_names_no_other(postgres: Postgres, caplog: pytest.LogCaptureFixture) -> None:
    leadership = Leadership((await postgres.emptied()).replace("postgresql://", "postgresql+asyncpg://"))
    with caplog.at_level(logging.INFO):
        await leadership.start()
        await eventually(lambda: leadership.is_leader)
        await leadership.close()
    assert caplog.messages[-1] == "this server leads no more" and "another server" not in caplog.text


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


@pytest.mark.parametrize("option", ["sslmode", "ssl"])
async def test_over_tls_one_leads_too(tmp_path: Path, postgres_with_tls: Postgres, option: str) -> None:
    """The leader's connection is opened as the pool's are."""
    config = ServerConfig(data_dir=tmp_path, database_url=f"{postgres_with_tls.url}?{option}=require")
    leadership, database = Leadership(config.database), Database(config.database)
    await leadership.start()
    await eventually(lambda: leadership.is_leader)
    async with database.read() as transaction:
        asked = "SELECT application_name, ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
        told = {name: has_tls for name, has_tls in await transaction.session.execute(text(asked)) if name}
    await database.close()
    await leadership.close()
    assert told == {"gshop-studio leader": True, "gshop-studio": True}


@pytest.fixture(scope="module")
def postgres_with_tls() -> Iterator[Postgres]:
    with running_postgres(has_tls=True) as running:
        yield running


async def test_that_nobody_can_lead_is_told_once_an_outage(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, postgres: Postgres
) -> None:
    monkeypatch.setattr(leadership_module, "_ASK_EVERY_S", 0.01)
    caplog.set_level(logging.DEBUG, leadership_module.__name__)
    with running_tcp_proxy(postgres.port) as proxy:
        url = make_url(await postgres.emptied()).set(drivername="postgresql+asyncpg", port=proxy.port)
        leadership = Leadership(url.render_as_string(hide_password=False))
        await leadership.start()
        for _ in range(2):
            await eventually(lambda: leadership.is_leader)
            told = len(caplog.records)
            proxy.cut()
            await eventually(lambda: len(caplog.records) > told + 4)  # noqa: B023
            proxy.restore()
        await leadership.close()
    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warned) == 2 and all("cannot be asked" in record.message for record in warned)
