"""Reads of what is said of shows, and writes of the words they are found by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite

from gshop_studio.server.database import Transaction
from gshop_studio.server.discovery.words import Said
from gshop_studio.server.tables import (
    LiveStreamProductRow,
    LiveStreamRow,
    LiveStreamSearchRow,
    ProductRow,
    UserRow,
)

_COLUMNS = ("title", "tags", "host", "products", "description", "city", "country")


class SearchIndexRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._session = transaction.session

    async def lock(self, stream_ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """The entries of these shows, by show: locked, in the order of the shows, so that two who write some at once do
        it one after the other. What this transaction has changed so far is written before."""
        await self._session.flush()
        columns = [getattr(LiveStreamSearchRow, name) for name in _COLUMNS]
        found = await self._session.execute(
            select(LiveStreamSearchRow.stream_id, *columns)
            .where(LiveStreamSearchRow.stream_id.in_(stream_ids))
            .order_by(LiveStreamSearchRow.stream_id)
            .with_for_update()
        )
        return {row.stream_id: dict(row._mapping) for row in found}

    async def said_of(self, stream_ids: Collection[str]) -> list[Said]:
        """What is said of these shows, in the order of their ids."""
        products: dict[str, list[str]] = defaultdict(list)
        on_shelf = await self._session.execute(
            select(LiveStreamProductRow.stream_id, ProductRow.name)
            .join(ProductRow, ProductRow.id == LiveStreamProductRow.product_id)
            .where(LiveStreamProductRow.stream_id.in_(stream_ids))
            .order_by(LiveStreamProductRow.stream_id, LiveStreamProductRow.position)
        )
        for stream_id, name in on_shelf:
            products[stream_id].append(name)
        show, host = LiveStreamRow, UserRow
        found = await self._session.execute(
            select(
                show.id, show.title, show.description, show.tags, show.category, host.display_name, host.city,
                host.country,
            )
            .join(host, host.id == show.host_id)
            .where(show.id.in_(stream_ids))
            .order_by(show.id)
        )  # fmt: skip
        return [Said(*row, products[row[0]]) for row in found]

    async def write(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Write these entries, new or anew."""
        insert = postgresql.insert if self._transaction.is_postgres else sqlite.insert
        wish: Any = insert(cast(Table, LiveStreamSearchRow.__table__))
        wish = wish.on_conflict_do_update(
            index_elements=["stream_id"], set_={name: wish.excluded[name] for name in _COLUMNS}
        )
        await self._session.execute(wish, list(entries))

    async def shows_of_host(self, host_id: str) -> list[str]:
        return list(await self._session.scalars(select(LiveStreamRow.id).where(LiveStreamRow.host_id == host_id)))

    async def shows_with_product(self, product_id: str) -> list[str]:
        found = select(LiveStreamProductRow.stream_id).where(LiveStreamProductRow.product_id == product_id)
        return list(await self._session.scalars(found))
