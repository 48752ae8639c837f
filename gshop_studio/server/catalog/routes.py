"""REST of the catalogue: `/products...`, and the pictures under `/media/images`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, File, Query, Response, UploadFile, status
from fastapi.responses import FileResponse

from gshop_studio.contract.rest import Product, ProductCreate, ProductList, ProductPatch
from gshop_studio.server.catalog.images import MAX_UPLOAD_BYTES
from gshop_studio.server.dependencies import Has, MaybeCaller, Paged
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/products", tags=["catalogue"], route_class=LeanRoute)
images_router = APIRouter(prefix="/media/images", tags=["catalogue"])
Text = Annotated[str | None, Query(max_length=120)]


@router.get(
    "",
    response_model=ProductList,
    summary="List products; a seller's token without filters lists that seller's own",
)
async def list_products(
    services: Has,
    caller: MaybeCaller,
    page: Paged,
    mine: bool = False,
    seller_id: Annotated[str | None, Query(alias="sellerId", max_length=64)] = None,
    q: Text = None,
    category: Text = None,
) -> Response | ProductList:
    find = partial(
        services.catalog.page,
        caller, is_mine=mine, seller_id=seller_id, text=q, category=category, limit=page.limit, offset=page.offset,
    )  # fmt: skip
    if caller is not None or mine or q:  # it is the caller's, or nobody asks the same soon
        return await find()
    return await services.cached.products(find, seller_id, category, page)


@router.post("", status_code=status.HTTP_201_CREATED, summary="Create a product")
async def create_product(wish: ProductCreate, services: Has, caller: MaybeCaller) -> Product:
    return await services.catalog.create(caller, wish)


@router.get("/{product_id}", response_model=Product, summary="One product")
async def get_product(product_id: str, services: Has) -> Response:
    return await services.cached.product(product_id, partial(services.catalog.get, product_id))


@router.patch("/{product_id}", summary="Change a product; only what is given changes")
async def change_product(product_id: str, wish: ProductPatch, services: Has, caller: MaybeCaller) -> Product:
    return await services.catalog.change(caller, product_id, wish)


@router.delete("/{product_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Delete a product")
async def delete_product(product_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.catalog.delete(caller, product_id)


@router.post("/{product_id}/image", summary="Give a product its picture: JPEG, PNG or WebP, at most 10 MiB")
async def set_product_image(
    product_id: str, image: Annotated[UploadFile, File()], services: Has, caller: MaybeCaller
) -> Product:
    return await services.catalog.set_image(caller, product_id, await image.read(MAX_UPLOAD_BYTES + 1))


@images_router.get(
    "/{name}",
    summary="A picture",
    response_class=FileResponse,
    responses={200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}},
)
def get_image(name: str, services: Has) -> FileResponse:
    return FileResponse(
        services.images.path(name),
        media_type="image/jpeg",
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Security-Policy": "default-src 'none'",
        },
    )
