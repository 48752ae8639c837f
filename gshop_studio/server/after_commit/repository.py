"""Reads and writes of tasks. Several servers may claim at once: each task goes to one, for as long as its lease."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gshop_studio.server.after_commit.task import Task, TaskKind
from gshop_studio.server.clock import new_id
from gshop_studio.server.database import Transaction
from gshop_studio.server.tables import AfterCommitTaskRow

_Row = AfterCommitTaskRow


class TaskRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session
        self._insert = postgres_insert if transaction.is_postgres else sqlite_insert

    async def add(self, tasks: Sequence[tuple[TaskKind, str]], now: datetime) -> None:
        """Write these down, by kind and subject; what is written down already stays as it is."""
        rows = [
            {"id": new_id(), "kind": kind, "subject": subject, "due_at": now, "attempts": 0, "created_at": now}
            for kind, subject in tasks
        ]
        if rows:
            await self._session.execute(self._insert(_Row).values(rows).on_conflict_do_nothing())

    async def is_any_due(self, kinds: Collection[TaskKind], now: datetime) -> bool:
        due = select(_Row.id).where(_Row.done_at.is_(None), _Row.due_at <= now, _Row.kind.in_(kinds)).limit(1)
        return await self._session.scalar(due) is not None

    async def claim(self, kinds: Collection[TaskKind], now: datetime, leased_until: datetime, limit: int) -> list[Task]:
        """Take what is due, the oldest first; nobody else is given it until the lease ends."""
        due = (
            select(_Row.id)
            .where(_Row.done_at.is_(None), _Row.due_at <= now, _Row.kind.in_(kinds))
            .order_by(_Row.due_at, _Row.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = list(await self._session.scalars(due))
        if not ids:
            return []
        taken = await self._session.execute(
            update(_Row)
            .where(_Row.id.in_(ids))
            .values(due_at=leased_until, attempts=_Row.attempts + 1)
            .returning(_Row.id, _Row.kind, _Row.subject, _Row.attempts)
        )
        return sorted(
            (Task(task_id, TaskKind(kind), subject, attempts) for task_id, kind, subject, attempts in taken),
            key=lambda task: task.id,
        )

    async def finish(self, task_id: str, now: datetime) -> bool:
        """It is done; False where it was done before. The task is locked until the end of the transaction."""
        done: CursorResult[Any] = await self._session.execute(  # type: ignore[assignment]
            update(_Row).where(_Row.id == task_id, _Row.done_at.is_(None)).values(done_at=now, last_error=None)
        )
        return done.rowcount == 1

    async def put_off(self, task_id: str, due_at: datetime, error: str) -> None:
        await self._session.execute(
            update(_Row).where(_Row.id == task_id, _Row.done_at.is_(None)).values(due_at=due_at, last_error=error)
        )

    async def count_waiting(self) -> int:
        """How many are not done."""
        return await self._session.scalar(select(func.count()).where(_Row.done_at.is_(None))) or 0

    async def first_due_at(self) -> datetime | None:
        """When the one that is due first is so, or its lease ends; None where all is done."""
        return await self._session.scalar(select(func.min(_Row.due_at)).where(_Row.done_at.is_(None)))

    async def count_failing(self) -> int:
        """How many have failed more than once and are not done."""
        failing = select(func.count()).where(_Row.done_at.is_(None), _Row.attempts > 1)
        return await self._session.scalar(failing) or 0
