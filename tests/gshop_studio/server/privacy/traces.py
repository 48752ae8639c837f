"""Looks for traces of a person wherever something may be kept, and leaves some in every column of every table."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import Column, insert, select, text

from gshop_studio.server.clock import new_id, utc_now
from gshop_studio.server.database import Transaction
from gshop_studio.server.privacy.fate import Change, ChangeVia, Delete, DeleteVia, Fate
from gshop_studio.server.privacy.fates import FATES
from gshop_studio.server.tables import Base, ErasureRow, UserRow, UtcMoment
from tests.gshop_studio.server.shop import Shop

CANARY = "CANARY"
_OF_HOSTS = frozenset({"live_streams", "products", "live_stream_search", "live_stream_schedules", "blocked_words"})
_OF_EVENTS = frozenset({"live_stream_events", "live_stream_staff_events"})
_SET: dict[str, Any] = {
    "live_streams.status": "ended",
    "live_streams.language": "en",
    "orders.next_check_at": None,  # nothing is to be done about these
    "payment_notices.due_at": None,
    "sandbox_payments.decides_at": None,
    "sandbox_notices.due_at": utc_now() + timedelta(days=30),
}
_numbers = itertools.count(1)


async def leave_everywhere(transaction: Transaction, person_id: str, other_id: str, *, is_host: bool) -> None:
    """Write a row into every table that names the person; shows and products are theirs, or another's. What is to go
    with them says CANARY."""
    parents: dict[str, dict[str, Any]] = {}
    for table in Base.metadata.sorted_tables:
        if table.name in (UserRow.__tablename__, ErasureRow.__tablename__):
            continue
        whose = person_id if is_host or table.name not in _OF_HOSTS else other_id
        row = {}
        for column in table.columns:
            goes = is_host or _goes_with_a_visitor(table.name, column.name)
            row[column.key] = _value(column, whose, parents, goes=goes)
        if table.name == "follows":
            row["seller_id"] = other_id
        if table.name == "live_streams":
            row["allowed_viewers"] = [other_id, person_id]
        parents[table.name] = row
        await transaction.session.execute(insert(table).values({table.c[key]: value for key, value in row.items()}))


def _goes_with_a_visitor(table: str, column: str) -> bool:
    """Whether the column is emptied when somebody goes who does not host the show."""
    if table in _OF_EVENTS:
        return True
    for rule in FATES[table].rules:
        match rule:
            case Delete() | DeleteVia():
                return table not in _OF_HOSTS
            case Change(to=to) | ChangeVia(to=to) if column in to:
                return table not in _OF_HOSTS
    return False


def _value(column: Column[Any], whose: str, parents: dict[str, dict[str, Any]], *, goes: bool) -> Any:
    name, fate = f"{column.table.name}.{column.name}", FATES[column.table.name]
    if name in _SET:
        return _SET[name]
    for key in column.foreign_keys:
        parent, its_key = key.column.table.name, key.column.name
        return whose if parent == "users" else parents[parent][its_key]
    if column.name in fate.owners:
        return whose
    if column.name == "stream_id":
        return parents["live_streams"]["id"]
    if column.name == "order_id" and "orders" in parents:
        return parents["orders"]["id"]
    personal = fate.personal.get(column.name)
    is_gone = goes and personal is not None and personal.fate is not Fate.KEPT
    kind = datetime if isinstance(column.type, UtcMoment) else column.type.python_type
    if kind is str:
        return new_id() if column.name == "id" else f"{CANARY} {name}" if is_gone else f"x{next(_numbers)}"
    if kind is datetime:
        return utc_now()
    if kind in (dict, list):
        return {"userId": whose, "message": CANARY} if is_gone else kind()
    return kind(1) if kind in (int, float) else False


async def everything_in(transaction: Transaction) -> str:
    """All rows of all tables, as text; also of those no model names."""
    session, texts = transaction.session, []
    for table in Base.metadata.sorted_tables:
        rows = (await session.execute(select(table))).all()
        texts += [f"{table.name}: {dict(row._mapping)}" for row in rows]
    if transaction.is_postgres:
        ours = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()"
        for name in (await session.scalars(text(ours))).all():
            texts += [f"{name}: {row}" for row in await session.scalars(text(f"SELECT each::text FROM {name} each"))]
    return "\n".join(texts)


def files_with(folder: Path, names: Iterable[str]) -> Iterator[str]:
    """Where in the folder's files one of these stands."""
    wanted = list(names)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield from (f"{path.relative_to(folder)}: {name}" for name in wanted if name.encode() in content)


@contextlib.asynccontextmanager
async def redis_of(shop: Shop) -> AsyncIterator[Redis | None]:
    url = shop.config.redis_url
    if url is None:
        yield None
        return
    async with Redis.from_url(url) as redis:
        yield redis


async def redis_with(redis: Redis, names: Iterable[str]) -> list[str]:
    """Which keys or values of Redis hold one of these."""
    wanted = [name.encode() for name in names]
    found = []
    async for key in redis.scan_iter():
        content = key + await _value_of(redis, key)
        found += [f"{key!r}: {name!r}" for name in wanted if name in content]
    return found


async def _value_of(redis: Redis, key: bytes) -> bytes:
    kind = await redis.type(key)
    parts: Any
    match kind:
        case b"string":
            parts = [await redis.get(key) or b""]
        case b"zset":
            parts = await redis.zrange(key, 0, -1)
        case b"list":
            parts = await redis.lrange(key, 0, -1)
        case b"none":  # its time is over
            parts = []
        case _:
            raise AssertionError(f"{key!r} is a {kind!r}, which nobody looks into when somebody is erased")
    return b" ".join(bytes(part) for part in parts)
