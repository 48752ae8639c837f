"""Does what the registry's rules say to the rows of a table that are a person's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, Text, delete, or_, select, tuple_, update
from sqlalchemy import cast as sql_cast

from gshop_studio.server.database import Transaction
from gshop_studio.server.privacy.fate import (
    NOW,
    Change,
    ChangeVia,
    Delete,
    DeleteVia,
    DeleteWithShow,
    Rule,
    TakeOff,
)
from gshop_studio.server.tables import Base, LiveStreamRow


class Rules:
    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def follow(self, rule: Rule, table: Table, user_id: str, now: datetime, *where: ColumnElement[bool]) -> None:
        match rule:
            case Delete(of=of):
                await self._session.execute(delete(table).where(table.c[of] == user_id, *where))
            case Change():
                await self._change(rule, table, user_id, now, *where)
            case DeleteWithShow(of=of):
                hosted = select(LiveStreamRow.id).where(LiveStreamRow.host_id == user_id)
                await self._session.execute(delete(table).where(table.c[of].in_(hosted)))
            case DeleteVia(of=of):
                await self._session.execute(delete(table).where(table.c[of].in_(_theirs(rule, user_id))))
            case ChangeVia(of=of, to=to):
                theirs = table.c[of].in_(_theirs(rule, user_id))
                await self._session.execute(
                    update(table).where(theirs).values({table.c[name]: to[name] for name in to})
                )
            case TakeOff(of=of):
                await self._take_off(table, of, user_id)

    async def _change(
        self, rule: Change, table: Table, user_id: str, now: datetime, *where: ColumnElement[bool]
    ) -> None:
        is_theirs: ColumnElement[bool] = table.c[rule.of] == user_id
        if rule.linked_by is not None:
            link = table.c[rule.linked_by]
            theirs = select(link).where(is_theirs, link != "")
            links = set(await self._session.scalars(theirs))
            if links:
                is_theirs = or_(is_theirs, link.in_(links))
                where = ()  # in whichever show
        values = {
            table.c[column]: now if value is NOW else value(table) if callable(value) else value
            for column, value in rule.to.items()
        }
        await self._session.execute(update(table).where(is_theirs, *where).values(values))

    async def _take_off(self, table: Table, column: str, user_id: str) -> None:
        [key] = table.primary_key
        found = await self._session.execute(
            select(key, table.c[column]).where(sql_cast(table.c[column], Text).contains(user_id))
        )
        for row_id, ids in found.all():
            left = [each for each in ids if each != user_id]
            await self._session.execute(update(table).where(key == row_id).values({table.c[column]: left}))


async def delete_some(transaction: Transaction, table: Table, where: ColumnElement[bool], limit: int) -> int:
    """Delete at most so many rows; how many there were."""
    keys = list(table.primary_key)
    found = await transaction.session.execute(select(*keys).where(where).limit(limit))
    rows = found.all()
    if rows:
        await transaction.session.execute(delete(table).where(*_are(keys, rows)))
    return len(rows)


def table_of(name: str) -> Table:
    return Base.metadata.tables[name]


def _theirs(rule: DeleteVia | ChangeVia, user_id: str) -> Select[Any]:
    """The keys of the rows of the rule's other table that are the person's."""
    parent = table_of(rule.parent)
    [key] = parent.primary_key
    return select(key).where(parent.c[rule.owner] == user_id)


def _are(keys: list[Any], rows: Iterable[Any]) -> tuple[ColumnElement[bool], ...]:
    if len(keys) == 1:
        return (keys[0].in_([row[0] for row in rows]),)
    return (tuple_(*keys).in_([tuple(row) for row in rows]),)
