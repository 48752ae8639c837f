"""Who is signed in, and where: the shop on this computer or another one. Owns the API object of that shop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from gshop_studio.client.api import Api, TokensChanged
from gshop_studio.client.credentials import Credentials
from gshop_studio.client.errors import ClientError, LocalServerFailed, SignedOut
from gshop_studio.client.local_server import LocalServer
from gshop_studio.contract.rest import Role, TokenPair, User
from gshop_studio.settings import SettingsFile
from gshop_studio.studio.address import shop_address
from gshop_studio.studio.observable import Observable
from gshop_studio.studio.trouble import Trouble

MakeApi = Callable[[str, TokensChanged], Api]
_MAY_BROADCAST = (Role.SELLER, Role.AFFILIATE, Role.ADMIN)


class SessionState(StrEnum):
    SIGNED_OUT = "signed_out"
    STARTING_SERVER = "starting_server"
    SIGNING_IN = "signing_in"
    SIGNED_IN = "signed_in"


@dataclass(frozen=True, slots=True)
class SessionSnapshot:
    state: SessionState = SessionState.SIGNED_OUT
    server_url: str = ""
    is_local: bool = False
    person_id: str = ""
    person_name: str = ""
    are_tokens_kept: bool = True
    """False: this computer has no key store, so the person signs in anew at the next start."""
    trouble: Trouble | None = None


class NotASeller(ClientError):
    """The account may buy, not sell."""

    def __init__(self) -> None:
        super().__init__("session.not_a_seller")


class Session:
    """Signing in and out.

    Args:
        make_api: the API of a server, given its address and who is told of new tokens.
    """

    def __init__(
        self, settings: SettingsFile, credentials: Credentials, local_server: LocalServer, make_api: MakeApi
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._local_server = local_server
        self._make_api = make_api
        self._api: Api | None = None
        self.snapshot = Observable(SessionSnapshot())

    @property
    def api(self) -> Api:
        """The API of the shop one is signed in to.

        Raises:
            SignedOut: nobody is.
        """
        if self._api is None:
            raise SignedOut
        return self._api

    async def restore(self) -> None:
        """Go where the last run was, if it can be done without asking the person."""
        chosen = self._settings.value
        if chosen.is_local_server:
            await self.try_here()
            return
        token = await self._credentials.load(chosen.server_url) if chosen.server_url else None
        if token is None:
            return
        await self._attempt(SessionState.SIGNING_IN, self._with_token(chosen.server_url, token))

    async def sign_in(self, address: str, email: str, password: str) -> None:
        """Sign in to a shop; trouble is in the snapshot."""
        await self._attempt(SessionState.SIGNING_IN, self._with_password(address, email.strip(), password))

    async def try_here(self) -> None:
        """Start the server on this computer, with its sample shop, and sign in as the seller."""
        await self._attempt(SessionState.STARTING_SERVER, self._here())

    async def sign_out(self) -> None:
        """Forget the person, here and at the server."""
        api, self._api = self._api, None
        if api is not None:
            await self._credentials.forget(api.url)
            await api.sign_out()
            await api.close()
        self._settings.change(is_local_server=False)
        self.snapshot.set(SessionSnapshot())

    async def close(self) -> None:
        """Let go of the connections; the person stays signed in for the next run."""
        api, self._api = self._api, None
        if api is not None:
            await api.close()

    # --- inside -------------------------------------------------------------------------------------------------

    async def _attempt(self, state: SessionState, work: Coroutine[Any, Any, None]) -> None:
        self.snapshot.set(SessionSnapshot(state))
        try:
            await work
        except ClientError as error:
            self.snapshot.set(SessionSnapshot(trouble=Trouble.of_error(error)))
        except asyncio.CancelledError:
            self.snapshot.set(SessionSnapshot())
            raise

    async def _here(self) -> None:
        address = await self._local_server.ensure()
        self.snapshot.set(SessionSnapshot(SessionState.SIGNING_IN, address.http, is_local=True))
        if (token := await self._credentials.load(address.http)) is not None:
            try:
                await self._with_token(address.http, token, is_local=True)
            except SignedOut:
                pass
            else:
                return
        seller = await asyncio.to_thread(self._local_server.sample_account, Role.SELLER.value)
        if seller is None:
            raise LocalServerFailed("sample-accounts.json")
        await self._with_password(address.http, seller.email, seller.password, is_local=True)

    async def _with_password(self, address: str, email: str, password: str, *, is_local: bool = False) -> None:
        url = shop_address(address)
        api = self._make_api(url, self._keeper_of(url))
        try:
            await self._enter(api, await api.sign_in(email, password), is_local=is_local)
        except BaseException:
            await api.close()
            raise

    async def _with_token(self, url: str, token: str, *, is_local: bool = False) -> None:
        api = self._make_api(url, self._keeper_of(url))
        try:
            await self._enter(api, await api.restore(token), is_local=is_local)
        except BaseException:
            await api.close()
            raise

    async def _enter(self, api: Api, person: User, *, is_local: bool) -> None:
        if person.role not in _MAY_BROADCAST:
            await api.sign_out()
            await self._credentials.forget(api.url)
            raise NotASeller
        await self.close()
        self._api = api
        email = "" if is_local else person.email or ""
        self._settings.change(server_url=api.url, is_local_server=is_local, email=email)
        self.snapshot.set(
            SessionSnapshot(
                SessionState.SIGNED_IN,
                api.url,
                is_local=is_local,
                person_id=person.id,
                person_name=person.display_name,
                are_tokens_kept=self._credentials.is_kept,
            )
        )

    def _keeper_of(self, url: str) -> TokensChanged:
        async def keep(tokens: TokenPair | None) -> None:
            if tokens is None:
                await self._credentials.forget(url)
                self._ended(url)
            elif tokens.refresh_token is not None:
                await self._credentials.save(url, tokens.refresh_token)

        return keep

    def _ended(self, url: str) -> None:
        """The server ended the session while it was in use: the person must sign in again."""
        now = self.snapshot.value
        if now.state is SessionState.SIGNED_IN and now.server_url == url:
            self.snapshot.set(replace(now, trouble=Trouble("auth.signed_out")))
