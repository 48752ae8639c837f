"""Open payments whose order is over: they are cancelled at the provider, on each of them, and after a failure again."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from gshop_studio.contract.rest import Role
from gshop_studio.server.checkout.kinds import CALL_OFF
from gshop_studio.server.payments.ports import Payment, PaymentStatus, ProviderUnavailable
from gshop_studio.server.tables import AfterCommitTaskRow, PaymentRow
from tests.gshop_studio.server.checkout.buying import books_of, buyer_of, rows_of
from tests.gshop_studio.server.checkout.test_settlement import pending, run_out
from tests.gshop_studio.server.payments.mercado_pago_stub import (
    ACCESS_TOKEN,
    WEBHOOK_SECRET,
    Asked,
    MercadoPagoStub,
    running,
    signed,
)
from tests.gshop_studio.server.shop import Person, Shop, eventually_async


async def look(shop: Shop) -> None:
    await shop.server.checkout.reconciling.look()
    await shop.server.checkout.after_commit.do_all_due()


async def test_a_payment_nobody_waits_for_is_cancelled(shop: Shop, seller: Person) -> None:
    """case 30: the reservation runs out while the provider thinks about it."""
    mug, stream_id, buyer, order_id = await pending(shop, seller)
    provider = shop.server.payments.provider
    await run_out(shop, order_id)
    await look(shop)

    async def is_cancelled() -> bool:
        [payment] = await provider.find_by_reference(order_id)
        return payment.status is PaymentStatus.DECLINED

    await eventually_async(is_cancelled)

    async def is_known() -> bool:
        return [row.status for row in await rows_of(shop, PaymentRow)] == ["declined"]

    await eventually_async(is_known)
    assert (await buyer.order(order_id))["status"] == "expired"
    assert (await buyer.buy(stream_id))["status"] == "paid", "the cart may be bought again"
    (await books_of(shop, mug)).check()


async def test_one_that_turns_up_open_afterwards_is_cancelled_too(shop: Shop, seller: Person) -> None:
    """The answer was lost, and the notice of an open payment came when the order was over."""
    mug = await shop.product(seller, stock=1)
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    order = await buyer.take(stream_id, mug, token="tok_timeout_lost", status=202)
    await run_out(shop, order["id"])
    await look(shop)
    assert (await buyer.order(order["id"]))["status"] == "expired"
    other = await pending(shop, seller)
    provider = shop.server.payments.provider
    [open_one] = await provider.find_by_reference(other[3])
    late = Payment(open_one.id, order["id"], PaymentStatus.PENDING, open_one.amount)
    await shop.server.checkout.reconciling.settlement.settle(late)
    await shop.server.checkout.after_commit.do_all_due()

    async def is_cancelled() -> bool:
        found = await provider.find(open_one.id)
        return found is not None and found.status is PaymentStatus.DECLINED

    await eventually_async(is_cancelled)


async def test_a_buyer_who_was_faster_gets_the_money_back(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every charge has an order or a refund: the answer to the cancelling is that it is paid."""
    _, _, _, order_id = await pending(shop, seller)
    provider = shop.server.payments.provider
    [open_one] = await provider.find_by_reference(order_id)

    async def cancel(_: str) -> Payment:
        return Payment(open_one.id, order_id, PaymentStatus.APPROVED, open_one.amount)

    monkeypatch.setattr(provider, "cancel", cancel)
    await run_out(shop, order_id)
    await look(shop)

    async def is_on_its_way_back() -> bool:
        [row] = await rows_of(shop, PaymentRow)
        return bool(row.refund_reason == "late")

    await eventually_async(is_on_its_way_back)


