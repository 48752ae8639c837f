"""Who is told that a show is another now, after it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from gshop_studio.server.database import Transaction

ChangeListener = Callable[[str], None]
"""Told the id of a show that changed, after it is so. Must neither block nor raise."""

ShowListener = Callable[[Transaction, str], Awaitable[None]]
"""Told, within the transaction, the id of a show that is written anew."""


class ShowChanges:
    def __init__(self) -> None:
        self._listeners: list[ChangeListener] = []

    def subscribe(self, listener: ChangeListener) -> None:
        self._listeners.append(listener)

    def tell(self, transaction: Transaction, stream_id: str) -> None:
        """Once this transaction is durable, tell all listeners."""
        for listener in self._listeners:
            transaction.after_commit(partial(listener, stream_id))
