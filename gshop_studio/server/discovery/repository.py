"""Reads of shows by what is said of them, and of what is trending."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Numeric,
    Subquery,
    case,
    cast,
    delete,
    false,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
)

from gshop_studio.domain.money import MINOR_UNITS_OF_ONE
from gshop_studio.domain.stream_life import LATE_S, StreamStatus
from gshop_studio.domain.trending import LONGEST_AGE_H, trending_score
from gshop_studio.server.database import Transaction
from gshop_studio.server.discovery.wanted import Wanted
from gshop_studio.server.streams.repository import PUBLIC, is_in_category
from gshop_studio.server.tables import (
    LiveStreamProductRow,
    LiveStreamRow,
    LiveStreamSearchRow,
    ProductRow,
    live_trending,
)

_INDEX: ColumnElement[Any] = literal_column("live_stream_search_index")
_DOCUMENT: ColumnElement[Any] = literal_column(
    "(setweight(to_tsvector('simple', live_stream_search.title), 'A') || "
    "setweight(to_tsvector('simple', live_stream_search.tags), 'B') || "
    "setweight(to_tsvector('simple', live_stream_search.host), 'C') || "
    "setweight(to_tsvector('simple', live_stream_search.products), 'C') || "
    "setweight(to_tsvector('simple', live_stream_search.description), 'D'))"
)
"""As the index `idx_live_stream_search_words` has it, or that is not used."""
_COLUMN_WEIGHTS = (10.0, 6.0, 4.0, 4.0, 1.0)
"""Of title, tags, host, products, description in SQLite's rank, near to PostgreSQL's A to D."""
_ON_AIR: tuple[ColumnElement[bool], ...] = (*PUBLIC, LiveStreamRow.status == StreamStatus.LIVE.value)


class DiscoveryRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._is_postgres = transaction.is_postgres
        self._session = transaction.session
        self._each = func.json_array_elements_text if transaction.is_postgres else func.json_each

    async def trending(self, *, category: str | None, limit: int, offset: int) -> tuple[list[LiveStreamRow], int]:
        """One page of what draws people now, as of the last refresh, without what is over since."""
        where = [*_ON_AIR, *([is_in_category(category)] if category else [])]
        shows = select(LiveStreamRow).join(live_trending, live_trending.c.stream_id == LiveStreamRow.id).where(*where)
        total = await self._session.scalar(select(func.count()).select_from(shows.subquery()))
        rows = await self._session.scalars(
            shows.order_by(live_trending.c.score.desc(), LiveStreamRow.id.desc()).limit(limit).offset(offset)
        )
        return list(rows), total or 0

    async def search(
        self, wanted: Wanted, now: datetime, *, limit: int, offset: int
    ) -> tuple[list[LiveStreamRow], int]:
        """One page of what is looked for."""
        shows = select(LiveStreamRow).join(LiveStreamSearchRow, LiveStreamSearchRow.stream_id == LiveStreamRow.id)
        shows = shows.where(*self._filters(wanted, now))
        rank: ColumnElement[Any] | None = None
        if wanted.words:
            hits = self.hits(wanted.words)
            shows, rank = shows.join(hits, hits.c.id == LiveStreamSearchRow.id), hits.c.rank
        total = await self._session.scalar(
            select(func.count()).select_from(shows.with_only_columns(LiveStreamRow.id).subquery())
        )
        sort = wanted.sort or ("relevance" if rank is not None else "viewers")
        if sort == "trending":
            shows = shows.outerjoin(live_trending, live_trending.c.stream_id == LiveStreamRow.id)
        rows = await self._session.scalars(shows.order_by(*_order(sort, rank)).limit(limit).offset(offset))
        return list(rows), total or 0

    def hits(self, words: list[str]) -> Subquery:
        """The entries that have all these words, or words that begin so: `id`, and a rank that is lowest for the best.
        Words are of letters and digits alone."""
        if self._is_postgres:
            query = func.to_tsquery(literal_column("'simple'::regconfig"), " & ".join(f"{word}:*" for word in words))
            likeness = func.ts_rank(_DOCUMENT, query, type_=Float)
            hits = select(LiveStreamSearchRow.id.label("id"), (-likeness).label("rank"))
            return hits.where(_DOCUMENT.op("@@", is_comparison=True)(query)).subquery()
        rank = func.bm25(_INDEX, *(literal_column(str(weight)) for weight in _COLUMN_WEIGHTS), type_=Float)
        return (
            select(literal_column("rowid").label("id"), rank.label("rank"))
            .select_from(table("live_stream_search_index"))
            .where(_INDEX.op("MATCH", is_comparison=True)(" AND ".join(f'"{word}"*' for word in words)))
            .subquery()
        )

    def _filters(self, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
        show = LiveStreamRow
        is_to_come = (show.status == StreamStatus.SCHEDULED.value) & (
            show.scheduled_at >= now - timedelta(seconds=LATE_S)
        )
        match wanted.status:
            case None:
                where = [*PUBLIC, or_(show.status == StreamStatus.LIVE.value, is_to_come)]
            case StreamStatus.SCHEDULED:
                where = [*PUBLIC, is_to_come]
            case status:
                where = [*PUBLIC, show.status == status.value]
        if wanted.category:
            where.append(is_in_category(wanted.category))
        for tag in wanted.normalised_tags:
            each = self._each(show.tags).table_valued("value")
            where.append(select(each.c.value).where(func.lower(each.c.value) == tag).exists())
        if wanted.seller_id:
            where.append(show.host_id == wanted.seller_id)
        if wanted.location:
            where.append(_is_at(wanted))
        if wanted.currency:
            where.append(show.currency == wanted.currency)
        if wanted.min_price is not None or wanted.max_price is not None:
            where.append(_has_price(wanted.min_price, wanted.max_price))
        return where

    # --- what is trending ---------------------------------------------------------------------------------------

    async def refresh_trending(self, now: datetime) -> None:
        """Measure anew how much each show on air draws."""
        if self._is_postgres:
            await self._session.execute(text("REFRESH MATERIALIZED VIEW CONCURRENTLY live_trending"))
            return
        show = LiveStreamRow
        found = await self._session.execute(
            select(show.id, show.viewer_count, show.total_likes, show.total_purchases, show.started_at).where(
                *_ON_AIR, show.started_at > now - timedelta(hours=LONGEST_AGE_H)
            )
        )
        scores = [
            {
                "stream_id": stream_id,
                "score": trending_score(viewers, likes, purchases, (now - started_at).total_seconds() / 3600.0),
            }
            for stream_id, viewers, likes, purchases, started_at in found
            if started_at is not None
        ]
        await self._session.execute(delete(live_trending))
        if scores:
            await self._session.execute(insert(live_trending), scores)


def _order(sort: str, rank: ColumnElement[Any] | None) -> list[ColumnElement[Any]]:
    show = LiveStreamRow
    newest: list[ColumnElement[Any]] = [func.coalesce(show.started_at, show.created_at).desc(), show.id.desc()]
    most_viewers: list[ColumnElement[Any]] = [show.viewer_count.desc(), *newest]
    match sort:
        case "newest":
            return newest
        case "trending":
            return [func.coalesce(live_trending.c.score, -1.0).desc(), *most_viewers]
        case "relevance" if rank is not None:
            return [rank, *most_viewers]
        case _:
            return most_viewers


def _is_at(wanted: Wanted) -> ColumnElement[bool]:
    places: list[ColumnElement[bool]] = []
    if wanted.country is not None:
        places.append(LiveStreamSearchRow.country == wanted.country)
    if wanted.city:
        places.append(LiveStreamSearchRow.city.startswith(wanted.city, autoescape=True))
    return or_(*places) if places else false()


def _has_price(least: Decimal | None, most: Decimal | None) -> ColumnElement[bool]:
    """Whether the show has a product whose price on air (`domain.pricing`) lies between these, limits included."""
    row, product = LiveStreamProductRow, ProductRow
    percent_hundredths = cast(func.round(cast(row.discount_percent, Numeric) * 100), BigInteger)
    discounted = (product.price_minor * (10_000 - percent_hundredths) + 5_000) // 10_000  # half up
    charged = case(
        (row.live_price_minor < product.price_minor, row.live_price_minor),
        (row.live_price_minor.is_not(None), product.price_minor),
        (row.discount_percent.is_not(None), discounted),
        else_=product.price_minor,
    )
    one = case(MINOR_UNITS_OF_ONE, value=product.currency, else_=100)
    where = [row.stream_id == LiveStreamRow.id, product.deleted_at.is_(None)]
    if least is not None:
        where.append(charged * 1_000 >= _thousandths(least) * one)
    if most is not None:
        where.append(charged * 1_000 <= _thousandths(most) * one)
    return select(row.id).join(product, product.id == row.product_id).where(*where).correlate(LiveStreamRow).exists()


def _thousandths(price: Decimal) -> ColumnElement[int]:
    return literal(int(price * 1_000), BigInteger())
