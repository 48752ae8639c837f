"""A live show with a past that tests write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from gshop_studio.server.clock import utc_now
from tests.gshop_studio.server.analytics.audience import Past
from tests.gshop_studio.server.shop import Shop

MakePast = Callable[[str], Awaitable[Past]]


@pytest.fixture
def past(shop: Shop) -> MakePast:
    """The past of a live show that began an hour ago, on the minute."""

    async def make(stream_id: str) -> Past:
        start = (utc_now() - timedelta(hours=1)).replace(second=0, microsecond=0)
        found = Past(shop.server.services.database, stream_id, start)
        await found.show(started_at=start)
        return found

    return make
