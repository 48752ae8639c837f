"""What a payment does to an order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gshop_studio.domain.order_life import Effect, OrderStatus, PaymentNews, effect_of


@given(st.sampled_from(OrderStatus), st.booleans(), st.booleans())
def test_money_that_came_is_an_orders_or_goes_back(status: OrderStatus, fits: bool, is_its_payment: bool) -> None:
    """Every charge has an order or a refund."""
    effect = effect_of(status, PaymentNews.APPROVED, fits=fits, is_its_payment=is_its_payment)
    assert effect is (
        Effect.NOTHING
        if is_its_payment
        else Effect.PAY
        if status is OrderStatus.RESERVED and fits
        else Effect.GIVE_BACK
    )


@given(st.sampled_from(OrderStatus), st.sampled_from(PaymentNews), st.booleans(), st.booleans())
def test_an_open_payment_nobody_waits_for_is_called_off(
    status: OrderStatus, news: PaymentNews, fits: bool, its: bool
) -> None:
    is_called_off = effect_of(status, news, fits=fits, is_its_payment=its) is Effect.CALL_OFF
    assert is_called_off is (news is PaymentNews.OPEN and status is not OrderStatus.RESERVED and not its)


@given(st.sampled_from(OrderStatus), st.sampled_from(PaymentNews), st.booleans(), st.booleans())
def test_only_what_waits_is_declined_or_paid(status: OrderStatus, news: PaymentNews, fits: bool, its: bool) -> None:
    effect = effect_of(status, news, fits=fits, is_its_payment=its)
    if effect in (Effect.PAY, Effect.DECLINE):
        assert status is OrderStatus.RESERVED
