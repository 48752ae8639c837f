"""What is older than its setting says really goes; what is not, stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from gshop_studio.contract.rest import Role
from gshop_studio.server.clock import utc_now
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.privacy import retention
from gshop_studio.server.privacy.fate import NOBODY_ID
from gshop_studio.server.privacy.retention import KEPT, Retention, days_of
from gshop_studio.server.privacy.rules import table_of
from gshop_studio.server.tables import Base, LiveStreamViewerRow, UserRow
from tests.gshop_studio.server.privacy.traces import leave_everywhere
from tests.gshop_studio.server.shop import Shop

DAYS = {name: 10 for name in ServerConfig.model_fields if name.startswith("keep_")}


def at(shop: Shop, moment: datetime, **days: int) -> Retention:
    """The job, when it is that late."""
    return Retention(shop.server.services.database, shop.server.privacy.erasing, {**DAYS, **days}, lambda: moment)


async def count(shop: Shop, name: str) -> int:
    async with shop.server.services.database.read() as transaction:
        return await transaction.session.scalar(select(func.count()).select_from(table_of(name))) or 0


async def left(shop: Shop) -> dict[str, int]:
    return {name: await count(shop, name) for name in {kept.table for kept in KEPT}}


@pytest.fixture
async def filled(shop: Shop) -> Shop:
    ana, host = await shop.person(), await shop.person(Role.SELLER)
    async with shop.server.services.database.write() as transaction:
        await leave_everywhere(transaction, ana.id, host.id, is_host=False)
    return shop


async def test_it_goes_when_its_time_is_over_and_not_before(filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 1)
    now = utc_now()
    await at(filled, now + timedelta(days=9)).forget_old()
    assert set((await left(filled)).values()) == {1}
    await at(filled, now + timedelta(days=11)).forget_old()
    assert set((await left(filled)).values()) == {0}


@pytest.mark.parametrize("setting", sorted({kept.setting for kept in KEPT}))
async def test_0_keeps_it_for_ever(filled: Shop, setting: str) -> None:
    await at(filled, utc_now() + timedelta(days=3000), **{setting: 0}).forget_old()
    assert {name for name, rows in (await left(filled)).items() if rows} == {
        kept.table for kept in KEPT if kept.setting == setting
    }


async def test_that_somebody_watched_stays_and_not_who(filled: Shop) -> None:
    async with filled.server.services.database.write() as transaction:
        await transaction.session.execute(update(LiveStreamViewerRow).values(is_active=False))
    await at(filled, utc_now() + timedelta(days=11)).forget_old()
    async with filled.server.services.database.read() as transaction:
        row = (await transaction.session.scalars(select(LiveStreamViewerRow))).one()
    assert row.viewer_key == f"erased:{row.id}" and row.watch_duration_s == 1
    assert (row.user_id, row.session_id, row.device, row.country, row.referral_source) == (None, "", None, None, None)


async def test_a_guest_who_does_not_come_back_is_erased(shop: Shop) -> None:
    host, eva, zoe = await shop.person(Role.SELLER), await shop.guest("Eva"), await shop.guest("Zoe")
    ana = await shop.person()
    stream_id = await shop.live_stream(host)
    for who in (eva, zoe):
        listener = await shop.listener(who)
        await listener.join(stream_id)
        wish = {"message": f"I am {who.name}"}
        await shop.ask("POST", f"live/streams/{stream_id}/messages", who, json=wish, status=201)
    late = utc_now() + timedelta(days=11)
    async with shop.server.services.database.write() as transaction:
        seen_lately = LiveStreamViewerRow.user_id == zoe.id
        await transaction.session.execute(
            update(LiveStreamViewerRow).where(seen_lately).values(last_ping_at=late - timedelta(days=1))
        )
    await at(shop, late, keep_messages_days=0, keep_event_log_days=0, keep_viewers_days=0).forget_old()
    async with shop.server.services.database.read() as transaction:
        people = set(await transaction.session.scalars(select(UserRow.id)))
    assert people == {host.id, ana.id, zoe.id, NOBODY_ID}
    history = await shop.ask("GET", f"live/streams/{stream_id}/messages")
    assert [message["message"] for message in history["messages"]] == ["I am Zoe"]


async def test_who_comes_back_to_a_show_whose_log_is_gone_starts_anew(shop: Shop) -> None:
    host, ana = await shop.person(Role.SELLER), await shop.person()
    stream_id = await shop.live_stream(host)
    listener = await shop.listener(ana)
    await listener.join(stream_id)
    await shop.ask("POST", f"live/streams/{stream_id}/messages", ana, json={"message": "hi"}, status=201)
    await at(shop, utc_now() + timedelta(days=11)).forget_old()
    answer = await listener.call("live:resume", {"streamId": stream_id, "afterSeq": 0})
    assert answer["ok"] and answer["reset"] is True


def test_every_setting_does_something(tmp_path: Any) -> None:
    names = set(days_of(ServerConfig(data_dir=tmp_path)))
    others = {"keep_viewers_days", "keep_guests_days"}
    assert {kept.setting for kept in KEPT} | others == names == set(DAYS)
    for kept in KEPT:
        assert kept.since in Base.metadata.tables[kept.table].c
