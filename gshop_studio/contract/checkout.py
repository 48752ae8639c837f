"""Buying in a show: the cart, the purchase, orders, what a show's checkout and an affiliate have earned.

Prices are the server's alone: no request holds one. Amounts are numbers with the currency's decimals.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from gshop_studio.contract.rest import Percent
from gshop_studio.contract.wire import Answer, Moment, Request
from gshop_studio.domain.order_life import OrderStatus

MAX_QUANTITY = 99
"""Of one product in one order."""
MAX_LINES = 50
_Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Quantity = Annotated[int, Field(ge=1, le=MAX_QUANTITY, strict=True)]


class AddToCart(Request):
    """More of a product into the cart of a show; what is there already of it is added to."""

    stream_id: _Id
    product_id: _Id
    quantity: Quantity = 1


class CartQuantity(Request):
    """How many of a product there are to be."""

    quantity: Quantity


class CartItem(Answer):
    id: str
    product_id: str
    name: str
    image_url: str | None = None
    quantity: int
    price: float
    """Of the catalogue, for one."""
    unit_price: float
    """On air, for one."""
    total: float
    stock: int
    """What can be bought of it now."""


class Cart(Answer):
    """One person's cart in one show, at the prices of now."""

    cart_id: str | None = None
    """Absent while nothing was put into it."""
    stream_id: str | None = None
    items: list[CartItem] = []
    total: float = 0.0
    currency: str | None = None
    order_id: str | None = None
    """The order that is buying it right now."""


class AddToCartAnswer(Answer):
    """`total` is the cart's."""

    cart_id: str
    item_id: str
    quantity: int
    """Of this product, in all."""
    total: float
    currency: str


class PurchaseRequest(Request):
    """Buy the cart, whole. The header `Idempotency-Key` makes a repetition safe."""

    stream_id: _Id
    cart_id: _Id
    payment_method_id: _Id
    shipping_address_id: _Id


class OrderItem(Answer):
    id: str
    product_id: str
    seller_id: str
    name: str
    quantity: int
    price: float
    """Of the catalogue then, for one."""
    unit_price: float
    """What one cost."""
    total: float


class Order(Answer):
    """An order. `id` and `order_id` are the same, and so are `stream_id` and `live_session_id`: the plan has both."""

    id: str
    order_id: str
    user_id: str
    stream_id: str
    live_session_id: str
    status: OrderStatus
    items: list[OrderItem]
    total: float
    currency: str
    affiliate_id: str | None = None
    commission_amount: float | None = None
    """What the affiliate who hosts the show gets of it."""
    decline_reason: str | None = None
    refund_reason: str | None = None
    is_refund_refused: bool | None = None
    """The provider did not give the money back: the order stays paid."""
    shipping_address: dict[str, str] | None = None
    """For the buyer, and for who sends it."""
    reserved_until: Moment | None = None
    """While it is not paid: its goods are kept until then."""
    created_at: Moment
    paid_at: Moment | None = None
    refunded_at: Moment | None = None


class OrderList(Answer):
    """The last one first."""

    orders: list[Order]
    total: int


class RefundOrder(Request):
    """Give an order's money back; with `restock`, its goods go back into the stock."""

    reason: Annotated[str, StringConstraints(max_length=200)] | None = None
    restock: bool = True


class CheckoutStats(Answer):
    """How buying goes in a show: for its host and moderators."""

    stream_id: str
    carts_created: int
    purchases_completed: int
    conversion_rate: float
    """Purchases a cart, 0 to 1."""
    average_order_value: float
    total_revenue: float
    """Of all that was paid, what was given back later included."""
    click_to_purchase: float | None = None
    """Seconds, as in the analytics."""
    units_sold: int
    refunds: int
    refunded_amount: float
    currency: str | None = None


class Commission(Answer):
    """What one order earned one affiliate."""

    id: str
    order_id: str
    stream_id: str
    percent: float
    """Of the amount paid, before hosts share it."""
    amount: float
    currency: str
    created_at: Moment
    reversed_at: Moment | None = None
    """When the order was refunded: it counts no more."""


class CommissionSum(Answer):
    currency: str
    amount: float
    orders: int


class CommissionList(Answer):
    """The last one first; `sums` are over all of them, by currency, without those that were reversed."""

    commissions: list[Commission]
    total: int
    sums: list[CommissionSum]


class CommissionRatePut(Request):
    percent: Percent


class CommissionRate(Answer):
    """Which part of an order an affiliate earns, from now on."""

    user_id: str
    percent: float


class CoHost(Answer):
    user_id: str
    display_name: str
    share_percent: float


class CoHostWish(Request):
    user_id: _Id
    share_percent: Percent


class CoHostsPut(Request):
    """All co-hosts of an affiliate's show; together at most 100 %."""

    co_hosts: Annotated[list[CoHostWish], Field(max_length=10)]


class CoHostList(Answer):
    co_hosts: list[CoHost]
    total: int


# --- events -----------------------------------------------------------------------------------------------------


class PurchaseEvent(Request):
    """`live:purchase`: a buyer says that they bought. Only an order of theirs that is paid is celebrated, once; what is
    said of its amount is not believed."""

    stream_id: _Id
    product_id: _Id
    quantity: Quantity = 1
    amount: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class PurchaseClaimAnswer(Answer):
    is_celebrated: bool
    """By this claim; False where it was celebrated before."""


class CelebrationEvent(Answer):
    """Somebody bought something; nobody is told who."""

    stream_id: str
    product_id: str
    product_name: str
    quantity: int
    message: str
    code: str = "purchase.celebration"
    total_purchases: int
    """Of this product in the show."""
    show_animation: bool = True


class PurchaseMilestoneEvent(Answer):
    """The plan's `totalRevenue` is for the host and the moderators, who have it in their numbers."""

    stream_id: str
    milestone: int
    message: str
    code: str = "purchase.milestone"


class SaleItem(Answer):
    product_id: str
    name: str
    quantity: int
    total: float


class SaleEvent(Answer):
    """To the host and the moderators: a paid order."""

    stream_id: str
    order_id: str
    buyer_name: str
    items: list[SaleItem]
    amount: float
    currency: str
