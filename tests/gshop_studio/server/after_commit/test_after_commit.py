"""What follows a commit: done at least once, whatever fails or dies meanwhile, and by one server at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from gshop_studio.server.after_commit.after_commit import LEASE, AfterCommit
from gshop_studio.server.after_commit.task import NotYet, TaskKind, wait_s
from gshop_studio.server.clock import utc_now
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.tables import AfterCommitTaskRow

KIND, OUTSIDE = TaskKind("test.within"), TaskKind("test.outside")


class MovingClock:
    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **kwargs: float) -> None:
        self.now += timedelta(**kwargs)


@pytest.fixture
async def database(tmp_path: Path, storage: dict[str, Any]) -> AsyncIterator[Database]:
    url = storage.get("database_url") or f"sqlite+aiosqlite:///{tmp_path / 'data' / 'gshop.db'}"
    database = Database(url.replace("postgresql://", "postgresql+asyncpg://"))
    yield database
    await database.close()


async def add(database: Database, worker: AfterCommit, *subjects: str, kind: TaskKind = KIND) -> None:
    for subject in subjects:
        async with database.write() as transaction:
            await worker.add(transaction, subject, [kind])


async def rows(database: Database) -> list[AfterCommitTaskRow]:
    async with database.read() as transaction:
        return list(await transaction.session.scalars(select(AfterCommitTaskRow).order_by(AfterCommitTaskRow.id)))


async def test_what_is_rolled_back_is_not_done(database: Database) -> None:
    done: list[str] = []
    worker = AfterCommit(database, utc_now)
    worker.does(within={KIND: lambda _, subject: note(done, subject)})

    async def fails() -> None:
        async with database.write() as transaction:
            await worker.add(transaction, "a", [KIND])
            raise NotYet("the change itself fails")

    with pytest.raises(NotYet):
        await fails()
    await add(database, worker, "b", "b", "c")
    await worker.do_all_due()
    assert done == ["b", "c"], "in their order, each subject once"
    await add(database, worker, "b")
    await worker.do_all_due()
    assert done == ["b", "c"]


async def note(done: list[str], subject: str) -> None:
    done.append(subject)


async def test_a_worker_that_runs_does_it_at_once(database: Database) -> None:
    done = asyncio.Event()

    async def work(_: Transaction, __: str) -> None:
        done.set()

    worker = AfterCommit(database, utc_now)
    worker.does(within={KIND: work})
    worker.start()
    await add(database, worker, "a")
    async with asyncio.timeout(10):
        await done.wait()
    await worker.close()


async def test_what_fails_is_tried_again_later_and_holds_up_nothing(database: Database) -> None:
    clock, tries, done = MovingClock(), [], []

    async def work(_: Transaction, subject: str) -> None:
        if subject == "bad":
            tries.append(clock.now)
            if len(tries) < 3:
                raise NotYet("not yet")
        done.append(subject)

    worker = AfterCommit(database, clock)
    worker.does(within={KIND: work})
    await add(database, worker, "bad", "good")
    await worker.do_all_due()
    assert done == ["good"] and worker.failed_count == 1
    assert [row.last_error for row in await rows(database)] == ["not yet", None]
    await worker.do_all_due()
    assert len(tries) == 1, "not before its time"
    for _ in range(2):
        clock.pass_by(seconds=3)
        await worker.do_all_due()
    assert done == ["good", "bad"]


async def test_a_failure_takes_back_what_it_wrote(database: Database) -> None:
    async def work(transaction: Transaction, _: str) -> None:
        await transaction.session.execute(update(AfterCommitTaskRow).values(subject="changed"))
        raise NotYet("on second thoughts")

    worker = AfterCommit(database, utc_now)
    worker.does(within={KIND: work})
    await add(database, worker, "a")
    await worker.do_all_due()
    [row] = await rows(database)
    assert row.subject == "a" and row.done_at is None


async def test_who_dies_with_a_task_leaves_it_to_the_next(database: Database) -> None:
    """kill -9 in mid-work: another does it when the lease is over, not before."""
    clock, done = MovingClock(), []

    async def dies(_: str) -> None:
        raise asyncio.CancelledError

    async def works(subject: str) -> None:
        done.append(subject)

    first, second = AfterCommit(database, clock), AfterCommit(database, clock)
    first.does(outside={OUTSIDE: dies})
    second.does(outside={OUTSIDE: works})
    await add(database, first, "a", kind=OUTSIDE)
    with pytest.raises(asyncio.CancelledError):
        await first.do_all_due()
    await second.do_all_due()
    assert done == []
    clock.pass_by(seconds=LEASE.total_seconds() + 1)
    await second.do_all_due()
    assert done == ["a"]


async def test_several_workers_share_the_work(database: Database) -> None:
    done: list[str] = []
    workers = [AfterCommit(database, utc_now) for _ in range(4)]
    for worker in workers:
        worker.does(within={KIND: lambda _, subject: note(done, subject)})
    subjects = [f"s{number:02}" for number in range(40)]
    await add(database, workers[0], *subjects)
    await asyncio.gather(*(worker.do_all_due() for worker in workers))
    assert sorted(done) == subjects


async def test_kinds_nobody_does_wait(database: Database) -> None:
    done: list[str] = []
    worker = AfterCommit(database, utc_now)
    await add(database, worker, "a")
    await worker.do_all_due()
    worker.does(within={KIND: lambda _, subject: note(done, subject)})
    await worker.do_all_due()
    assert done == ["a"]


def test_waits_grow() -> None:
    assert [wait_s(attempts) for attempts in (1, 2, 3, 9, 50)] == [1, 2, 4, 256, 300]
