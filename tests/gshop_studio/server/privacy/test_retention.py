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
from gshop_studio.server.privacy.kept import KEPT, days_of
from gshop_studio.server.privacy.retention import NAMES_TAKEN_OFF, Retention
from gshop_studio.server.privacy.rules import table_of
from gshop_studio.server.tables import (
    AfterCommitTaskRow,
    Base,
    CartRow,
    LiveStreamRow,
    LiveStreamViewerRow,
    OrderRow,
    PaymentNoticeRow,
    PaymentRow,
    UserRow,
)
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
    await shop.server.jobs.close()  # nothing is done about these rows but by the test
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


async def test_a_cart_nobody_touches_stays_counted_and_not_whose_it_was(filled: Shop) -> None:
    soon, late = utc_now() + timedelta(days=9), utc_now() + timedelta(days=11)
    await at(filled, soon).forget_old()
    assert await count(filled, "cart_items") == 1
    async with filled.server.services.database.write() as transaction:  # somebody is at the till with it
        [cart] = await transaction.session.scalars(select(CartRow))
        cart.is_open, owner = True, cart.user_id
    await at(filled, late).forget_old()
    assert await count(filled, "cart_items") == 1
    async with filled.server.services.database.write() as transaction:
        await transaction.session.execute(update(CartRow).values(order_id=None))
    await at(filled, late).forget_old()
    async with filled.server.services.database.read() as transaction:
        [cart] = await transaction.session.scalars(select(CartRow))
    assert (cart.user_id, cart.is_open) == (NOBODY_ID, False) and owner != NOBODY_ID
    assert await count(filled, "cart_items") == 0


async def test_an_order_stays_in_the_books_without_its_buyer(filled: Shop) -> None:
    async with filled.server.services.database.write() as transaction:
        [order] = await transaction.session.scalars(select(OrderRow))
        order.shipping_address, order.next_check_at = {"recipient": "Anacleta"}, utc_now()
        before = {column.key: getattr(order, column.key) for column in OrderRow.__table__.columns}
    late = utc_now() + timedelta(days=11)

    async def order_left() -> dict[str, Any]:
        async with filled.server.services.database.read() as transaction:
            [order] = await transaction.session.scalars(select(OrderRow))
            return {column.key: getattr(order, column.key) for column in OrderRow.__table__.columns}

    await at(filled, late).forget_old()
    assert await order_left() == before, "its payment is not decided"
    async with filled.server.services.database.write() as transaction:
        await transaction.session.execute(update(OrderRow).values(next_check_at=None))
    await at(filled, utc_now() + timedelta(days=9)).forget_old()
    assert (await order_left())["user_id"] == before["user_id"]
    await at(filled, late).forget_old()
    after = await order_left()
    assert after["user_id"] == NOBODY_ID and after["shipping_address"] == {} and after["idempotency_key"] is None
    same = ("id", "stream_id", "host_id", "status", "currency", "total_minor", "commission_minor", "payment_id")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert await count(filled, "order_items") == await count(filled, "payments") == 1
    async with filled.server.services.database.read() as transaction:
        assert list(await transaction.session.scalars(select(PaymentRow.refund_reason))) == [None]


async def test_what_is_still_to_be_done_stays_however_old_it_is(filled: Shop) -> None:
    async with filled.server.services.database.write() as transaction:
        await transaction.session.execute(update(PaymentNoticeRow).values(due_at=utc_now()))
        await transaction.session.execute(update(AfterCommitTaskRow).values(done_at=None))
        await transaction.session.execute(update(LiveStreamRow).values(status="live"))
    await at(filled, utc_now() + timedelta(days=3000)).forget_old()
    kept = ("payment_notices", "after_commit_tasks", "notification_announcements")
    assert {name: rows for name, rows in (await left(filled)).items() if rows} == dict.fromkeys(kept, 1)


def test_a_notice_is_known_for_longer_than_it_may_be_sent_again(tmp_path: Any) -> None:
    """case 25, late: the shortest that may be set is longer than the longest tolerance."""
    with pytest.raises(ValueError, match="payment_notice_tolerance_s"):
        ServerConfig(data_dir=tmp_path, payment_notice_tolerance_s=24 * 3600)


async def test_the_server_does_so_by_its_settings(tmp_path: Any, storage: dict[str, Any]) -> None:
    settings = {**storage, "keep_done_tasks_days": 3, "keep_notifications_days": 0}
    async with Shop(tmp_path / "data", **settings) as shop:
        old = utc_now() - timedelta(days=4)
        async with shop.server.services.database.write() as transaction:
            for name, done_at in (("old", old), ("new", utc_now())):
                transaction.session.add(
                    AfterCommitTaskRow(id=name, kind="k", subject=name, due_at=old, attempts=1, done_at=done_at,
                                       last_error=None, created_at=old)
                )  # fmt: skip
        await shop.server.privacy.retention.forget_old()
        async with shop.server.services.database.read() as transaction:
            assert list(await transaction.session.scalars(select(AfterCommitTaskRow.id))) == ["new"]


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
    others = {*NAMES_TAKEN_OFF, "keep_guests_days"}
    assert {kept.setting for kept in KEPT} | others == names == set(DAYS)
    for kept in KEPT:
        assert kept.since in Base.metadata.tables[kept.table].c