@pytest.mark.parametrize("still", [None, PaymentStatus.PENDING])
async def test_what_the_provider_does_not_cancel_is_left_and_not_asked_for_ever(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch, still: PaymentStatus | None
) -> None:
    _, _, _, order_id = await pending(shop, seller)
    provider = shop.server.payments.provider
    [open_one] = await provider.find_by_reference(order_id)
    asked: list[str] = []

    async def cancel(payment_id: str) -> Payment | None:
        asked.append(payment_id)
        return open_one if still else None

    monkeypatch.setattr(provider, "cancel", cancel)
    await run_out(shop, order_id)
    await look(shop)
    await eventually_async(lambda: is_done(shop))
    await shop.server.checkout.reconciling.settlement.settle(open_one)
    await look(shop)
    assert asked == [open_one.id]


async def is_done(shop: Shop) -> bool:
    async with shop.server.services.database.read() as transaction:
        query = select(AfterCommitTaskRow.done_at).where(AfterCommitTaskRow.kind == CALL_OFF)
        return list(await transaction.session.scalars(query)) not in ([], [None])


async def test_a_provider_that_does_not_answer_is_asked_again(
    shop: Shop, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, _, order_id = await pending(shop, seller)
    provider = shop.server.payments.provider
    cancel, asked = provider.cancel, []

    async def hangs_once(payment_id: str) -> Payment | None:
        asked.append(payment_id)
        if len(asked) == 1:
            raise ProviderUnavailable("no answer")
        return await cancel(payment_id)

    monkeypatch.setattr(provider, "cancel", hangs_once)
    await run_out(shop, order_id)
    await look(shop)
    await eventually_async(lambda: is_done(shop))
    assert len(asked) == 2
    [payment] = await provider.find_by_reference(order_id)
    assert payment.status is PaymentStatus.DECLINED


# --- Mercado Pago, over HTTP ------------------------------------------------------------------------------------


@pytest.fixture
async def stub() -> AsyncIterator[MercadoPagoStub]:
    async with running(MercadoPagoStub()) as stub:
        yield stub


@pytest.fixture
async def paying_shop(tmp_path: Path, storage: dict[str, object], stub: MercadoPagoStub) -> AsyncIterator[Shop]:
    settings = {
        "payments": "mercadopago",
        "mercadopago_access_token": ACCESS_TOKEN,
        "mercadopago_webhook_secret": WEBHOOK_SECRET,
        "mercadopago_currency": "BRL",
        "mercadopago_url": stub.url,
    }
    async with Shop(tmp_path / "data", **{**storage, **settings}) as shop:
        yield shop


@pytest.mark.parametrize("is_down_at_first", [False, True])
async def test_mercado_pago_is_asked_to_cancel(
    paying_shop: Shop, stub: MercadoPagoStub, is_down_at_first: bool
) -> None:
    """An order's whole way with a payment under review: reserved, run out, cancelled; its notice changes nothing."""
    shop = paying_shop
    seller = await shop.person(Role.SELLER)
    mug = await shop.product(seller, stock=1, currency="BRL")
    stream_id = await shop.live_stream(seller, productIds=[mug])
    buyer = await buyer_of(shop)
    order = await buyer.take(stream_id, mug, token="pending_1", status=202)
    [payment] = stub.payments.values()
    assert payment["external_reference"] == order["id"] and payment["status"] == "in_process"
    failures = [(503, "", b"")] if is_down_at_first else []
    stub.instead = lambda asked: failures.pop() if is_cancelling(asked) and failures else None
    await run_out(shop, order["id"])
    await look(shop)

    async def is_cancelled() -> bool:
        return bool(payment["status"] == "cancelled")

    await eventually_async(is_cancelled)
    notice = signed(str(payment["id"]), "r-1", int(time.time() * 1000))
    params = {"data.id": str(payment["id"]), "type": "payment"}
    await shop.ask("POST", "webhooks/mercadopago", params=params, headers=notice, json={})

    async def is_known() -> bool:
        return [row.status for row in await rows_of(shop, PaymentRow)] == ["declined"]

    await eventually_async(is_known)
    assert (await buyer.order(order["id"]))["status"] == "expired"
    assert sum(is_cancelling(asked) for asked in stub.asked) == (2 if is_down_at_first else 1)


def is_cancelling(asked: Asked) -> bool:
    return asked.method == "PUT"
