"""REST of buying: `/orders...`, `/users/me/orders`, a show's checkout, commissions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response, status

from gshop_studio.contract.checkout import (
    AddToCart,
    AddToCartAnswer,
    Cart,
    CartQuantity,
    CheckoutStats,
    CoHostList,
    CoHostsPut,
    CommissionList,
    CommissionRate,
    CommissionRatePut,
    Order,
    OrderList,
    PurchaseRequest,
    RefundOrder,
)
from gshop_studio.domain.order_life import OrderStatus
from gshop_studio.server.checkout.purchase_route import MAX_KEY_LENGTH, PurchaseRoute
from gshop_studio.server.dependencies import Has, MaybeCaller, Paged
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(tags=["buying"], route_class=LeanRoute)
purchase_router = APIRouter(tags=["buying"], route_class=PurchaseRoute)
OfStream = Annotated[str | None, Query(alias="streamId", max_length=64, description="Without it the cart changed last")]


@purchase_router.post(
    "/orders/live-checkout/purchase",
    status_code=status.HTTP_201_CREATED,
    responses={202: {"model": Order, "description": "Reserved: whether it is paid is known later"}},
    summary="Buy my cart",
)
async def purchase(
    wish: PurchaseRequest,
    services: Has,
    caller: MaybeCaller,
    response: Response,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=MAX_KEY_LENGTH)] = None,
) -> Order:
    order = await services.checkout.purchases.buy(caller, wish, idempotency_key)
    if order.status is OrderStatus.RESERVED:
        response.status_code = status.HTTP_202_ACCEPTED
    return order


@router.post("/orders/live-checkout/add-to-cart", summary="Put more of a product of a show into my cart")
async def add_to_cart(wish: AddToCart, services: Has, caller: MaybeCaller) -> AddToCartAnswer:
    return await services.checkout.carts.add(caller, wish)


@router.get("/orders/live-checkout/cart", summary="My cart in a show, at the prices of now")
async def get_cart(services: Has, caller: MaybeCaller, stream_id: OfStream = None) -> Cart:
    return await services.checkout.carts.get(caller, stream_id)


@router.delete("/orders/live-checkout/cart", status_code=status.HTTP_204_NO_CONTENT, summary="Give my cart up")
async def clear_cart(services: Has, caller: MaybeCaller, stream_id: OfStream = None) -> None:
    await services.checkout.carts.clear(caller, stream_id)


@router.put("/orders/live-checkout/cart/items/{item_id}", summary="So many of a product in my cart")
async def set_cart_quantity(item_id: str, wish: CartQuantity, services: Has, caller: MaybeCaller) -> Cart:
    return await services.checkout.carts.set_quantity(caller, item_id, wish.quantity)


@router.delete(
    "/orders/live-checkout/cart/items/{item_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Take a product out of my cart",
)
async def remove_cart_item(item_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.checkout.carts.remove(caller, item_id)


@router.get("/orders/{order_id}", summary="An order: for its buyer, the show's host, its sellers and the staff")
async def get_order(order_id: str, services: Has, caller: MaybeCaller) -> Order:
    return await services.checkout.orders.get(caller, order_id)


@router.post("/orders/{order_id}/refund", summary="Give an order's money back: its seller, or the staff")
async def refund_order(order_id: str, services: Has, caller: MaybeCaller, wish: RefundOrder | None = None) -> Order:
    return await services.checkout.refunds.refund(caller, order_id, wish or RefundOrder())


@router.get("/users/me/orders", summary="What I bought, the last one first")
async def list_orders(services: Has, caller: MaybeCaller, page: Paged) -> OrderList:
    return await services.checkout.orders.page(caller, limit=page.limit, offset=page.offset)


@router.get("/live/streams/{stream_id}/checkout-stats", summary="How buying goes: for the host and the moderators")
async def get_checkout_stats(stream_id: str, services: Has, caller: MaybeCaller) -> CheckoutStats:
    return await services.checkout.stats.get(caller, stream_id)


@router.get("/live/streams/{stream_id}/co-hosts", summary="Who shares the commission of an affiliate's show")
async def list_co_hosts(stream_id: str, services: Has, caller: MaybeCaller) -> CoHostList:
    return await services.checkout.commissions.co_hosts(caller, stream_id)


@router.put("/live/streams/{stream_id}/co-hosts", summary="Say who shares the commission of the orders to come")
async def set_co_hosts(stream_id: str, wish: CoHostsPut, services: Has, caller: MaybeCaller) -> CoHostList:
    return await services.checkout.commissions.set_co_hosts(caller, stream_id, wish)


@router.put("/affiliates/{user_id}/commission", summary="Agree on an affiliate's percentage: admins")
async def set_commission_rate(
    user_id: str, wish: CommissionRatePut, services: Has, caller: MaybeCaller
) -> CommissionRate:
    return await services.checkout.commissions.set_rate(caller, user_id, wish.percent)


@router.get("/affiliates/me/commissions", summary="What I earned by others' goods, the last one first, and in sum")
async def list_commissions(services: Has, caller: MaybeCaller, page: Paged) -> CommissionList:
    return await services.checkout.commissions.mine(caller, limit=page.limit, offset=page.offset)
