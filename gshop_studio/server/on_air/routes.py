"""REST of products on air: `/live/streams/{stream_id}/products...`."""

from __future__ import annotations

from fastapi import APIRouter, status

from gshop_studio.contract.rest import (
    AddStreamProduct,
    ClickAnswer,
    HideAnswer,
    HighlightAnswer,
    HighlightRequest,
    PinAnswer,
    ProductStats,
    ReorderAnswer,
    ReorderRequest,
    StreamProduct,
    StreamProductList,
    StreamProductPatch,
)
from gshop_studio.server.dependencies import Address, Has, MaybeCaller
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


@router.get("/highlighted", summary="The product whose card is shown now, if any")
async def list_highlighted_products(stream_id: str, services: Has, caller: MaybeCaller) -> StreamProductList:
    return await services.on_air.products(caller, stream_id, is_highlighted_only=True)


@router.put("/reorder", summary="Put all products of a show in a new order")
async def reorder_products(stream_id: str, wish: ReorderRequest, services: Has, caller: MaybeCaller) -> ReorderAnswer:
    return await services.on_air.reorder(caller, stream_id, wish.product_ids)


@router.patch("/{product_id}", summary="Change the live price, the discount or the stock on air of a product")
async def change_stream_product(
    stream_id: str, product_id: str, wish: StreamProductPatch, services: Has, caller: MaybeCaller
) -> StreamProduct:
    return await services.on_air.change(caller, stream_id, product_id, wish)


@router.get("/{product_id}/stats", summary="How a product does in a show: for its host and moderators")
async def get_product_stats(stream_id: str, product_id: str, services: Has, caller: MaybeCaller) -> ProductStats:
    return await services.on_air.stats(caller, stream_id, product_id)


@router.post("/{product_id}/click", summary="Somebody opened a product; counted once a person a minute")
async def click_product(
    stream_id: str, product_id: str, services: Has, caller: MaybeCaller, address: Address
) -> ClickAnswer:
    return await services.clicks.click(caller, None, address, stream_id, product_id)


@router.delete("/{product_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Take a product out of a show")
async def remove_stream_product(stream_id: str, product_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.on_air.remove(caller, stream_id, product_id)


@router.put("/{product_id}/highlight", summary="Show a product's card to everybody; the one shown before is hidden")
async def highlight_product(
    stream_id: str, product_id: str, services: Has, caller: MaybeCaller, wish: HighlightRequest | None = None
) -> HighlightAnswer:
    return await services.on_air.highlight(caller, stream_id, product_id, wish.captured_at if wish else None)


@router.put("/{product_id}/hide", summary="Take a product's card away")
async def hide_product(
    stream_id: str, product_id: str, services: Has, caller: MaybeCaller, wish: HighlightRequest | None = None
) -> HideAnswer:
    return await services.on_air.hide(caller, stream_id, product_id, wish.captured_at if wish else None)


@router.put("/{product_id}/pin", summary="Keep a product at the top")
async def pin_product(stream_id: str, product_id: str, services: Has, caller: MaybeCaller) -> PinAnswer:
    return await services.on_air.set_pinned(caller, stream_id, product_id, is_pinned=True)


@router.put("/{product_id}/unpin", summary="No longer keep a product at the top")
async def unpin_product(stream_id: str, product_id: str, services: Has, caller: MaybeCaller) -> PinAnswer:
    return await services.on_air.set_pinned(caller, stream_id, product_id, is_pinned=False)
