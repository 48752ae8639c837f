"""REST of accounts: `/auth/...`, and one's own profile, `/users/me/...`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, UploadFile, status

from gshop_studio.contract.people import PasswordChange, ProfilePatch
from gshop_studio.contract.rest import GuestRequest, LoginRequest, RefreshRequest, RegisterRequest, TokenPair, User
from gshop_studio.server.catalog.images import MAX_UPLOAD_BYTES
from gshop_studio.server.dependencies import Address, Has, Language, MaybeCaller, SignedIn
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/auth", tags=["accounts"], route_class=LeanRoute)
me_router = APIRouter(prefix="/users/me", tags=["accounts"], route_class=LeanRoute)


@router.post("/register", status_code=status.HTTP_201_CREATED, summary="Create an account and sign in")
async def register(wish: RegisterRequest, services: Has, address: Address) -> TokenPair:
    return await services.accounts.register(wish, address)


@router.post("/login", summary="Sign in")
async def log_in(wish: LoginRequest, services: Has, address: Address) -> TokenPair:
    return await services.accounts.log_in(wish, address)


@router.post("/guest", status_code=status.HTTP_201_CREATED, summary="Enter as a guest, with a name only")
async def enter_as_guest(wish: GuestRequest, services: Has, address: Address, language: Language) -> TokenPair:
    return await services.accounts.enter_as_guest(wish, language, address)


@router.post("/refresh", summary="Exchange a refresh token, once, for a new pair")
async def refresh(wish: RefreshRequest, services: Has) -> TokenPair:
    return await services.accounts.refresh(wish.refresh_token)


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT, summary="End the sign-in a refresh token belongs to")
async def log_out(wish: RefreshRequest, services: Has) -> None:
    await services.accounts.log_out(wish.refresh_token)


@router.post(
    "/logout-everywhere",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="End all my sign-ins at once, this one too: tokens and open sockets",
)
async def log_out_everywhere(services: Has, caller: SignedIn) -> None:
    await services.accounts.log_out_everywhere(caller)


@router.get("/me", summary="Who I am")
async def me(services: Has, caller: SignedIn) -> User:
    return await services.accounts.me(caller)


@me_router.get("/profile", summary="My profile")
async def get_profile(services: Has, caller: MaybeCaller) -> User:
    return await services.profiles.profile(caller)


@me_router.patch("/profile", summary="Change my name or language; only what is given changes")
async def change_profile(wish: ProfilePatch, services: Has, caller: MaybeCaller) -> User:
    return await services.profiles.change(caller, wish)


@me_router.post("/avatar", summary="Give myself a picture: JPEG, PNG or WebP, at most 10 MiB; cut to a square")
async def set_avatar(avatar: Annotated[UploadFile, File()], services: Has, caller: MaybeCaller) -> User:
    return await services.profiles.set_avatar(caller, await avatar.read(MAX_UPLOAD_BYTES + 1))


@me_router.delete("/avatar", summary="Take my picture away")
async def remove_avatar(services: Has, caller: MaybeCaller) -> User:
    return await services.profiles.remove_avatar(caller)


@me_router.put("/password", summary="Change my password; all other sign-ins end")
async def change_password(wish: PasswordChange, services: Has, caller: MaybeCaller) -> TokenPair:
    return await services.accounts.change_password(caller, wish)
