"""A task: something that is to follow from a change, and who does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NewType

from gshop_studio.server.database import Transaction

TaskKind = NewType("TaskKind", str)

WithinTransaction = Callable[[Transaction, str], Awaitable[None]]
"""Does a task within a transaction, for a subject: what it writes and that it is done are one commit, so it happens
once."""
Outside = Callable[[str], Awaitable[None]]
"""Does a task that leaves the database, for a subject, without a transaction of the worker's. It may be done twice, and
has to bear that."""


class NotYet(Exception):
    """It cannot be done now; try again later. `str` of it says why."""


@dataclass(frozen=True, slots=True)
class Task:
    id: str
    kind: TaskKind
    subject: str
    attempts: int
    """This one included."""


def wait_s(attempts: int) -> float:
    """How long a task that failed so often waits: 1 s, 2 s, 4 s ... 5 min."""
    return float(min(2 ** max(attempts - 1, 0), 300))
