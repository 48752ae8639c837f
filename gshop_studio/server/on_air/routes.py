"""REST of products on air: `/live/streams/{stream_id}/products...`."""

from __future__ import annotations

from fastapi import APIRouter, status

from gshop_studio.contract.rest import (
    AddStreamProduct,
    HideAnswer,
    HighlightAnswer,
    HighlightRequest,
    PinAnswer,
    StreamProduct,
    StreamProductList,
)
from gshop_studio.server.dependencies import Has, MaybeCaller
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/live/streams/{stream_id}/products", tags=["products on air"], route_class=LeanRoute)


@router.get("", summary="The products of a show, in order")
async def list_stream_products(stream_id: str, services: Has, caller: MaybeCaller) -> StreamProductList:
    return await services.on_air.products(caller, stream_id)


@router.post("", status_code=status.HTTP_201_CREATED, summary="Add a product to a show")
async def add_stream_product(
    stream_id: str, wish: AddStreamProduct, services: Has, caller: MaybeCaller
) -> StreamProduct:
    return await services.on_air.add(caller, stream_id, wish)


@router.delete("/{product_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Take a product out of a show")
async def remove_stream_product(stream_id: str, product_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.on_air.remove(caller, stream_id, product_id)


@router.put("/{product_id}/highlight", summary="Show a product's card to everybody; the one shown before is hidden")
async def highlight_product(
    stream_id: str, product_id: str, services: Has, caller: MaybeCaller, wish: HighlightRequest | None = None
) -> HighlightAnswer:
    return await services.on_air.highlight(caller, stream_id, product_id)


@router.put("/{product_id}/hide", summary="Take a product's card away")
async def hide_product(
    stream_id: str, product_id: str, services: Has, caller: MaybeCaller, wish: HighlightRequest | None = None
) -> HideAnswer:
    return await services.on_air.hide(caller, stream_id, product_id)


@router.put("/{product_id}/pin", summary="Keep a product at the top")
async def pin_product(stream_id: str, product_id: str, services: Has, caller: MaybeCaller) -> PinAnswer:
    return await services.on_air.set_pinned(caller, stream_id, product_id, is_pinned=True)


@router.put("/{product_id}/unpin", summary="No longer keep a product at the top")
async def unpin_product(stream_id: str, product_id: str, services: Has, caller: MaybeCaller) -> PinAnswer:
    return await services.on_air.set_pinned(caller, stream_id, product_id, is_pinned=False)
