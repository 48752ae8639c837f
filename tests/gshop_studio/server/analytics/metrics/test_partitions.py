"""Months of metrics on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from gshop_studio.server.analytics.metrics.partitions import MetricPartitions, Month, months_due
from tests.gshop_studio.server.analytics.conftest import MakePast
from tests.gshop_studio.server.shop import Person, Shop


@given(st.integers(0, 100 * 366 * 24 * 60))
def test_months_due_cover_now_and_the_two_months_to_come_without_a_gap(minutes: int) -> None:
    now = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    months = months_due(now)
    assert len(months) == 3 and months[0].start <= now < months[1].start
    assert all(month.next == after for month, after in pairwise(months))
    assert all(timedelta(days=28) <= month.next.start - month.start <= timedelta(days=31) for month in months)


def test_a_year_ends() -> None:
    assert Month(2026, 12).next == Month(2027, 1)
    assert Month(2026, 12).partition == "live_stream_metrics_2026_12"


async def partitions(shop: Shop) -> dict[str, int]:
    """The rows in each partition that is attached."""
    async with shop.server.services.database.read() as transaction:
        names = await transaction.session.scalars(
            text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'live_stream_metrics'::regclass")
        )
        return {
            name: int(await transaction.session.scalar(text(f"SELECT count(*) FROM {name}")) or 0) for name in names
        }


async def test_partitions_are_made_ahead_and_take_in_what_came_before_them(
    shop: Shop, seller: Person, past: MakePast
) -> None:
    database = shop.server.services.database
    if not database.is_postgres:
        await shop.server.analytics.partitions.ensure()  # nothing to do, and nothing fails
        return
    this = Month.of(datetime.now(UTC))
    assert {month.partition for month in months_due(this.start)} <= set(await partitions(shop))
    stream_id = await shop.live_stream(seller)
    show = await past(stream_id)
    far = Month(this.year + 3, 1)
    await show.metrics([(far.start, 7, 1.0), (far.next.start - timedelta(milliseconds=1), 8, 1.0)])
    await show.metrics([(this.start, 1, 1.0)])
    assert (await partitions(shop))["live_stream_metrics_default"] == 2
    later = MetricPartitions(database, lambda: far.start + timedelta(days=3))
    await later.ensure()
    await later.ensure()
    found = await partitions(shop)
    assert (found[far.partition], found[far.next.partition], found["live_stream_metrics_default"]) == (2, 0, 0)
    assert found[this.partition] == 1
    await show.metrics([(far.start + timedelta(days=1), 9, 1.0)])
    assert (await partitions(shop))[far.partition] == 3
    async with database.read() as transaction:
        assert await transaction.session.scalar(text("SELECT count(*) FROM live_stream_metrics")) == 4
    with pytest.raises(Exception, match="foreign key"):
        async with database.write() as transaction:
            await transaction.session.execute(
                text(f"UPDATE {far.partition} SET stream_id = 'nothing' WHERE viewer_count = 9")
            )
