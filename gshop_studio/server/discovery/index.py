"""The words by which shows are found, kept as the shows are: what changes a show, its shelf, a product's name or its
host's writes them in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from gshop_studio.server.database import Transaction
from gshop_studio.server.discovery.index_repository import SearchIndexRepository
from gshop_studio.server.discovery.words import entry_of

Listener = Callable[[str], None]
"""Told, after the commit, the id of a show that is found by other words. Must neither block nor raise."""
_AT_ONCE = 200
"""Shows of one statement."""


class SearchIndex:
    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def show_written(self, transaction: Transaction, stream_id: str) -> None:
        """A show was made or edited, or its shelf is another."""
        await self._write(transaction, [stream_id])

    async def product_changed(self, transaction: Transaction, product_id: str, _stock_before: int = 0) -> None:
        """A product was edited: shows of the past are found by it, too."""
        await self._write(transaction, await SearchIndexRepository(transaction).shows_with_product(product_id))

    async def person_changed(self, transaction: Transaction, user_id: str) -> None:
        """A host has another name or lives elsewhere."""
        await self._write(transaction, await SearchIndexRepository(transaction).shows_of_host(user_id))

    async def _write(self, transaction: Transaction, stream_ids: Collection[str]) -> None:
        ordered = sorted(stream_ids)
        for start in range(0, len(ordered), _AT_ONCE):
            await self._write_some(transaction, ordered[start : start + _AT_ONCE])

    async def _write_some(self, transaction: Transaction, stream_ids: Collection[str]) -> None:
        """Those that say something else than before."""
        repository = SearchIndexRepository(transaction)
        before = await repository.lock(stream_ids)  # read after that, so that nobody's change is missed
        entries = [entry_of(said) for said in await repository.said_of(stream_ids)]
        changed = [entry for entry in entries if before.get(str(entry["stream_id"])) != entry]
        if changed:
            await repository.write(changed)
        for entry in changed:
            for listener in self._listeners:
                transaction.after_commit(partial(listener, str(entry["stream_id"])))
