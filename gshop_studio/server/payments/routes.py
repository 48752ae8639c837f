"""REST of paying: what I pay with, and where the provider sends its notices."""

from __future__ import annotations

from fastapi import APIRouter, Request, status

from gshop_studio.contract.payment_methods import (
    PaymentMethod,
    PaymentMethodCreate,
    PaymentMethodList,
    PaymentMethodPatch,
)
from gshop_studio.server.dependencies import Has, MaybeCaller, Paged
from gshop_studio.server.lean_route import LeanRoute
from gshop_studio.server.payments.ports import RawNotice

router = APIRouter(prefix="/users/me/payment-methods", tags=["buying"], route_class=LeanRoute)
webhook_router = APIRouter(prefix="/webhooks", tags=["buying"])


@router.get("", summary="What I pay with: the default first, then the newest")
async def list_payment_methods(services: Has, caller: MaybeCaller, page: Paged) -> PaymentMethodList:
    return await services.payment_methods.page(caller, limit=page.limit, offset=page.offset)


@router.post("", status_code=status.HTTP_201_CREATED, summary="Save a provider's token to pay with")
async def add_payment_method(wish: PaymentMethodCreate, services: Has, caller: MaybeCaller) -> PaymentMethod:
    return await services.payment_methods.add(caller, wish)


@router.patch("/{method_id}", summary="Make it the one to pay with")
async def change_payment_method(
    method_id: str, wish: PaymentMethodPatch, services: Has, caller: MaybeCaller
) -> PaymentMethod:
    return await services.payment_methods.change(caller, method_id, wish)


@router.delete("/{method_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Forget it")
async def remove_payment_method(method_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.payment_methods.remove(caller, method_id)


@webhook_router.post("/mercadopago", summary="Take a notice of a payment, signed by Mercado Pago")
async def take_mercado_pago_notice(request: Request, services: Has) -> dict[str, bool]:
    """The answer comes when the notice is kept; what it is about is looked up afterwards. Its body is not read."""
    query = request.query_params
    repeated = [name for name in query if len(query.getlist(name)) > 1]
    headers = {name: ",".join(request.headers.getlist(name)) for name in ("x-signature", "x-request-id")}
    notice = RawNotice(
        headers={name: value for name, value in headers.items() if value},
        query={name: query[name] for name in query if name not in repeated},
    )
    await services.payment_notices.receive(notice)
    return {"received": True}
