"""REST of following, wishing and addresses: `/sellers/...`, `/users/me/{following,wishlist,addresses}`."""

from __future__ import annotations

from fastapi import APIRouter, status

from gshop_studio.contract.addresses import Address, AddressCreate, AddressList, AddressPatch
from gshop_studio.contract.people import FollowAnswer, FollowedSellerList, SellerPage, WishlistAnswer
from gshop_studio.contract.rest import ProductList
from gshop_studio.server.dependencies import Has, MaybeCaller, Paged
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(tags=["people"], route_class=LeanRoute)


@router.get("/sellers/{seller_id}", summary="A host's public page")
async def get_seller(seller_id: str, services: Has, caller: MaybeCaller) -> SellerPage:
    return await services.follows.page_of(caller, seller_id)


@router.post("/sellers/{seller_id}/follow", summary="Follow a host; again is the same")
async def follow(seller_id: str, services: Has, caller: MaybeCaller) -> FollowAnswer:
    return await services.follows.follow(caller, seller_id)


@router.delete("/sellers/{seller_id}/follow", summary="Follow a host no longer; again is the same")
async def unfollow(seller_id: str, services: Has, caller: MaybeCaller) -> FollowAnswer:
    return await services.follows.unfollow(caller, seller_id)


@router.get("/users/me/following", summary="Whom I follow, the last one first")
async def list_following(services: Has, caller: MaybeCaller, page: Paged) -> FollowedSellerList:
    return await services.follows.following(caller, limit=page.limit, offset=page.offset)


@router.get("/users/me/wishlist", summary="The products I wish for, the last one first")
async def list_wishlist(services: Has, caller: MaybeCaller, page: Paged) -> ProductList:
    return await services.wishlist.page(caller, limit=page.limit, offset=page.offset)


@router.post("/users/me/wishlist/{product_id}", summary="Wish for a product; again is the same")
async def add_to_wishlist(product_id: str, services: Has, caller: MaybeCaller) -> WishlistAnswer:
    return await services.wishlist.add(caller, product_id)


@router.delete("/users/me/wishlist/{product_id}", summary="Wish for a product no longer; again is the same")
async def remove_from_wishlist(product_id: str, services: Has, caller: MaybeCaller) -> WishlistAnswer:
    return await services.wishlist.remove(caller, product_id)


@router.get("/users/me/addresses", summary="My addresses: the default first, then the newest")
async def list_addresses(services: Has, caller: MaybeCaller, page: Paged) -> AddressList:
    return await services.shipping_addresses.page(caller, limit=page.limit, offset=page.offset)


@router.post("/users/me/addresses", status_code=status.HTTP_201_CREATED, summary="Save an address")
async def add_address(wish: AddressCreate, services: Has, caller: MaybeCaller) -> Address:
    return await services.shipping_addresses.add(caller, wish)


@router.patch("/users/me/addresses/{address_id}", summary="Change an address; only what is given changes")
async def change_address(address_id: str, wish: AddressPatch, services: Has, caller: MaybeCaller) -> Address:
    return await services.shipping_addresses.change(caller, address_id, wish)


@router.delete("/users/me/addresses/{address_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Forget an address")
async def remove_address(address_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.shipping_addresses.remove(caller, address_id)
