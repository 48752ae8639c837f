"""Who may stay in a room is asked again, whatever happened to the show or the last asking."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete

from gshop_studio.server.realtime import access
from gshop_studio.server.realtime.outgoing import Outgoing
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamEventRow, LiveStreamRow, LiveStreamViewerRow
from tests.gshop_studio.server.shop import Person, Shop, eventually


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_RETRY_S", 0.05)


async def test_nobody_stays_in_a_show_that_is_gone_and_it_is_asked_for_once(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream_id, other_id = await shop.stream(seller), await shop.stream(seller)
    listeners = [await shop.listener(seller), await shop.listener()]
    for listener in listeners:
        await listener.join(stream_id)
    stays = await shop.listener()
    await stays.join(other_id)
    asked = counted(monkeypatch)
    async with shop.server.services.database.write() as transaction:
        for table in (LiveStreamEventRow, LiveStreamViewerRow):
            await transaction.session.execute(delete(table).where(table.stream_id == stream_id))
        await transaction.session.execute(delete(LiveStreamRow).where(LiveStreamRow.id == stream_id))
    shop.server.realtime.access.changed(Outgoing(stream_id, "live:stream:updated", {}))
    await eventually(lambda: not any(listener.client.connected for listener in listeners))
    assert asked == [stream_id] and not shop.server.realtime.access._retries
    assert stays.client.connected


async def test_an_asking_that_fails_is_not_the_last(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream_id = await shop.live_stream(seller)
    viewer = await shop.listener()
    await viewer.join(stream_id)
    asked = counted(monkeypatch, faults=2)
    await shop.ask("PATCH", f"live/streams/{stream_id}", seller, json={"isPrivate": True})
    await eventually(lambda: not viewer.client.connected)
    assert len(asked) == 3


def counted(monkeypatch: pytest.MonkeyPatch, faults: int = 0) -> list[str]:
    """The shows that are asked for, in vain so many times."""
    asked: list[str] = []
    ask = StreamLookup.facts_of_many

    async def count(self: StreamLookup, transaction: Any, callers: Any) -> Any:
        asked.extend(callers)
        if len(asked) <= faults:
            raise ValueError("of a test")
        return await ask(self, transaction, callers)

    monkeypatch.setattr(StreamLookup, "facts_of_many", count)
    return asked
