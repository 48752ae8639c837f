"""REST of accounts: `/auth/...`."""

from __future__ import annotations

from fastapi import APIRouter, status

from gshop_studio.contract.rest import GuestRequest, LoginRequest, RefreshRequest, RegisterRequest, TokenPair, User
from gshop_studio.server.dependencies import Address, Has, Language, SignedIn
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/auth", tags=["accounts"], route_class=LeanRoute)


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


@router.get("/me", summary="Who I am")
async def me(services: Has, caller: SignedIn) -> User:
    return await services.accounts.me(caller)
